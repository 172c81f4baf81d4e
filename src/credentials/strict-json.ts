import type { JsonObject } from './credential.ts';

/** Caps that protect the node before a document costs anything. */
const JSON_LIMITS = {
  depth: 64,
  /** Values in all, of which objects; and items of one list: what JSON-LD does with long lists is quadratic. */
  values: 10_000,
  objects: 2_000,
  items: 1_000,
  string: 1_000_000,
  number: 40,
} as const;

/** Keys that would reach into JavaScript's own objects, or change what an object does when it is written as text. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'toJSON']);

export class JsonFault extends Error {
  /** JSON pointer of the value the fault was met in. */
  readonly where: string;
  constructor(message: string, where: string) {
    super(message);
    this.name = 'JsonFault';
    this.where = where || '/';
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text of UTF-8 bytes. @throws JsonFault for anything that is not UTF-8, or has a byte-order mark */
export function decodeUtf8(bytes: Uint8Array): string {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)
    throw new JsonFault('It starts with a byte-order mark; send UTF-8 without one', '');
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new JsonFault('It is not valid UTF-8', '');
  }
}

/**
 * Reads one JSON object and refuses what two parsers could read differently: duplicate keys, keys that touch
 * prototypes, lone surrogates, numbers beyond a double, and documents deeper or larger than the limits
 * (RFC 8259 section 4 leaves duplicates open; a signature must not).
 *
 * @throws JsonFault with the place
 */
export function parseObject(text: string): JsonObject {
  scan(text);
  const value: unknown = JSON.parse(text);
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new JsonFault('It is not a JSON object', '');
  return value as JsonObject;
}

/** A key as a token of a JSON pointer (RFC 6901 section 3). */
export const pointerToken = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1');
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;
const UNUSUAL = /[\u0000-\u001f\\]|[\ud800-\udfff]/;
const WORD = /true|false|null/y;

/** One iterative pass over the text, so that depth cannot exhaust the stack. */
function scan(text: string): void {
  let at = 0;
  let count = 0;
  let objects = 0;
  const stack: { keys: Set<string> | undefined; name: string | number }[] = [];
  const place = () =>
    stack.map((level) => `/${typeof level.name === 'string' ? pointerToken(level.name) : level.name}`).join('');
  const fault = (message: string): never => {
    throw new JsonFault(message, place());
  };
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) return undefined;
    at += match[0].length;
    return match[0];
  };
  const space = () => {
    if (text.charCodeAt(at) <= 32) take(SPACE);
  };
  const syntax = (): never =>
    fault(at >= text.length ? 'It ends in the middle' : `It is not JSON at character ${at + 1}`);
  /** Whether the quote at a position is escaped: an odd number of backslashes before it. */
  const escaped = (quote: number): boolean => {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes++;
    return backslashes % 2 === 1;
  };
  const string = (): string => {
    const start = at;
    if (text[at] !== '"') syntax();
    do {
      at = text.indexOf('"', at + 1);
      if (at < 0) at = text.length;
    } while (at < text.length && escaped(at));
    at++;
    const raw = text.slice(start, at);
    if (raw.length > JSON_LIMITS.string)
      fault(`It has a string of ${raw.length} characters; ${JSON_LIMITS.string} are taken`);
    // Most strings say what they are; escapes and what must not stand in one are for the parser to judge.
    if (!UNUSUAL.test(raw)) return raw.slice(1, -1);
    let value = '';
    try {
      value = JSON.parse(raw) as string;
    } catch {
      fault(`It has a string that is not JSON, at character ${start + 1}`);
    }
    if (!value.isWellFormed()) fault('It has a lone surrogate in a string');
    return value;
  };
  const key = () => {
    const level = stack.at(-1)!;
    const name = string();
    level.name = name;
    if (FORBIDDEN.has(name)) fault(`The key "${name}" is not taken`);
    if (level.keys!.has(name)) fault(`The key "${name}" stands twice`);
    level.keys!.add(name);
    space();
    if (text[at] !== ':') syntax();
    at++;
  };

  value: for (;;) {
    space();
    if (++count > JSON_LIMITS.values) fault(`It has more than ${JSON_LIMITS.values} values`);
    const sign = text[at];
    if (sign === '{' || sign === '[') {
      at++;
      if (sign === '{' && ++objects > JSON_LIMITS.objects) fault(`It has more than ${JSON_LIMITS.objects} objects`);
      if (stack.length >= JSON_LIMITS.depth) fault(`It is nested deeper than ${JSON_LIMITS.depth} levels`);
      stack.push({ keys: sign === '{' ? new Set() : undefined, name: sign === '{' ? '' : 0 });
      space();
      if (text[at] === (sign === '{' ? '}' : ']')) {
        at++;
        stack.pop();
      } else {
        if (sign === '{') key();
        continue;
      }
    } else if (sign === '"') {
      string();
    } else if (!take(WORD)) {
      const number = take(NUMBER) ?? syntax();
      if (number.length > JSON_LIMITS.number) fault(`It has a number of ${number.length} digits`);
      if (!Number.isFinite(Number(number))) fault(`The number ${number} is beyond what can be represented`);
    }
    for (;;) {
      space();
      const level = stack.at(-1);
      if (!level) {
        if (at < text.length) fault(`Something stands after the document, at character ${at + 1}`);
        return;
      }
      if (text[at] === ',') {
        at++;
        space();
        if (level.keys) key();
        else if ((level.name as number) + 1 >= JSON_LIMITS.items)
          fault(`It has a list of more than ${JSON_LIMITS.items} items`);
        else level.name = (level.name as number) + 1;
        continue value;
      }
      if (text[at] !== (level.keys ? '}' : ']')) syntax();
      at++;
      stack.pop();
    }
  }
}

/** Whether a value read from JSON is an object, not a list. */
export const isObject = (value: unknown): value is JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
