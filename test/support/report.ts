const DAY_MS = 86_400_000;

/** The date so many days from today. */
export const day = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);

/** What a certificate says that is a C5 report of Type 2 in force, or what is stated in place of that. */
export const report = (about: string, more: object = {}) => ({
  id: about,
  type: 'kontor:Certificate',
  'kontor:scheme': 'bsi-c5',
  'kontor:edition': '2020',
  'kontor:level': 'Type 2',
  'kontor:opinion': 'unqualified',
  'kontor:periodFrom': day(-300),
  'kontor:periodUntil': day(-30),
  ...more,
});
