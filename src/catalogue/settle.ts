import { countryName } from '../compliance/countries.ts';
import type { Decision, EvidenceItem } from '../compliance/decision.ts';
import type { Description } from '../compliance/description.ts';
import { evaluate } from '../compliance/evaluate.ts';
import { caution } from '../compliance/exposure.ts';
import type { Scheme } from '../compliance/scheme.ts';
import type { Policy } from '../policy.ts';
import { askedOf, type Chain, chainOf, reachOf } from './chain.ts';
import type { Tx } from './database.ts';
import { certificationsOf } from './evidence.ts';
import { facetsOf } from './facets.ts';
import { fold } from './fold.ts';
import { noteEnd } from './label-history.ts';
import { dropDecisions, dropLabels, giveLabel } from './labels.ts';
import type { ListingState, ListingSummary } from './listing.ts';
import type { LogEntry } from './log-entry.ts';
import type { Row } from './schema.ts';
import type { SummaryWithoutLabels } from './search.ts';
import { endedBy } from './status.ts';

/** What settling needs from outside. `append` writes this node's own log within the same transaction. */
export interface SettleDeps {
  did: string;
  /** Base URL of this node: its status lists are served under it. */
  url: string;
  /** Id of the key that signs labels, and of those former ones that are believed no more. */
  key: { id: string; revoked: string[] };
  clock: () => Date;
  policy: () => Policy;
  schemes: () => readonly Scheme[];
  /** Signs a label document as vc+jwt. */
  sign: (document: object) => Promise<string>;
  append: (tx: Tx, entries: LogEntry[]) => Promise<{ origin: string; index: number }[]>;
}

/**
 * Brings the query side of one listing in line with what is held about it: which version is current, its summary,
 * facets, text and labels. It derives everything from stored credentials and the time, so it may run at any moment,
 * any number of times, in any order, and two nodes that hold the same credentials settle alike.
 */
export async function settle(tx: Tx, key: string, deps: SettleDeps): Promise<Decision[]> {
  const versions = await tx.selectFrom('version').selectAll().where('key', '=', key).execute();
  if (versions.length === 0) return [];
  const now = deps.clock();
  const withdrawn = await tx
    .selectFrom('withdrawal')
    .select('valid_from')
    .where('key', '=', key)
    .orderBy('valid_from', 'desc')
    .executeTakeFirst();
  const status = await tx
    .selectFrom('status_entry')
    .innerJoin('version', 'version.digest', 'status_entry.digest')
    .select(['status_entry.digest', 'status_entry.state', 'status_entry.since'])
    .where('version.key', '=', key)
    .execute();
  const stateOf = ({ digest, valid_until }: Row<'version'>): ListingState => {
    const entries = status.filter((entry) => entry.digest === digest);
    const ended = endedBy(entries, deps.policy().status, now);
    return ended !== 'revoked' && valid_until <= now.toISOString() ? 'expired' : (ended ?? 'current');
  };
  const states = statesOf(versions, withdrawn?.valid_from, stateOf);
  for (const version of versions) {
    const state = states.get(version.digest)!;
    if (version.state !== state)
      await tx.updateTable('version').set({ state }).where('digest', '=', version.digest).execute();
  }
  const newest = versions.toSorted(newestFirst)[0]!;
  const shown = versions.find((version) => states.get(version.digest) === 'current') ?? newest;
  await dropLabels(
    tx,
    versions.filter((version) => states.get(version.digest) !== 'current').map((version) => version.digest),
    'version-ended',
    deps,
  );
  return show(tx, shown, states.get(shown.digest)!, deps);
}

/** Latest by validity, then by time of issue, then by digest: no order of arrival can change it. */
export function newestFirst(one: Row<'version'>, other: Row<'version'>): number {
  for (const name of ['valid_from', 'issued_at', 'digest'] as const) {
    if (one[name] !== other[name]) return one[name] > other[name] ? -1 : 1;
  }
  return 0;
}

