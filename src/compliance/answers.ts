import { weaker } from './basis.ts';
import { countryName } from './countries.ts';
import type { Basis, ShownBasis } from './decision.ts';
import type { Description } from './description.ts';
import { type Exposure, inWords } from './exposure.ts';
import { dayOf } from './mapping.ts';
import { percent } from './words.ts';

/** One of the twelve questions of a buyer, answered. */
export interface Answer {
  question: string;
  /** In plain words; `Unknown` where nothing is said. */
  value: string;
  basis: Basis;
  /** Who or what says so; empty where nobody does. */
  source: string;
}

/** A certificate as it counts for the listing. */
export interface CertificateSaid {
  /** Scheme and level, in words. */
  what: string;
  /** Who signed it: its name on the trust list, else its DID. */
  by: string;
  basis: ShownBasis;
}

export interface AnswerContext {
  certificates: readonly CertificateSaid[];
  exposure: Exposure;
  /** ISO times. */
  verifiedAt: string;
  validUntil: string;
}

const PROVIDER = "the provider's self-description";
const UNKNOWN = { value: 'Unknown', basis: 'unknown', source: '' } as const;

/** Joins what is said; nothing said is unknown, never left out. */
function said(parts: (string | undefined | false)[]): Omit<Answer, 'question'> {
  const words = parts.filter((part): part is string => Boolean(part));
  return words.length === 0 ? UNKNOWN : { value: sentence(words.join('; ')), basis: 'claimed', source: PROVIDER };
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const list = (values: readonly string[]) => [...new Set(values)].join(', ');
const some = (values: readonly string[], before = '', after = '') =>
  values.length > 0 && `${before}${list(values)}${after}`;
const countries = (codes: readonly string[]) => list([...codes].sort().map(countryName));
const yesNo = (value: boolean | undefined, yes: string, no: string) =>
  value === undefined ? undefined : value ? yes : no;
const day = (time: string) =>
  new Date(time).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });

/** The questions of a buyer in their order, one row each, for the listing page and comparison. */
export function answers(description: Description, context: AnswerContext): Answer[] {
  const rows: [string, Omit<Answer, 'question'>][] = [
    ['Where is our data?', where(description)],
    ['Whose law reaches it?', law(context.exposure)],
    ['Who else is behind it?', behind(description)],
    ['Can we leave?', leaving(description)],
    ['Is it open?', openness(description)],
    ['Is it secure?', security(description, context.certificates)],
    ['Who runs it?', operations(description)],
    ['Is the AI ours to control?', ai(description)],
    ['What does it cost the planet?', environment(description, context)],
    ['What does it cost us?', price(description)],
    ['Is it near?', near(description)],
    ['Is that still true?', stillTrue(context)],
  ];
  return rows.map(([question, answer]) => ({ question, ...answer }));
}

const PLACES = [
  ['storage', 'stored in'],
  ['processing', 'processed in'],
  ['hosting', 'hosted in'],
  ['backup', 'backups in'],
  ['metadata', 'metadata in'],
  ['support', 'support access from'],
] as const;

function where({ locations, customerChoosesLocation }: Description) {
  const places = PLACES.map(([purpose, words]) => {
    const codes = locations.filter((location) => location.purpose === purpose).map(({ country }) => country);
    return codes.length > 0 && `${words} ${countries(codes)}`;
  });
  return said([
    ...places,
    yesNo(customerChoosesLocation, 'the customer chooses the place', 'the customer does not choose the place'),
  ]);
}

function law({ known, outside }: Exposure): Omit<Answer, 'question'> {
  if (outside.length > 0) {
    const rest = known ? '' : '; not every link of the chain is stated';
    return {
      value: `${inWords(outside)}${rest}`,
      basis: 'claimed',
      source: 'the self-descriptions in its chain',
    };
  }
  return known
    ? {
        value: 'EU/EEA only, as far as the chain is stated',
        basis: 'claimed',
        source: 'the self-descriptions in its chain',
      }
    : UNKNOWN;
}

const BEHIND = [
  ['service', 'services'],
  ['software', 'software'],
  ['hardware', 'hardware'],
  ['resource', 'resources'],
] as const;

function behind({ dependencies, subContractors, noSubContractors }: Description) {
  const groups = BEHIND.map(([kind, words]) => {
    const names = dependencies
      .filter((dependency) => dependency.kind === kind)
      .map(
        ({ name, id, supplier, country }) =>
          `${name ?? id ?? 'unnamed'}${supplier || country ? ` (${[supplier, country && countryName(country)].filter(Boolean).join(', ')})` : ''}`,
      );
    return names.length > 0 && `${words}: ${list(names)}`;
  });
  const contractors = subContractors.map(({ name }) => name ?? 'unnamed');
  return said([
    ...groups,
    some(contractors, 'subcontractors: '),
    noSubContractors && contractors.length === 0 && 'no subcontractors',
  ]);
}

const CHARGES = {
  none: 'no charge for leaving',
  'at-cost': 'leaving is charged at cost',
  charged: 'leaving is charged',
};

function leaving({ exit, portability }: Description) {
  if (!exit && portability.length === 0) return UNKNOWN;
  return said([
    exit && exit.documents.length > 0 && 'an exit plan is linked',
    exit?.noticeDays !== undefined && `${exit.noticeDays} days of notice`,
    exit?.retrievalDays !== undefined && `${exit.retrievalDays} days to retrieve data`,
    some(exit?.formats ?? portability.flatMap(({ formats }) => formats), 'export as '),
    exit?.charges && CHARGES[exit.charges],
    yesNo(exit?.migrationHelp, 'help with migration', 'no help with migration'),
    exit?.testedOn && `rehearsed on ${exit.testedOn}`,
  ]);
}

