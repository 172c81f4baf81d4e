import { expect, it } from 'vitest';
import { addMonths, endOfDay, startOfDay } from './dates.ts';

it('a time that names no zone is UTC, whatever the zone of the machine', () => {
  const zone = process.env.TZ;
  try {
    process.env.TZ = 'Pacific/Kiritimati';
    expect(new Date().getTimezoneOffset()).not.toBe(0);
    for (const read of [startOfDay, endOfDay])
      expect(read('2026-12-01T00:00:00')).toBe(Date.parse('2026-12-01T00:00:00Z'));
    expect(startOfDay('2026-12-01T00:00:00+02:00')).toBe(Date.parse('2026-11-30T22:00:00Z'));
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
});

it('a date is its whole day, and what is none is no number', () => {
  expect(endOfDay('2026-12-01') - startOfDay('2026-12-01')).toBe(86_399_999);
  for (const text of ['2026-02-30', '2026-13-01', 'soon', '']) expect(endOfDay(text)).toBeNaN();
});

it('the day so many months on is the last of its month where that is shorter', () => {
  expect(addMonths('2025-11-30', 3)).toBe('2026-02-28');
  expect(addMonths('no day', 3)).toBe('');
});