function statesOf(
  versions: Row<'version'>[],
  withdrawnUpTo: string | undefined,
  stateOf: (newest: Row<'version'>) => ListingState,
): Map<string, ListingState> {
  const states = new Map<string, ListingState>();
  let current = false;
  for (const version of versions.toSorted(newestFirst)) {
    if (withdrawnUpTo !== undefined && version.valid_from <= withdrawnUpTo) states.set(version.digest, 'withdrawn');
    else if (current) states.set(version.digest, 'superseded');
    else {
      // A newest version that is over ends the listing: an older one that still runs must not come back to life.
      states.set(version.digest, stateOf(version));
      current = true;
    }
  }
  return states;
}

async function show(tx: Tx, version: Row<'version'>, state: ListingState, deps: SettleDeps): Promise<Decision[]> {
  const now = deps.clock();
  const context = await chainOf(tx, version, deps.policy(), now);
  const { description } = context;
  const reach = await reachOf(tx, context);
  const live = state === 'current';
  const asked = askedOf(version, context, deps.policy(), now);
  const judged = (live ? deps.schemes() : []).map((scheme) => ({
    scheme,
    decision: evaluate({ scheme, ...asked }),
  }));
  const summary: SummaryWithoutLabels = {
    key: version.key,
    id: version.subject,
    kind: description.kind,
    type: description.type,
    name: description.name,
    description: description.description ?? '',
    provider: providerOf(version, context),
    countries: [
      ...new Set(description.locations.filter((one) => one.purpose !== 'support').map((one) => one.country)),
    ].sort(),
    exposure: reach,
    validFrom: version.valid_from,
    validUntil: version.valid_until,
    state,
    digest: version.digest,
    verifiedAt: version.verified_at,
    certifications: certificationsOf(
      context,
      judged.map(({ decision }) => decision),
    ),
    ...cautionOf(description, reach),
  };
  const row = {
    digest: version.digest,
    subject: version.subject,
    issuer: version.issuer,
    provider: summary.provider.did,
    kind: summary.kind,
    type: summary.type,
    name: summary.name,
    name_folded: fold(summary.name),
    valid_from: version.valid_from,
    valid_until: version.valid_until,
    state,
    summary: JSON.stringify(summary),
  };
  const before = await tx
    .selectFrom('listing')
    .select(['id', 'digest', 'summary'])
    .where('key', '=', version.key)
    .executeTakeFirst();
  const changed = before?.digest !== row.digest || before.summary !== row.summary;
  const id =
    before?.id ??
    (
      await tx
        .insertInto('listing')
        .values({ key: version.key, ...row, updated_at: now.toISOString() })
        .returning('id')
        .executeTakeFirstOrThrow()
    ).id;
  if (before && changed)
    await tx
      .updateTable('listing')
      .set({ ...row, updated_at: now.toISOString() })
      .where('id', '=', id)
      .execute();
  const facets = live ? facetsOf(description, summary) : [];
  await writeQuerySide(tx, id, version.key, {
    facets,
    text: live ? textOf(description, summary, context.evidence) : undefined,
    depends: [...context.depends],
  });
  if (!live) {
    await noteEnd(tx, version.key, state, now);
    await tx.deleteFrom('decision').where('key', '=', version.key).execute();
    return [];
  }
  const stored = await tx.selectFrom('decision').select('scheme').where('key', '=', version.key).execute();
  const decisions: Decision[] = [];
  for (const { scheme, decision } of judged) {
    // Of most schemes nothing is said: such a decision is neither stored nor shown.
    if (decision.silent && !stored.some((one) => one.scheme === scheme.id)) continue;
    await giveLabel(tx, version, decision, scheme, deps);
    if (!decision.silent) decisions.push(decision);
  }
  const gone = stored.filter((one) => !judged.some(({ scheme }) => scheme.id === one.scheme));
  await dropDecisions(
    tx,
    version.key,
    gone.map(({ scheme }) => scheme),
    deps,
  );
  return decisions;
}

