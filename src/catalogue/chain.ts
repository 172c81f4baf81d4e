import { withOwners, withResources } from '../compliance/describe.ts';
import type { Description } from '../compliance/description.ts';
import type { EvaluationInput } from '../compliance/evaluate.ts';
import { type Exposure, exposure } from '../compliance/exposure.ts';
import { isUnowned } from '../credentials/control.ts';
import type { Policy } from '../policy.ts';
import type { Reader } from './database.ts';
import { evidenceFor } from './evidence.ts';
import { labelsNaming } from './named.ts';
import type { Row } from './schema.ts';

type VersionRow = Row<'version'>;

/** How far up a chain of owners, and down a chain of services, is looked; and how many of each at most. */
const MAX_LEVELS = 6;
const MAX_OWNERS = 32;
const MAX_DEPTH = 4;
const MAX_SERVICES = 64;

/** Everything beside its own credential that a listing is judged by, as it is held here now. */
export type Chain = Awaited<ReturnType<typeof chainOf>>;

/** Reads the chain of a listing version. `depends` collects every subject id that a change of would matter. */
export async function chainOf(db: Reader, version: VersionRow, policy: Policy, now: Date) {
  const said = JSON.parse(version.description) as Description;
  const depends = new Set([...(JSON.parse(version.refs) as string[]), version.subject, version.issuer]);
  const resourceIds = said.resources.flatMap((one) => (one.id ? [one.id] : []));
  const resources = await describedBy(db, resourceIds, version.issuer);
  const description = withResources(
    said,
    resources.map((one) => one.description),
  );
  const { provider, parents } = await companyOf(db, description, version.issuer, depends);
  const own = description.kind === 'participant' ? description : provider?.description;
  const registrations = (own?.participant?.registrations ?? []).flatMap((one) => (one.id ? [one.id] : []));
  for (const id of [...resourceIds, ...registrations]) depends.add(id);
  const providerId = provider?.description.id;
  const subjects = [version.subject, version.issuer, ...(providerId ? [providerId] : [])];
  const attesters = [...(description.attesters ?? []), ...(provider?.description.attesters ?? [])];
  const names = JSON.parse(version.names) as string[];
  const labels = await labelsNaming(db, names);
  // A label that comes is found by what it names, one that ends or comes back by its own id.
  for (const id of [...names, ...labels.map(({ about }) => about)]) depends.add(id);
  const scope = { version, subjects, registrations, labels, owner: version.issuer, attesters };
  return {
    issuer: version.issuer,
    description,
    resources,
    provider,
    parents,
    depends,
    ...(await evidenceFor(db, scope, policy, now)),
  };
}

/** A self-description of somebody or something else that a listing rests on. */
interface Held {
  description: Description;
  digest: string;
  validUntil: string;
}

const heldOf = ({ description, digest, valid_until: validUntil }: VersionRow): Held => ({
  description: JSON.parse(description) as Description,
  digest,
  validUntil,
});
const sourceOf = ({ digest, validUntil }: Held) => ({ digest, validUntil });

/** What schemes are asked about a version that rests on such a chain. */
export const askedOf = (
  { digest, issuer, valid_until: validUntil }: VersionRow,
  { description, provider, parents, resources, evidence }: Chain,
  { trust }: Policy,
  now: Date,
): Omit<EvaluationInput, 'scheme'> => ({
  description,
  credential: { digest, issuer, validUntil },
  ...(provider
    ? {
        provider: {
          ...provider,
          description: withOwners(
            provider.description,
            parents.map((one) => one.description),
          ),
        },
      }
    : {}),
  sources: { resources: resources.map(sourceOf), owners: parents.map(sourceOf) },
  evidence,
  trust,
  now,
});

