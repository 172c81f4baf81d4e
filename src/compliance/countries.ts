import codes from '../../shapes/sets/countries.json' with { type: 'json' };
import euEea from '../../shapes/sets/eu-eea.json' with { type: 'json' };

const ALPHA_3 = new Map(Object.entries(codes.alpha3));
const NUMERIC = new Map(Object.entries(codes.numeric));
const ALIASES = new Map(Object.entries(codes.aliases));
const ALPHA_2 = new Set(ALPHA_3.values());

/** EU and EEA member states, ISO 3166-1 alpha-2. */
export const EU_EEA: ReadonlySet<string> = new Set(euEea.countries);

/** Any ISO 3166-1 code (two letters, three letters, number) as alpha-2; undefined if it is none. */
export function countryCode(code: string): string | undefined {
  const text = code.trim().toUpperCase();
  if (ALPHA_2.has(text)) return text;
  return (
    ALIASES.get(text) ?? ALPHA_3.get(text) ?? (/^\d{1,3}$/.test(text) ? NUMERIC.get(text.padStart(3, '0')) : undefined)
  );
}

const NAMES = new Intl.DisplayNames(['en'], { type: 'region' });

/** The country's English name with its code, as people are shown it: `Norway (NO)`. */
export const countryName = (code: string): string => (ALPHA_2.has(code) ? `${NAMES.of(code)} (${code})` : code);
