import { datatypeOf, languageOf, RDF, type Term, textOf, XSD, XSD_STRING } from './terms.ts';

/** Bounds of the integer types of XML Schema, as decimal text (https://www.w3.org/TR/xmlschema11-2/#integer). */
const INTEGERS: Record<string, readonly [least: string | undefined, most: string | undefined]> = {
  integer: [undefined, undefined],
  nonNegativeInteger: ['0', undefined],
  positiveInteger: ['1', undefined],
  nonPositiveInteger: [undefined, '0'],
  negativeInteger: [undefined, '-1'],
  long: ['-9223372036854775808', '9223372036854775807'],
  int: ['-2147483648', '2147483647'],
  short: ['-32768', '32767'],
  byte: ['-128', '127'],
  unsignedLong: ['0', '18446744073709551615'],
  unsignedInt: ['0', '4294967295'],
  unsignedShort: ['0', '65535'],
  unsignedByte: ['0', '255'],
};

const INTEGER = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/;
const DOUBLE = /^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[Ee][+-]?\d+)?|[+-]?INF|NaN)$/;
const ZONE = '(?:Z|[+-](?:(?:0\\d|1[0-3]):[0-5]\\d|14:00))?';
const YEAR = '-?(?:[1-9]\\d{3,}|0\\d{3})';
const CLOCK = '(?:(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d+)?|24:00:00(?:\\.0+)?)';
const DATE = new RegExp(`^(${YEAR})-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])${ZONE}$`);
const DATE_TIME = new RegExp(`^(${YEAR})-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T${CLOCK}${ZONE}$`);
const TIMED = /(?:Z|[+-]\d\d:\d\d)$/;

/** Written forms of the datatypes that SPARQL 1.1 and XML Schema define; any text will do for others. */
const FORMS: Record<string, (text: string) => boolean> = {
  ...Object.fromEntries(
    Object.entries(INTEGERS).map(([name, [least, most]]) => [
      name,
      (text: string) =>
        INTEGER.test(text) &&
        (least === undefined || compareDecimals(text, least) >= 0) &&
        (most === undefined || compareDecimals(text, most) <= 0),
    ]),
  ),
  decimal: (text) => DECIMAL.test(text),
  float: (text) => DOUBLE.test(text),
  double: (text) => DOUBLE.test(text),
  boolean: (text) => /^(?:true|false|1|0)$/.test(text),
  date: (text) => isDate(DATE.exec(text)),
  dateTime: (text) => isDate(DATE_TIME.exec(text)),
  dateTimeStamp: (text) => TIMED.test(text) && isDate(DATE_TIME.exec(text)),
  time: matches(`${CLOCK}${ZONE}`),
  gYear: matches(`${YEAR}${ZONE}`),
  gYearMonth: matches(`${YEAR}-(?:0[1-9]|1[0-2])${ZONE}`),
  gMonth: matches(`--(?:0[1-9]|1[0-2])${ZONE}`),
  gDay: matches(`---(?:0[1-9]|[12]\\d|3[01])${ZONE}`),
  gMonthDay: matches(`--(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])${ZONE}`),
  duration: matches('-?P(?=.)(?:\\d+Y)?(?:\\d+M)?(?:\\d+D)?(?:T(?=.)(?:\\d+H)?(?:\\d+M)?(?:\\d+(?:\\.\\d+)?S)?)?'),
  dayTimeDuration: matches('-?P(?=.)(?:\\d+D)?(?:T(?=.)(?:\\d+H)?(?:\\d+M)?(?:\\d+(?:\\.\\d+)?S)?)?'),
  yearMonthDuration: matches('-?P(?=.)(?:\\d+Y)?(?:\\d+M)?'),
  hexBinary: matches('(?:[0-9A-Fa-f]{2})*'),
  base64Binary: (text) => {
    const plain = text.replace(/ /g, '');
    return plain.length % 4 === 0 && /^[A-Za-z0-9+/]*(?:[AEIMQUYcgkosw048]=|[AQgw]==)?$/.test(plain);
  },
  language: matches('[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*'),
  normalizedString: (text) => !/[\t\n\r]/.test(text),
  token: (text) => !/[\t\n\r]|^ | $| {2}/.test(text),
};

function matches(form: string): (text: string) => boolean {
  const expression = new RegExp(`^(?:${form})$`);
  return (text) => expression.test(text);
}

/** Whether the day is one of the month. The last four digits tell leap years. */
function isDate(parts: RegExpExecArray | null): boolean {
  if (!parts) return false;
  const year = Number(parts[1]!.slice(-4));
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return Number(parts[3]) <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][Number(parts[2]) - 1]!;
}

/** Whether a literal's text is one that its datatype allows (https://www.w3.org/TR/rdf11-concepts/#dfn-lexical-space). */
export function isWellFormed(term: Term): boolean {
  const datatype = datatypeOf(term)!;
  if (datatype === XSD_STRING) return true;
  if (datatype === `${RDF}langString`) return languageOf(term) !== undefined;
  if (!datatype.startsWith(XSD)) return true;
  const form = FORMS[datatype.slice(XSD.length)];
  return form === undefined || form(textOf(term));
}

