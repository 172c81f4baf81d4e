/** Text for a terminal: made harmless first, then laid out. */

/**
 * Everything a terminal may obey or that hides what is written: C0 and C1 controls (ANSI escapes begin with one),
 * soft hyphen, zero-width letters, direction overrides, separators, tags.
 */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

const codePoint = (character: string) => character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');

/** Text by somebody else, safe to print: line breaks become spaces, other controls are written out as `<U+001B>`. */
export function clean(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\t\n\r]+/g, ' ')
    .replace(UNSAFE, (character) => `<U+${codePoint(character)}>`);
}

/** `clean` for every string in a JSON value, names of members too. */
export function cleanDeep<T>(value: T): T {
  if (typeof value === 'string') return clean(value) as T;
  if (Array.isArray(value)) return value.map(cleanDeep) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [clean(name), cleanDeep(member)])) as T;
}

/** JSON that says the same and holds no character a terminal would obey. */
export function safeJson(value: unknown, indent = 2): string {
  return JSON.stringify(value, null, indent).replace(UNSAFE, (character) =>
    character === '\n'
      ? character
      : [...Array(character.length).keys()]
          .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
          .join(''),
  );
}

/** Breaks text into lines of at most `width` columns; the first starts at column `first`, the others at `indent`. */
export function wrap(text: string, width: number, indent: number, first = indent): string {
  if (!Number.isFinite(width)) return text;
  const room = Math.max(24, width - indent);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const space = lines.length === 0 ? Math.max(24, width - first) : room;
    if (line && line.length + 1 + word.length > space) {
      lines.push(line);
      line = word;
    } else {
      line = line ? `${line} ${word}` : word;
    }
  }
  lines.push(line);
  return lines.join(`\n${' '.repeat(indent)}`);
}

/** At most `length` letters, the end cut. */
export function shorten(text: string, length: number): string {
  const letters = [...text];
  return letters.length <= length ? text : `${letters.slice(0, length - 1).join('')}…`;
}

/** A digest with its middle left out. */
export const shortDigest = (digest: string): string =>
  digest.length > 20 ? `${digest.slice(0, 9)}…${digest.slice(-6)}` : digest;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** ISO time as `21 Nov 2026, 09:14 UTC`; anything else unchanged. */
export function time(iso: string | null | undefined): string {
  if (!iso) return 'never';
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const [hours, minutes] = [at.getUTCHours(), at.getUTCMinutes()].map((number) => String(number).padStart(2, '0'));
  return `${day(iso)}, ${hours}:${minutes} UTC`;
}

/** ISO time as `21 Nov 2026`. */
export function day(iso: string): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? iso : `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
}

const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });

/** `Norway (NO)`; the code alone where it names no country. */
export function country(code: string): string {
  const name = /^[A-Z]{2}$/.test(code) ? names.of(code) : undefined;
  return name ? `${name} (${code})` : code;
}

/** `1 listing`, `2 listings`. */
export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number.toLocaleString('en')} ${number === 1 ? one : many}`;

/** An argument as a POSIX shell takes it, so that a printed command can be copied. */
export const shell = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;

/** Rows with their columns aligned; the last column is not padded. */
export function table(rows: string[][], indent = '  '): string {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, at) => {
      widths[at] = Math.max(widths[at] ?? 0, cell.length);
    });
  return rows
    .map((row) =>
      `${indent}${row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at]!))).join('  ')}`.trimEnd(),
    )
    .join('\n');
}
