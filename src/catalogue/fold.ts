/** Letters that Unicode does not decompose, and how people without them on their keyboard write them. */
const LETTERS: Record<string, string> = { ß: 'ss', ø: 'o', æ: 'ae', ł: 'l', ð: 'd', đ: 'd', œ: 'oe', þ: 'th', ı: 'i' };

/** Text as the index holds it and as questions are asked: lower case, without accents, invisible characters or ligatures. */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\p{Mn}\p{Cf}]/gu, '')
    .replace(/[ßøæłðđœþı]/g, (letter) => LETTERS[letter] ?? letter);
}

/** The words of a question, folded; everything that is no letter or figure parts words. At most 16. */
export function wordsOf(text: string): string[] {
  return (fold(text).match(/[\p{L}\p{N}]+/gu) ?? []).slice(0, 16);
}

/**
 * An FTS5 expression that finds all the words, each as a prefix. Every word is quoted, so no operator of the query
 * language can be reached from outside.
 */
export const matchAll = (words: string[]): string => words.map((word) => `"${word}"*`).join(' AND ');
