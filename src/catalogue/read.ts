import { answers, type CertificateSaid } from '../compliance/answers.ts';
import { weaker } from '../compliance/basis.ts';
import { BASES, type Decision } from '../compliance/decision.ts';
import type { Description } from '../compliance/description.ts';
import { schemeName } from '../compliance/evidence-words.ts';
import type { Scheme } from '../compliance/scheme.ts';
import type { Policy } from '../policy.ts';
import { chainOf } from './chain.ts';
import type { Database, Reader } from './database.ts';
import type { ListingCertifier, ListingDetail, ListingLabel, ListingState, ListingSummary } from './listing.ts';
import type { CatalogueReader, ProviderDetail } from './reader.ts';
import type { Row } from './schema.ts';
import { type LabelView, type SummaryWithoutLabels, search } from './search.ts';
import type { SearchQuery, SearchResult } from './search-query.ts';
import { endedKeys, statusOf } from './status.ts';

export interface ReaderDeps {
  database: Database;
  clock: () => Date;
  policy: () => Policy;
  did: string;
  schemes: () => readonly Scheme[];
  /** The catalogues whose listings this node carries, for the line that says how complete an answer is. */
  catalogues: () => Promise<SearchResult['completeness']['catalogues']>;
}

const PROVIDER_ITEMS = 100;
/** Of a listing in a list: the best ones. Its own page has all. */
const CERTIFICATIONS = 20;

