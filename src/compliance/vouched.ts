import { CLOCK_SKEW_MS } from '../credentials/credential.ts';
import { atLeast, evidenceBasis, mandateEnd, mandateOf, mayVouch } from './basis.ts';
import type { EvidenceItem, TrustEntry } from './decision.ts';
import type { Facts, Outcome } from './predicate.ts';
import type { EvidenceDemand } from './scheme.ts';

/** Plain order of code units: the same under every locale. */
export const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Evidence of the wanted type about the wanted subject that is valid now and strong enough. */
export function vouched(
  demand: EvidenceDemand,
  facts: Facts,
  when: (holds: boolean, more?: Partial<Outcome>) => Outcome,
): Outcome {
  const { credential, provider, trust, now } = facts;
  const about = idsOf(demand.about, facts);
  const usesProvider = demand.about === 'provider' && provider !== undefined;
  const held = facts.evidence
    .filter(
      (item) =>
        demand.types.includes(item.type) &&
        item.about.some((id) => about.has(id)) &&
        (demand.issuer === undefined || item.issuer === credential.issuer) &&
        Object.entries(demand.facts ?? {}).every(([name, value]) => item.facts[name] === value),
    )
    .map((item) => {
      const owner = usesProvider && item.issuer === provider.issuer ? provider.issuer : credential.issuer;
      const basis = evidenceBasis(item.issuer, item.type, item.facts, trust, now, owner);
      const mandate = basis === 'verified' ? mandateOf(item.issuer, item.type, item.facts, trust, now) : undefined;
      return { item, basis, mandate, by: mandate?.name ?? item.issuer };
    })
    // The strongest, then the longest, then by digest: the choice does not hang on the order evidence came in.
    .sort(
      (a, b) =>
        Number(atLeast(b.basis, a.basis)) - Number(atLeast(a.basis, b.basis)) ||
        Date.parse(b.item.validUntil) - Date.parse(a.item.validUntil) ||
        order(a.item.digest, b.item.digest),
    );
  const enough = held.filter(
    ({ item, basis }) =>
      atLeast(basis, demand.basis ?? 'claimed') &&
      Date.parse(item.validFrom) <= now.getTime() + CLOCK_SKEW_MS &&
      now.getTime() < Date.parse(item.validUntil),
  );
  const best = enough.find(({ item }) => !item.unchecked);
  if (!best) {
    const nearest = enough[0] ?? held[0];
    const missing = when(false, {
      usesProvider,
      words: { held: nearest ? shortfall(nearest.item, nearest.basis === 'claimed', facts) : '' },
    });
    return enough.length > 0 ? { ...missing, result: 'unknown' } : missing;
  }
  const end = best.mandate && mandateEnd(best.mandate);
  const { item, basis, by } = best;
  return when(true, {
    usesProvider,
    evidence: [{ item, basis, by }],
    until: [new Date(item.validUntil).toISOString(), ...(end ? [end] : [])],
  });
}

function idsOf(about: EvidenceDemand['about'], { description, credential, provider }: Facts): Set<string> {
  if (about === 'issuer') return new Set([credential.issuer]);
  const who = about === 'provider' ? provider?.description : description;
  if (!who) return new Set();
  return new Set([who.id, ...(who.participant?.registrations ?? []).flatMap(({ id }) => id ?? [])]);
}

const named = ({ did, name }: Pick<TrustEntry, 'did' | 'name'>): string => (name ? `${name} (${did})` : did);

/** Why evidence that is held does not do. */
export function shortfall(
  { issuer, type, validFrom, validUntil, unchecked }: EvidenceItem,
  own: boolean,
  { trust, now }: Pick<Facts, 'trust' | 'now'>,
): string {
  if (own) return '; one is held that is signed by the provider itself, and nobody vouches for themselves';
  const entry = trust.find(({ did, role }) => did === issuer && mayVouch(role, type));
  const by = named({ did: issuer, ...(entry?.name ? { name: entry.name } : {}) });
  if (!entry) return `; one is held by ${by}, who is not on that list`;
  if (now.getTime() + CLOCK_SKEW_MS < Date.parse(validFrom))
    return `; the one by ${by} begins on ${validFrom.slice(0, 10)}`;
  if (now.getTime() >= Date.parse(validUntil)) return `; the one by ${by} ended on ${validUntil.slice(0, 10)}`;
  if (unchecked) return `; whether the one by ${by} was taken back cannot be learned now`;
  return `; one is held by ${by}, whose mandate on that list does not cover it today`;
}