function openness({ openness: open }: Description) {
  return said([
    some(open?.interfaces ?? []),
    some(open?.licences ?? [], 'stack under '),
    yesNo(open?.buildable, 'can be built by others', 'cannot be built by others'),
  ]);
}

const KEYS = {
  customer: 'the customer holds the keys',
  provider: 'the provider holds the keys',
  'third-party': 'a third party holds the keys',
};

const NOT_VERIFIED: Record<Exclude<ShownBasis, 'verified'>, string> = {
  attested: "signed by somebody who is not on this node's trust list",
  claimed: "the provider's word alone",
  unknown: 'not proven here',
  lapsed: 'counts no more',
};

/** Only what is verified is called certified; the rest of the answer is the provider's word. */
function security(
  { security: secure }: Description,
  certificates: readonly CertificateSaid[],
): Omit<Answer, 'question'> {
  const own = said([
    secure?.keyHolder && KEYS[secure.keyHolder],
    yesNo(secure?.atRest, 'encrypted at rest', 'not encrypted at rest'),
    yesNo(secure?.inTransit, 'encrypted in transit', 'not encrypted in transit'),
    some(secure?.confidentialComputing ?? [], 'confidential computing: '),
    some(secure?.standards ?? [], 'cryptography after '),
  ]);
  if (certificates.length === 0) return own;
  const isOwnKnown = own.basis !== 'unknown';
  const certified = certificates.filter(({ basis }) => basis === 'verified').map(({ what }) => what);
  const others = certificates.flatMap(({ what, basis }) =>
    basis === 'verified' ? [] : `${what} (${NOT_VERIFIED[basis]})`,
  );
  const counting = certificates.flatMap(({ by, basis }) =>
    basis === 'unknown' || basis === 'lapsed' ? [] : [{ by: basis === 'claimed' ? PROVIDER : by, basis }],
  );
  const affirmed = isOwnKnown ? [...counting, { by: own.source, basis: own.basis }] : counting;
  const parts = [
    some(certified, 'certified: '),
    some(others, 'not verified: '),
    isOwnKnown && own.value.charAt(0).toLowerCase() + own.value.slice(1),
  ];
  return {
    value: sentence(parts.filter(Boolean).join('; ')),
    basis: affirmed.length > 0 ? affirmed.map(({ basis }) => basis).reduce(weaker) : 'unknown',
    source: list(affirmed.map(({ by }) => by)),
  };
}

function operations({ operations: run, jurisdictions }: Description) {
  const operators = jurisdictions
    .filter(({ role }) => role === 'operator')
    .map(({ party, country }) => (party ? `${party}, ${countryName(country)}` : countryName(country)));
  return said([
    some(operators, 'operated by '),
    run && run.supportCountries.length > 0 && `support from ${countries(run.supportCountries)}`,
    some(run?.languages ?? [], 'languages: '),
    run?.hours,
    yesNo(run?.disconnected, 'can run cut off from the outside', 'cannot run cut off from the outside'),
  ]);
}

function ai({ ai: model }: Description) {
  return said([
    model?.model,
    yesNo(model?.openWeights, 'open weights', 'closed weights'),
    model?.licence && `licence ${model.licence}`,
    model && model.inferenceCountries.length > 0 && `inference in ${countries(model.inferenceCountries)}`,
    model && model.trainingCountries.length > 0 && `trained in ${countries(model.trainingCountries)}`,
    model?.logging && `logging: ${model.logging}`,
    some(
      (model?.accelerators ?? []).map(({ type, count }) => (count === undefined ? type : `${count} × ${type}`)),
      'accelerators: ',
    ),
    model?.actRole && `role under the AI Act: ${model.actRole}`,
  ]);
}

function environment({ environment: figures }: Description, { verifiedAt }: AnswerContext) {
  const day = figures?.attainedOn;
  // A share to be reached one day is not the share of today.
  const planned = day !== undefined && dayOf(day) > Date.parse(verifiedAt) ? ` (stated for ${day})` : '';
  return said([
    some(figures?.energySources ?? []),
    figures?.renewableShare !== undefined && `${percent(figures.renewableShare)} renewable${planned}`,
    figures?.carbonFreeShare !== undefined && `${percent(figures.carbonFreeShare)} carbon-free by the hour${planned}`,
    figures?.pue !== undefined && `PUE ${figures.pue}`,
    figures?.wue !== undefined && `WUE ${figures.wue} L/kWh`,
    yesNo(figures?.heatReuse, 'heat is reused', 'heat is not reused'),
  ]);
}

function price({ pricing }: Description) {
  return said(
    pricing.map(({ model, amount, unit, currency, minimumTerm, frameworks }) => {
      const figure =
        amount === undefined
          ? undefined
          : [amount, currency, unit && `per ${unit}`].filter((part) => part !== undefined).join(' ');
      return [figure, model, minimumTerm && `minimum term ${minimumTerm}`, some(frameworks, 'framework ')]
        .filter(Boolean)
        .join(', ');
    }),
  );
}

function near({ sites }: Description) {
  return said(
    sites.map(({ name, country, latencyZone }) =>
      [name, country && countryName(country), latencyZone && `latency zone ${latencyZone}`].filter(Boolean).join(', '),
    ),
  );
}

function stillTrue({ verifiedAt, validUntil }: AnswerContext): Omit<Answer, 'question'> {
  return {
    value: `Signature, key and any status list checked on ${day(verifiedAt)}; valid until ${day(validUntil)}`,
    basis: 'verified',
    source: 'this node',
  };
}
