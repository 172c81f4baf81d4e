/** Letters of other alphabets, and rare Latin ones, that a reader takes for plain Latin letters. */
const LATIN_LOOK: Record<string, string> = {
  // Cyrillic
  а: 'a',
  ь: 'b',
  с: 'c',
  ԁ: 'd',
  е: 'e',
  ё: 'e',
  ѓ: 'r',
  г: 'r',
  һ: 'h',
  і: 'i',
  ї: 'i',
  ј: 'j',
  к: 'k',
  ӏ: 'l',
  м: 'm',
  п: 'n',
  о: 'o',
  р: 'p',
  ԛ: 'q',
  ѕ: 's',
  т: 't',
  ц: 'u',
  ѵ: 'v',
  ѡ: 'w',
  ԝ: 'w',
  х: 'x',
  у: 'y',
  ү: 'y',
  // Greek
  α: 'a',
  ε: 'e',
  η: 'n',
  ι: 'i',
  κ: 'k',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  τ: 't',
  υ: 'u',
  χ: 'x',
  ω: 'w',
  γ: 'y',
  // Armenian
  ա: 'w',
  հ: 'h',
  ո: 'n',
  ս: 'u',
  օ: 'o',
  ք: 'p',
  զ: 'q',
  // Latin
  ɑ: 'a',
  ɡ: 'g',
  ı: 'i',
  ɩ: 'i',
  ɪ: 'i',
  ʏ: 'y',
  ɴ: 'n',
  ʀ: 'r',
  ƅ: 'b',
  ʋ: 'v',
};

/** Lower-case text as a reader of Latin takes it: letters of other alphabets that look like Latin ones become those. */
export const latinLook = (text: string): string => [...text].map((letter) => LATIN_LOOK[letter] ?? letter).join('');

/** Han and the scripts that are written among it, with Latin too, as usual in East Asia. */
const EAST_ASIAN = /^(?:Han|Hiragana|Katakana|Hangul|Bopomofo)$/;
const SCRIPTS = [
  ...['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Georgian', 'Hebrew', 'Arabic', 'Devanagari', 'Thai', 'Cherokee'],
  ...['Han', 'Hiragana', 'Katakana', 'Hangul', 'Bopomofo'],
].map((name) => ({ name, letters: new RegExp(`\\p{Script=${name}}`, 'u') }));

/**
 * Why one label of a host name may be taken for another: it mixes alphabets, or is written wholly in letters that
 * look like Latin ones (after https://www.unicode.org/reports/tr39/, in small).
 *
 * @returns the end of a sentence about the label, or undefined when it looks like what it is
 */
export function lookAlike(label: string): string | undefined {
  const letters = [...label].filter((letter) => /\p{L}/u.test(letter));
  const scriptOf = (letter: string) => SCRIPTS.find((script) => script.letters.test(letter))?.name ?? 'other';
  const scripts = [...new Set(letters.map(scriptOf))];
  const foreign = scripts.filter((name) => !EAST_ASIAN.test(name));
  const eastAsian = foreign.length < scripts.length;
  if (foreign.length > 1 || (eastAsian && foreign.some((name) => name !== 'Latin')))
    return `mixes ${scripts.join(' and ')} letters: it may not be the name it looks like`;
  const known = letters.filter((letter) => Object.hasOwn(LATIN_LOOK, letter));
  // A Latin name is misread over one rare letter; a name in another alphabet only when every letter is one of these.
  const misread = scripts[0] === 'Latin' ? known.length > 0 : known.length === letters.length;
  if (!misread || known.length === 0) return undefined;
  const read = latinLook(label);
  return scripts[0] === 'Latin'
    ? `has letters that look like others: it is not "${read}"`
    : `is written in ${scripts[0]} letters that look like Latin ones: it is not "${read}"`;
}
