/**
 * Text that a provider or a peer controls, made safe to show. Escaping is done by the html template; this takes care
 * of what survives escaping: characters that reorder, hide or stack up text, and links that run code.
 * See https://www.unicode.org/reports/tr36/ (bidirectional text spoofing) and
 * https://www.unicode.org/reports/tr39/ (mixed and invisible characters).
 */

/** Controls and format characters (bidi, zero width, tags) other than line feed, tab and Arabic signs; letters without ink. */
const HIDDEN = /(?![\n\t\u0600-\u0605\u06DD\u08E2])[\p{Cc}\p{Cf}]|[\u115F\u1160\u3164\uFFA0]|\u034F|\u17B4|\u17B5/gu;
const JOINER = /[\u200C\u200D]/;
/** Where a (non-)joiner is spelling, not disguise: after an emoji, and in the scripts that need it. */
const JOINS =
  /(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\uFE0F|\p{Script=Arabic}|\p{Script=Devanagari}|\p{Script=Bengali}|\p{Script=Malayalam}|\p{Script=Sinhala}|\p{Script=Tamil}|\p{Script=Telugu}|\p{Script=Kannada})$/u;
const STACKED = /(\p{M}{4})\p{M}+/gu;

const codePoint = (character: string) => `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;

/** The text with every hidden character spelled out, such as `[U+202E]`, and piles of accents cut to four. */
export function visible(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    .replace(HIDDEN, (character, at: number) =>
      JOINER.test(character) && JOINS.test(text.slice(Math.max(0, at - 2), at))
        ? character
        : `[${codePoint(character)}]`,
    )
    .replace(STACKED, '$1');
}

/** One line: hidden characters spelled out, white space folded, at most `limit` characters. */
export function line(text: string, limit = 300): string {
  const folded = visible(text.length > limit * 4 ? text.slice(0, limit * 4) : text)
    .replace(/\s+/g, ' ')
    .trim();
  return clip(folded, limit);
}

/** Cut after `limit` code points, said by an ellipsis. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const characters = [...text];
  return characters.length <= limit
    ? text
    : `${characters
        .slice(0, limit - 1)
        .join('')
        .trimEnd()}…`;
}

/**
 * The address to link to, or undefined where the text is no address that a page may link: only http and https, written
 * without user, control characters or white space. `javascript:`, `data:` and everything else stays plain text.
 */
export function linkable(address: string | undefined): string | undefined {
  if (!address || !/^https?:\/\//i.test(address) || /[\s\\]/.test(address) || visible(address) !== address)
    return undefined;
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  return url.username || url.password ? undefined : url.href;
}

/** The address of a did:web document (https://w3c-ccg.github.io/did-method-web/#read-resolve), undefined for others. */
export function didDocumentAddress(did: string): string | undefined {
  const match = /^did:web:([A-Za-z0-9.%_-]+)((?::[A-Za-z0-9.%_-]+)*)$/.exec(did.split('#')[0]!);
  if (!match) return undefined;
  const host = match[1]!.replace(/%3A/gi, ':');
  const local = /^(localhost|127\.0\.0\.1)(:\d+)?$/.test(host);
  const path = match[2] ? match[2].replaceAll(':', '/') : '/.well-known';
  return linkable(`${local ? 'http' : 'https'}://${host}${path}/did.json`);
}