function providerOf(version: Row<'version'>, { description, provider }: Chain): ListingSummary['provider'] {
  const who = description.kind === 'participant' ? description : provider?.description;
  const country = who?.participant?.headquarters ?? who?.participant?.legalAddress;
  return {
    did: version.issuer,
    name: who?.name ?? description.provider?.name ?? version.issuer,
    ...(country ? { country } : {}),
  };
}

function cautionOf(description: Description, reach: ListingSummary['exposure']): { caution?: string } {
  const sentence = caution(description, reach);
  return sentence ? { caution: sentence } : {};
}

/** The words a listing is found by: what it says, who offers it, what it is, where it is, how it is certified. */
function textOf(description: Description, summary: SummaryWithoutLabels, evidence: EvidenceItem[]) {
  const words = [
    description.description ?? '',
    ...description.keywords,
    summary.provider.name,
    // `gx:VirtualMachineServiceOffering` is found as "virtual machine".
    description.type.replace(/^\w+:/, '').replace(/([a-z])([A-Z])/g, '$1 $2'),
    ...summary.countries.map(countryName),
    ...(description.openness?.interfaces ?? []),
    ...description.protocols,
    ...(description.environment?.energySources ?? []),
    ...evidence.flatMap(({ facts }) => (facts.scheme ? [facts.scheme] : [])),
    description.ai?.model ?? '',
    ...(description.ai?.accelerators ?? []).map(({ type }) => type),
  ];
  return { name: fold(description.name), body: fold(words.join(' ')) };
}

async function writeQuerySide(
  tx: Tx,
  id: number,
  key: string,
  {
    facets,
    text,
    depends,
  }: { facets: { name: string; value: string }[]; text: { name: string; body: string } | undefined; depends: string[] },
): Promise<void> {
  await tx.deleteFrom('facet').where('listing_id', '=', id).execute();
  if (facets.length > 0)
    await tx
      .insertInto('facet')
      .values(facets.map((facet) => ({ listing_id: id, ...facet })))
      .execute();
  await tx.deleteFrom('fts').where('rowid', '=', id).execute();
  if (text)
    await tx
      .insertInto('fts')
      .values({ rowid: id, ...text })
      .execute();
  await tx.deleteFrom('depends').where('key', '=', key).execute();
  await tx
    .insertInto('depends')
    .values(depends.map((on_id) => ({ key, on_id })))
    .execute();
}

/** So many are settled at once with what caused it; the rest follows within seconds. */
const MAX_INLINE = 50;

/**
 * Settles what rests on one of the subject ids, beside the listings settled already: at once where `inline` says so,
 * else soon and each on its own (`settleDue`), so that nobody's publishing can be slowed or undone by what others hang
 * on it.
 **/
export async function settleDependents(
  tx: Tx,
  ids: string[],
  settled: Set<string>,
  inline: (issuer: string) => boolean,
  deps: SettleDeps,
): Promise<void> {
  if (ids.length === 0) return;
  const rows = await tx
    .selectFrom('depends')
    .innerJoin('listing', 'listing.key', 'depends.key')
    .select(['depends.key', 'listing.issuer'])
    .distinct()
    .where('on_id', 'in', ids)
    .orderBy('depends.key')
    .execute();
  for (const { key, issuer } of rows) {
    if (settled.has(key)) continue;
    settled.add(key);
    if (inline(issuer) && settled.size <= MAX_INLINE) await settle(tx, key, deps);
    else await settleSoon(tx, [key]);
  }
}

/** Has listings settled within seconds, each on its own. */
export async function settleSoon(tx: Tx, keys: string[]): Promise<void> {
  for (const key of keys)
    await tx
      .insertInto('due')
      .values({ key })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
}