/** The reading side of the catalogue. Policy applies here, at the moment of the question. */
export function createReader(deps: ReaderDeps): CatalogueReader {
  const db = deps.database.read;
  const view = (): LabelView => ({
    own: deps.did,
    issuers: [{ did: deps.did }, ...deps.policy().authorities],
    schemes: deps.schemes().map(({ id, levels }) => ({ id, levels: levels.map((level) => level.id) })),
  });

  const complete = async (rows: { key: string; summary: string }[]): Promise<ListingSummary[]> => {
    const summaries = rows.map((row) => JSON.parse(row.summary) as SummaryWithoutLabels);
    const labels = await labelsAbout(
      db,
      summaries.map((one) => one.digest),
      deps,
      view(),
    );
    return summaries.map((summary) => ({
      ...summary,
      certifications: summary.certifications.slice(0, CERTIFICATIONS),
      labels: labels.get(summary.digest) ?? [],
    }));
  };

  const find = async (query: SearchQuery): Promise<SearchResult> => {
    const { rows, ...result } = await search(db, query, view(), deps.clock());
    const newest = await db
      .selectFrom('listing')
      .select('updated_at')
      .orderBy('updated_at', 'desc')
      .limit(1)
      .executeTakeFirst();
    return {
      items: await complete(rows),
      ...result,
      completeness: { catalogues: await deps.catalogues(), newest: newest?.updated_at ?? null },
    };
  };

  const detail = async (key: string): Promise<ListingDetail | undefined> => {
    const listing = await db
      .selectFrom('listing')
      .select(['key', 'summary', 'digest'])
      .where('key', '=', key)
      .executeTakeFirst();
    const version =
      listing && (await db.selectFrom('version').selectAll().where('digest', '=', listing.digest).executeTakeFirst());
    if (!listing || !version) return undefined;
    const now = deps.clock();
    const [summary] = await complete([listing]);
    const context = await chainOf(db, version, deps.policy(), now);
    const facts = await withNames(db, context.description);
    const decisions = await db
      .selectFrom('decision')
      .select('decision')
      .where('key', '=', key)
      .orderBy('scheme')
      .execute();
    const decided = decisions.map((row) => JSON.parse(row.decision) as Decision);
    const object = await db
      .selectFrom('object')
      .select(['media_type', 'size'])
      .where('digest', '=', version.digest)
      .executeTakeFirstOrThrow();
    const providerRow = context.provider
      ? await db
          .selectFrom('listing')
          .select(['key', 'summary'])
          .where('digest', '=', context.provider.digest)
          .executeTakeFirst()
      : undefined;
    const status = await statusOf(db, version.digest);
    const signer = await db
      .selectFrom('signer')
      .select('read_at')
      .where('did', '=', version.key_id.split('#')[0]!)
      .executeTakeFirst();
    return {
      ...summary!,
      certifications: (JSON.parse(listing.summary) as SummaryWithoutLabels).certifications,
      facts,
      answers: answers(facts, {
        certificates: certificatesSaid(summary!, decided, deps, now),
        exposure: summary!.exposure,
        verifiedAt: version.verified_at,
        validUntil: version.valid_until,
      }),
      decisions: decided,
      evidence: context.evidence,
      ...(status ? { status } : {}),
      credential: {
        format: version.format,
        mediaType: object.media_type,
        keyId: version.key_id,
        ...(signer ? { keyReadAt: signer.read_at } : {}),
        issuedAt: version.issued_at,
        size: object.size,
        ...(version.anchored ? { anchored: JSON.parse(version.anchored) as ListingCertifier } : {}),
      },
      carriedBy: await carriers(db, version.digest),
      versions: await history(db, key),
      ...(providerRow ? { providerListing: (await complete([providerRow]))[0]! } : {}),
    };
  };

  const provider = async (given: string): Promise<ProviderDetail | undefined> => {
    // Routers decode a path, and a did:web with a port holds an encoded colon: both spellings name the provider.
    const spellings = [given, given.replace(/^(did:web:[^:]+):(\d+)(?=:|$)/, '$1%3A$2')];
    const did =
      (await db.selectFrom('listing').select('issuer').where('issuer', 'in', spellings).limit(1).executeTakeFirst())
        ?.issuer ?? given;
    const current = db.selectFrom('listing').where('issuer', '=', did).where('state', '=', 'current');
    const own = await current
      .select(['key', 'summary'])
      .where('kind', '=', 'participant')
      .orderBy('key')
      .executeTakeFirst();
    const offers = current.where('kind', '!=', 'participant');
    const rows = await offers
      .select(['key', 'summary'])
      .orderBy('name_folded')
      .orderBy('key')
      .limit(PROVIDER_ITEMS)
      .execute();
    const shown = own ?? rows[0];
    if (!shown) return undefined;
    const { count } = await offers
      .select((select) => select.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    const { provider: who } = JSON.parse(shown.summary) as SummaryWithoutLabels;
    const participant = own && (await detail(own.key));
    return {
      ...who,
      did,
      listings: Number(count),
      ...(participant ? { participant } : {}),
      items: await complete(rows),
    };
  };

  return {
    search: find,
    listing: detail,
    provider,
    providers: async () => {
      const rows = await db
        .selectFrom('listing')
        .select(['issuer', 'kind', 'summary'])
        .where('state', '=', 'current')
        .execute();
      const found = new Map<string, { did: string; name: string; country?: string; listings: number }>();
      for (const row of rows) {
        const { provider: who } = JSON.parse(row.summary) as SummaryWithoutLabels;
        const one = found.get(row.issuer) ?? { ...who, did: row.issuer, listings: 0 };
        found.set(row.issuer, { ...one, listings: one.listings + (row.kind === 'participant' ? 0 : 1) });
      }
      return [...found.values()].sort(
        (one, other) => one.name.localeCompare(other.name, 'en') || one.did.localeCompare(other.did),
      );
    },
    object: async (digest) => {
      const row = await db
        .selectFrom('object')
        .select(['bytes', 'media_type', 'kind'])
        .where('digest', '=', digest)
        .executeTakeFirst();
      return row && { bytes: row.bytes, mediaType: row.media_type, kind: row.kind };
    },
  };
}

/** Labels that count here, by the version they are about: this node's own first. */
async function labelsAbout(
  db: Reader,
  digests: string[],
  deps: ReaderDeps,
  view: LabelView,
): Promise<Map<string, ListingLabel[]>> {
  const byVersion = new Map<string, ListingLabel[]>();
  if (digests.length === 0) return byVersion;
  const rows = await db
    .selectFrom('label')
    .selectAll()
    .where('about', 'in', digests)
    .where('state', '=', 'current')
    .orderBy('issuer')
    .orderBy('scheme')
    .execute();
  const now = deps.clock().toISOString();
  for (const row of rows) {
    const own = row.issuer === deps.did;
    const rule = view.issuers.find((one) => one.did === row.issuer);
    // A stranger's label says what that node found; here it is its claim until the operator accepts the authority, and
    // attested then, unless that node itself only took it from the provider.
    const accepted = rule && (!rule.labels || rule.labels.includes(`${row.scheme}:${row.level}`));
    const found = BASES.find((one) => one === row.basis) ?? 'unknown';
    const basis: ListingLabel['basis'] =
      row.valid_until <= now ? 'lapsed' : own ? found : weaker(found, accepted ? 'attested' : 'claimed');
    const label = {
      scheme: row.scheme,
      level: row.level,
      by: row.issuer,
      own,
      basis,
      since: row.at,
      validUntil: row.valid_until,
      digest: row.digest,
    };
    byVersion.set(row.about, [...(byVersion.get(row.about) ?? []), label]);
  }
  for (const labels of byVersion.values()) labels.sort((one, other) => Number(other.own) - Number(one.own));
  return byVersion;
}

/** The certificates of a listing in words, each as sure as its scheme finds it now. */
function certificatesSaid(
  { state, certifications }: ListingSummary,
  decisions: Decision[],
  { schemes, policy }: ReaderDeps,
  now: Date,
): CertificateSaid[] {
  const held = decisions.flatMap(({ scheme, held = [] }) => held.map((one) => ({ ...one, scheme })));
  return certifications.map(({ scheme: id, level, issuer, digest, basis, validUntil }) => {
    const found = held.find((one) => one.digest === digest);
    const scheme = schemes().find((one) => one.id === (found?.scheme ?? id));
    const named = scheme?.levels.find((one) => one.id === found?.level)?.name ?? level;
    // The name of an only level says nothing beside that of its scheme.
    const words = [
      schemeName(scheme?.id ?? id, schemes()),
      scheme?.levels.length === 1 ? undefined : named,
      found?.edition,
    ];
    const isOver = state !== 'current' || Date.parse(validUntil) <= now.getTime();
    return {
      // Of a scheme that this node decides itself a certificate vouches for criteria, and for no level.
      what: scheme && scheme.kind !== 'certificates' ? `criteria of ${scheme.name}` : words.filter(Boolean).join(' '),
      by: policy().trust.find(({ did, name }) => did === issuer && name)?.name ?? issuer,
      basis: isOver ? 'lapsed' : basis,
    };
  });
}

async function carriers(db: Reader, digest: string): Promise<ListingDetail['carriedBy']> {
  const rows = await db
    .selectFrom('entry')
    .select(['origin', 'idx', 'at'])
    .where('digest', '=', digest)
    .where('op', '=', 'put')
    .orderBy('at')
    .execute();
  return rows.map((row) => ({ origin: row.origin, index: row.idx, at: row.at }));
}

/** What an offer rests on, called by name where a listing of it is held here. */
async function withNames(db: Reader, description: Description): Promise<Description> {
  const ids = description.dependencies.flatMap(({ id, name }) => (id && !name ? [id] : []));
  if (ids.length === 0) return description;
  const rows = await db.selectFrom('listing').select(['subject', 'name']).where('subject', 'in', ids).execute();
  const names = new Map(rows.map((row) => [row.subject, row.name]));
  const dependencies = description.dependencies.map((one) => {
    const name = one.name ?? names.get(one.id ?? '');
    return name ? { ...one, name } : one;
  });
  return { ...description, dependencies };
}

/** What happened to a listing, newest first, each in a sentence. */
async function history(db: Reader, key: string): Promise<ListingDetail['versions']> {
  const versions = await db
    .selectFrom('version')
    .selectAll()
    .where('key', '=', key)
    .orderBy('valid_from', 'desc')
    .orderBy('issued_at', 'desc')
    .execute();
  const endings = await db
    .selectFrom('withdrawal')
    .innerJoin('object', 'object.digest', 'withdrawal.digest')
    .select(['withdrawal.digest', 'valid_from', 'until', 'reason', 'first_seen'])
    .where('key', '=', key)
    .orderBy('valid_from', 'desc')
    .execute();
  const withdrawn = endings.map((one) => ({
    digest: one.digest,
    validFrom: one.valid_from,
    validUntil: one.until,
    state: 'withdrawn' as const,
    at: one.first_seen,
    sentence: `Withdrawn by the provider${one.reason ? `: "${one.reason}"` : ''}.`,
  }));
  const keys = await endedKeys(
    db,
    versions.map(({ digest }) => digest),
  );
  const told = versions.map((version, at) => {
    const before = versions[at + 1];
    return {
      digest: version.digest,
      validFrom: version.valid_from,
      validUntil: version.valid_until,
      state: version.state as ListingState,
      at: version.at,
      sentence: sentenceOf(version, before, keys.get(version.digest)),
    };
  });
  return [...withdrawn, ...told].sort((one, other) => (one.validFrom < other.validFrom ? 1 : -1));
}

function sentenceOf(version: Row<'version'>, before: Row<'version'> | undefined, endedKey: string | undefined): string {
  const ending =
    {
      current: '',
      superseded: ' A newer version replaced it.',
      withdrawn: ' The provider withdrew it.',
      expired: ' It has expired.',
      revoked: endedKey ? ` It counts no more: ${endedKey}.` : ' Its issuer revoked it.',
      suspended: ' Its issuer suspended it.',
      'status-unknown': ' Whether its issuer revoked it cannot be learned.',
    }[version.state] ?? '';
  if (!before) return `First published.${ending}`;
  const [now, then] = [JSON.parse(version.description) as Description, JSON.parse(before.description) as Description];
  const changed = Object.keys({ ...now, ...then }).filter(
    (name) => JSON.stringify(now[name as keyof Description]) !== JSON.stringify(then[name as keyof Description]),
  );
  return `${changed.length === 0 ? 'Renewed without a change in what it says.' : `Changed: ${changed.join(', ')}.`}${ending}`;
}
