import { countryName, EU_EEA } from './countries.ts';
import type { Description, JurisdictionRole } from './description.ts';

/** Whose law reaches an offer. `known` false: a link of the chain is not stated, so "EU/EEA only" cannot be said. */
export interface Exposure {
  known: boolean;
  /** Countries outside the EU and EEA, each with the link that brings it; by country, then by link. */
  outside: { country: string; by: string }[];
}

/** How a link of the chain is called after "by". */
const LINKS: Partial<Record<JurisdictionRole, string>> = {
  'legal-address': 'registered office',
  headquarters: 'headquarters',
  parent: 'parent company',
  operator: 'operator',
  'sub-processor': 'sub-processor',
  transfer: 'transfer of personal data',
};

const PURPOSES: Record<Description['locations'][number]['purpose'], string> = {
  storage: 'storage',
  processing: 'processing',
  backup: 'backups',
  support: 'support access',
  metadata: 'metadata',
  hosting: 'place of hosting',
};

interface Link {
  country: string;
  by: string;
}

/**
 * The law that reaches an offer over its provider, the provider's owners, operators, sub-processors, transfers, places
 * and the services it rests on. Silence is never counted as inside: `known` needs registered office and headquarters, a
 * country for every owner that is named, and for every service its supplier's country or an id to look it up by.
 * Software and hardware are no link: who made them operates nothing here, so its courts have nothing to order handed out.
 *
 * @param provider the self-description of the provider, if held; for a participant leave it out
 * @param parents self-descriptions of its owners, as far up as they are held
 */
export function exposure(
  own: Description,
  provider: Description | undefined,
  parents: readonly Description[],
): Exposure {
  const company = own.kind === 'participant' ? own : provider;
  const stated = [own, ...(provider ? [provider] : [])].flatMap(({ jurisdictions }) => jurisdictions);
  const links: Link[] = [
    ...stated.flatMap(({ role, country, party }) =>
      LINKS[role] ? [{ country, by: named(LINKS[role], role === 'transfer' ? undefined : party, own, provider) }] : [],
    ),
    ...parents.flatMap((parent) =>
      seatsOf(parent).map((country) => ({ country, by: named('parent company', parent.name, own, provider) })),
    ),
    ...own.locations.map(({ country, purpose }) => ({ country, by: PURPOSES[purpose] })),
    ...own.dependencies.flatMap(({ kind, country, name = '', supplier }) => {
      if (!country || (kind !== 'service' && kind !== 'resource')) return [];
      return { country, by: kind === 'resource' ? PURPOSES.hosting : restsOn(name, supplier) };
    }),
  ];
  const outside = links.filter(({ country }) => !EU_EEA.has(country));
  const distinct = [...new Map(outside.map((link) => [`${link.country} ${link.by}`, link])).values()];
  return {
    known: seatsKnown(own, company, stated) && ownersKnown(company, parents) && servicesKnown(own),
    outside: distinct.sort((a, b) => (a.country === b.country ? compare(a.by, b.by) : compare(a.country, b.country))),
  };
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Names a link by its party, unless that is the offer or its provider itself. */
function named(link: string, party: string | undefined, own: Description, provider: Description | undefined): string {
  const itself = [own.id, own.name, provider?.id, provider?.name];
  return !party || (itself.includes(party) && link !== 'parent company') || /^(did:|urn:|_:|https?:)/.test(party)
    ? link
    : `${link} ${party}`;
}

/** As a service is called after "by". */
const restsOn = (name: string, supplier?: string): string =>
  `the service ${name}${supplier && supplier !== name ? ` of ${supplier}` : ''} it rests on`;

const seatsOf = ({ participant }: Description): string[] => [
  ...new Set([participant?.headquarters, participant?.legalAddress].filter((country) => country !== undefined)),
];

function seatsKnown(own: Description, company: Description | undefined, stated: Description['jurisdictions']): boolean {
  if (company?.participant?.headquarters && company.participant.legalAddress) return true;
  const roles = new Set(stated.map(({ role }) => role));
  return own.kind !== 'participant' && roles.has('legal-address') && roles.has('headquarters');
}

/** Whether each owner that is named anywhere up the chain has a country here. A company may name itself as its own. */
function ownersKnown(company: Description | undefined, parents: readonly Description[]): boolean {
  const held = new Map([...(company ? [company] : []), ...parents].map((one) => [one.id, one]));
  const owners = [...held.values()].flatMap(({ participant }) => participant?.parents ?? []);
  return owners.every(({ id, country }) => {
    const owner = id === undefined ? undefined : held.get(id);
    return country !== undefined || (owner !== undefined && seatsOf(owner).length > 0);
  });
}

/** Whether each service it rests on is stated with a country, or can be looked up. */
const servicesKnown = ({ dependencies }: Description): boolean =>
  dependencies.every(({ kind, id, country }) => kind !== 'service' || id !== undefined || country !== undefined);

/** Countries outside, each once, with every link that brings it. */
export function inWords(outside: Exposure['outside']): string {
  const byCountry = Map.groupBy(outside, ({ country }) => country);
  return [...byCountry]
    .map(([country, links]) => `${countryName(country)} by ${links.map(({ by }) => by).join(', ')}`)
    .join('; ');
}

/**
 * The plain sentence for an offer that calls itself sovereign while its chain shows otherwise: what it says, what is
 * known, by which link they differ. Undefined where there is nothing to say.
 */
export function caution(description: Description, { known, outside }: Exposure): string | undefined {
  if (!description.claimsSovereignty) return undefined;
  if (outside.length > 0) {
    return `It calls itself sovereign, and law from outside the EU and EEA reaches it: ${inWords(outside)}.`;
  }
  if (known) return undefined;
  return 'It calls itself sovereign, and whose law reaches it is not known here: seat or ownership of the provider, or who supplies a service it rests on, is not stated in full.';
}
