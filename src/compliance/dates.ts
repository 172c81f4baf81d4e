/** Days and times of statements, in UTC where they name no zone: a date means its whole day. NaN where there is no such day. */
const isDay = (text: string): boolean => /^\d{4}-\d{2}-\d{2}(Z|[+-]\d{2}:\d{2})?$/.test(text);

function dayAt(text: string, time: string): number {
  const day = text.slice(0, 10);
  const at = Date.parse(`${day}T${time}Z`);
  // 31 February would roll over into March.
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day) ? at : Number.NaN;
}

/** The same on every machine, whatever its zone. */
const timeOf = (text: string): number => Date.parse(/(Z|[+-]\d{2}:?\d{2})$/i.test(text) ? text : `${text}Z`);

/** Milliseconds at which a date begins; of a time, the time itself. */
export const startOfDay = (text: string): number => (isDay(text) ? dayAt(text, '00:00:00.000') : timeOf(text));

/** Milliseconds at which a date ends; of a time, the time itself. */
export const endOfDay = (text: string): number => (isDay(text) ? dayAt(text, '23:59:59.999') : timeOf(text));

/** The day so many months on, `YYYY-MM-DD`; the last of the month where it is shorter. Empty for a bad date. */
export function addMonths(text: string, months: number): string {
  const start = startOfDay(text);
  if (Number.isNaN(start)) return '';
  const date = new Date(start);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, last));
  return date.toISOString().slice(0, 10);
}

/** The day of a date or time, for sentences. */
export const dayText = (text: string): string => text.slice(0, 10);
