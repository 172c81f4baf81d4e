const STAMP =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/**
 * An xsd:dateTimeStamp (https://www.w3.org/TR/vc-data-model-2.0/#representing-time): seconds and zone given.
 *
 * @returns undefined for anything else, and for days that no calendar has
 */
export function parseTime(text: unknown): Date | undefined {
  const match = typeof text === 'string' ? STAMP.exec(text) : null;
  if (!match) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  // Date rolls the 30th of February over into March. Year 0 is the leap year that a two-digit year would not be.
  const days = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  const date = new Date(match[0]);
  const utcYear = date.getUTCFullYear();
  // Beyond four figures, times as text no longer sort as times.
  return day > days || utcYear < 1 || utcYear > 9999 ? undefined : date;
}

/** A time, or the begin of a day (UTC) written as `2026-11-21`. */
export const parseDayOrTime = (text: string): Date | undefined =>
  parseTime(text.includes('T') ? text : `${text}T00:00:00Z`);

/** A NumericDate of a JWT (RFC 7519 section 2): seconds since 1970, up to the year 9999. */
export const numericDate = (value: unknown): Date | undefined =>
  typeof value === 'number' && value >= 0 && value < 253402300800 ? new Date(value * 1000) : undefined;