/** The provider that an offering names, where its own issuer signed for it, and the owners above it. */
async function companyOf(db: Reader, description: Description, issuer: string, depends: Set<string>) {
  const providerId = description.kind === 'participant' ? undefined : (description.provider?.id ?? issuer);
  if (providerId) depends.add(providerId);
  const held = providerId ? await participant(db, providerId, issuer) : undefined;
  const provider = held && { ...heldOf(held), issuer: held.issuer };
  const parents: Held[] = [];
  let above = (provider?.description ?? description).participant?.parents ?? [];
  const asked = new Set<string>();
  for (let level = 0; level < MAX_LEVELS && above.length > 0; level++) {
    const next: typeof above = [];
    for (const parent of above) {
      if (!parent.id || asked.has(parent.id)) continue;
      // Owners beyond the cap stay unread, so that the country of one that is named stays open.
      if (asked.size >= MAX_OWNERS) return { provider, parents };
      asked.add(parent.id);
      depends.add(parent.id);
      const row = await participant(db, parent.id, isUnowned(parent.id) ? issuer : undefined);
      if (!row) continue;
      const found = heldOf(row);
      parents.push(found);
      next.push(...(found.description.participant?.parents ?? []));
    }
    above = next;
  }
  return { provider, parents };
}

/**
 * Whose law reaches an offer, over its own chain and over the services it rests on. Each service adds what its own
 * company brings, never what was concluded about it, so that services which rest on each other come to the same
 * result in any order. A service that is not held here leaves the answer open.
 */
export async function reachOf(
  db: Reader,
  { description, provider, parents, depends, issuer }: Chain,
): Promise<Exposure> {
  const reach = exposureOf(description, { provider, parents });
  const seen = new Set([description.id]);
  let level = servicesOf(description);
  for (let depth = 0; level.length > 0; depth++) {
    const next: string[] = [];
    for (const id of level) {
      if (seen.has(id)) continue;
      if (depth >= MAX_DEPTH || seen.size > MAX_SERVICES) return { ...reach, known: false };
      seen.add(id);
      depends.add(id);
      const service = await offering(db, id, isUnowned(id) ? issuer : undefined);
      if (!service) {
        reach.known = false;
        continue;
      }
      const said = JSON.parse(service.description) as Description;
      const company = await companyOf(db, said, service.issuer, depends);
      const brought = exposureOf(said, company);
      reach.known &&= brought.known;
      for (const country of new Set(brought.outside.map((link) => link.country)))
        reach.outside.push({ country, by: `the service ${said.name} it rests on` });
      next.push(...servicesOf(said));
    }
    level = next;
  }
  return { ...reach, outside: reach.outside.toSorted(byCountry) };
}

const servicesOf = ({ dependencies }: Description): string[] =>
  dependencies.flatMap(({ kind, id }) => (kind === 'service' && id ? [id] : [])).sort();

const byCountry = (one: Exposure['outside'][number], other: Exposure['outside'][number]): number =>
  `${one.country} ${one.by}` < `${other.country} ${other.by}` ? -1 : 1;

const exposureOf = (own: Description, { provider, parents }: Pick<Chain, 'provider' | 'parents'>): Exposure =>
  exposure(
    own,
    provider?.description,
    parents.map((one) => one.description),
  );

/** Descriptions of resources that have a credential of their own, in a stable order. */
async function describedBy(db: Reader, ids: string[], issuer: string): Promise<Held[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('version')
    .selectAll()
    .where('subject', 'in', ids)
    .where('state', '=', 'current')
    .orderBy('key')
    .execute();
  return rows.filter((row) => speaks(row, issuer)).map(heldOf);
}

/** An id that nobody owns (urn:uuid) means, to an issuer, only what it said of it itself. */
const speaks = (row: { subject: string; issuer: string }, issuer: string): boolean =>
  !isUnowned(row.subject) || row.issuer === issuer;

const currentOf = (db: Reader, id: string) =>
  db.selectFrom('version').selectAll().where('subject', '=', id).where('state', '=', 'current').orderBy('key');

async function offering(db: Reader, id: string, issuer: string | undefined): Promise<VersionRow | undefined> {
  const rows = await currentOf(db, id).execute();
  return rows.find((row) => !issuer || row.issuer === issuer);
}

/** The current self-description of a participant, where `issuer` is given only one that it signed. */
async function participant(db: Reader, id: string, issuer: string | undefined): Promise<VersionRow | undefined> {
  const rows = await currentOf(db, id).execute();
  return rows.find(
    (row) => (!issuer || row.issuer === issuer) && (JSON.parse(row.description) as Description).kind === 'participant',
  );
}