/** A literal made ready for comparison; undefined for what SPARQL's `<` does not order. */
export type Comparable =
  | { kind: 'decimal'; text: string }
  | { kind: 'float' | 'double' | 'boolean'; number: number }
  | { kind: 'string'; text: string }
  | { kind: 'dateTime' | 'date'; ms: number; timed: boolean };

/**
 * Types that SPARQL 1.1 orders (https://www.w3.org/TR/sparql11-query/#OperatorMapping), and xsd:date, which shapes use as
 * often as xsd:dateTime.
 */
export function comparable(term: Term): Comparable | undefined {
  const datatype = datatypeOf(term);
  if (datatype === undefined || languageOf(term) !== undefined || !isWellFormed(term)) return undefined;
  const text = textOf(term);
  if (datatype === XSD_STRING) return { kind: 'string', text };
  if (!datatype.startsWith(XSD)) return undefined;
  const name = datatype.slice(XSD.length);
  if (name === 'decimal' || Object.hasOwn(INTEGERS, name)) return { kind: 'decimal', text };
  if (name === 'double') return { kind: 'double', number: numberOf(text) };
  if (name === 'float') return { kind: 'float', number: Math.fround(numberOf(text)) };
  if (name === 'boolean') return { kind: 'boolean', number: text === 'true' || text === '1' ? 1 : 0 };
  if (name === 'date' || name === 'dateTime' || name === 'dateTimeStamp') {
    const ms = instant(text);
    const kind = name === 'date' ? 'date' : 'dateTime';
    return Number.isNaN(ms) ? undefined : { kind, ms, timed: TIMED.test(text) };
  }
  return undefined;
}

const numberOf = (text: string): number => Number(text.replace('INF', 'Infinity'));

/** Milliseconds since 1970 as if in UTC where no time zone is stated; NaN for years beyond those of JavaScript's dates. */
function instant(text: string): number {
  const [, year, rest] = /^(-?\d+)(-.*)$/.exec(text)!;
  const wide = `${year!.startsWith('-') ? '-' : '+'}${year!.replace('-', '').padStart(6, '0')}`;
  const date = year!.length === 4 ? year! : wide;
  const zone = TIMED.exec(rest!)?.[0] ?? 'Z';
  const clock = rest!.includes('T') ? rest!.replace(TIMED, '') : `${rest!.slice(0, 6)}T00:00:00`;
  return Date.parse(`${date}${clock}${zone}`);
}

const HALF_DAY_AND_MORE = 14 * 3_600_000;

/** Negative, 0 or positive as of SPARQL's `<` and `=`; undefined where the two cannot be ordered. */
export function compare(one: Comparable | undefined, other: Comparable | undefined): number | undefined {
  if (!one || !other) return undefined;
  if ('ms' in one && 'ms' in other) return one.kind === other.kind ? compareInstants(one, other) : undefined;
  if (one.kind === 'string' && other.kind === 'string')
    return Buffer.compare(Buffer.from(one.text), Buffer.from(other.text));
  if (one.kind === 'boolean' && other.kind === 'boolean') return one.number - other.number;
  if (one.kind === 'decimal' && other.kind === 'decimal') return compareDecimals(one.text, other.text);
  if (!isNumeric(one) || !isNumeric(other)) return undefined;
  // Promotion as of XPath: to double if either is, else to float.
  const narrow = one.kind !== 'double' && other.kind !== 'double';
  const [left, right] = [one, other].map((each) => {
    const number = each.kind === 'decimal' ? Number(each.text) : each.number;
    return narrow ? Math.fround(number) : number;
  });
  if (Number.isNaN(left) || Number.isNaN(right)) return undefined;
  return left! < right! ? -1 : left! > right! ? 1 : 0;
}

const isNumeric = (one: Comparable): one is Extract<Comparable, { kind: 'decimal' | 'float' | 'double' | 'boolean' }> =>
  one.kind === 'decimal' || one.kind === 'float' || one.kind === 'double';

/** An instant without time zone may be up to 14 hours off (https://www.w3.org/TR/xmlschema11-2/#dateTime-order). */
function compareInstants(
  one: { ms: number; timed: boolean },
  other: { ms: number; timed: boolean },
): number | undefined {
  const difference = one.ms - other.ms;
  if (one.timed === other.timed) return difference;
  return Math.abs(difference) > HALF_DAY_AND_MORE ? difference : undefined;
}

/** Compares decimals of any length exactly. */
function compareDecimals(one: string, other: string): number {
  const [left, right] = [parts(one), parts(other)];
  if (left.sign !== right.sign) return left.sign - right.sign;
  const order =
    left.whole.length - right.whole.length ||
    (left.whole < right.whole ? -1 : left.whole > right.whole ? 1 : 0) ||
    (left.fraction < right.fraction ? -1 : left.fraction > right.fraction ? 1 : 0);
  return order * left.sign;
}

function parts(text: string): { sign: number; whole: string; fraction: string } {
  const [whole = '', fraction = ''] = text.replace(/^[+-]/, '').split('.');
  const plain = { whole: whole.replace(/^0+/, ''), fraction: withoutEndZeros(fraction) };
  const zero = plain.whole === '' && plain.fraction === '';
  return { sign: zero ? 0 : text.startsWith('-') ? -1 : 1, ...plain };
}

/** `/0+$/` would look at every run of zeros from each of its digits. */
function withoutEndZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}
