import type { Energy, Exit, Flavour, Price } from '../model.ts';

/** Leaving costs nothing and has been rehearsed. */
export const easyExit = (testedOn: string, formats: string[], days = 30): Exit => ({
  noticeDays: days,
  retrievalDays: 60,
  charges: 'none',
  help: true,
  testedOn,
  formats,
});

/** Leaving is possible, at cost, and nobody has tried it yet. */
export const plainExit = (formats: string[], days = 60): Exit => ({
  noticeDays: days,
  retrievalDays: 30,
  charges: 'at-cost',
  help: false,
  formats,
});

/** Leaving is charged. */
export const dearExit = (formats: string[]): Exit => ({
  noticeDays: 90,
  retrievalDays: 30,
  charges: 'charged',
  help: false,
  formats,
});

export const hydro = (pue: number, heatReuse = true): Energy => ({
  sources: ['hydro'],
  renewable: 0.99,
  carbonFree: 0.99,
  pue,
  wue: 0.05,
  heatReuse,
});

/** Criteria of the EU Cloud Sovereignty Framework, by objective. */
const SEAL_CRITERIA = [8, 6, 5, 6, 7, 5, 7, 4];

/** The same answer to every criterion of these objectives (default: all), but for some. */
export const sealAnswers = (
  choice: number,
  except: Record<string, number> = {},
  objectives = SEAL_CRITERIA.map((_, at) => at + 1),
): Record<string, number> => ({
  ...Object.fromEntries(
    objectives.flatMap((objective) =>
      Array.from({ length: SEAL_CRITERIA[objective - 1]! }, (_, at) => [`SOV-${objective}.${at + 1}`, choice]),
    ),
  ),
  ...except,
});

export const euros = (amount: number, unit: string, extra: Partial<Price> = {}): Price => ({
  model: 'pay-per-use',
  amount,
  unit,
  currency: 'EUR',
  ...extra,
});

export const size = (vcpus: number, memoryGb: number, diskGb = 80): Flavour => ({
  vcpus,
  memoryGb,
  diskGb,
  architecture: 'x86-64',
});
