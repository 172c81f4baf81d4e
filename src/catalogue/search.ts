import { createHash } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { BASES } from '../compliance/decision.ts';
import { Problem } from '../errors.ts';
import type { Reader } from './database.ts';
import { fold, matchAll, wordsOf } from './fold.ts';
import type { ListingSummary } from './listing.ts';
import { FACETS, type Facet, type FacetCount, type SearchQuery, type SearchResult } from './search-query.ts';

/** Whose labels count, and the levels of each scheme from lowest to highest. */
export interface LabelView {
  /** This node: the basis of a level is what it found itself, never what another's label says. */
  own: string;
  issuers: { did: string; labels?: string[] }[];
  schemes: { id: string; levels: string[] }[];
}

type Condition = RawBuilder<boolean>;
const PLAIN_FACETS = FACETS.filter((name) => name !== 'label');

/** Answers a search: one page of listings in a stable order, the total, and counts for the facets asked for. */
export async function search(
  db: Reader,
  query: SearchQuery,
  view: LabelView,
  now: Date,
): Promise<Omit<SearchResult, 'completeness' | 'items'> & { rows: { key: string; summary: string }[] }> {
  await refuseUnknownValues(db, query);
  const words = wordsOf(query.q ?? '');
  if (query.q && words.length === 0)
    return { rows: [], total: 0, facets: Object.fromEntries(query.facets.map((name) => [name, []])), next: null };
  const where = (without?: Facet) =>
    sql<boolean>`${sql.join(conditions(query, words, view, now, without), sql` AND `)}`;
  const { total } = (await sql<{ total: number }>`SELECT count(*) AS total FROM listing l WHERE ${where()}`.execute(db))
    .rows[0]!;
  const order = orderOf(query, words);
  const after = query.cursor ? sql` AND ${afterCursor(query, order.columns)}` : sql``;
  const { rows } = await sql<{ key: string; summary: string; [sort: string]: string | number }>`
    SELECT l.key, l.summary, ${sql.join(order.columns.map(({ expression }, at) => sql`${expression} AS ${sql.ref(`s${at}`)}`))}
    FROM listing l WHERE ${where()}${after}
    ORDER BY ${sql.join(order.columns.map(({ expression, descending }) => (descending ? sql`${expression} DESC` : expression)))}
    LIMIT ${query.limit + 1}`.execute(db);
  const page = rows.slice(0, query.limit);
  const last = rows.length > query.limit ? page.at(-1) : undefined;
  const facets: SearchResult['facets'] = {};
  for (const name of query.facets)
    facets[name] =
      name === 'label'
        ? await countLabels(db, where('label'), view, query, now)
        : await countValues(db, where(name), name);
  return {
    rows: page,
    total,
    facets,
    next: last
      ? writeCursor(
          query,
          order.columns.map((_, at) => last[`s${at}`]!),
        )
      : null,
  };
}

/** Filters whose values come from what listings say: a value that no listing ever had is most likely misspelt. */
const FROM_DATA = ['type', 'certification', 'exit', 'openness', 'ai', 'energy'] as const;
const MAX_NAMED = 60;

async function refuseUnknownValues(db: Reader, query: SearchQuery): Promise<void> {
  for (const name of FROM_DATA) {
    if (query[name].length === 0) continue;
    const rows = await db
      .selectFrom('facet')
      .select('value')
      .distinct()
      .where('name', '=', name)
      .orderBy('value')
      .execute();
    const known = rows.map((row) => row.value);
    const strange = query[name].find((value) => !known.includes(value));
    // An empty catalogue knows no values and misleads nobody.
    if (strange === undefined || known.length === 0) continue;
    const list = known.slice(0, MAX_NAMED).join(', ');
    throw new Problem('bad-request', `No listing here has "${strange.slice(0, 80)}" for ${name}. Known: ${list}`, {
      parameter: name,
      known: known.slice(0, MAX_NAMED),
    });
  }
}

function conditions(query: SearchQuery, words: string[], view: LabelView, now: Date, without?: Facet): Condition[] {
  const list: Condition[] = [
    sql`l.state = 'current'`,
    sql`l.valid_until > ${now.toISOString()}`,
    sql`l.kind IN (${sql.join(query.kind)})`,
  ];
  if (words.length > 0) list.push(sql`l.id IN (SELECT rowid FROM fts WHERE fts MATCH ${matchAll(words)})`);
  for (const name of PLAIN_FACETS) {
    const wanted = query[name as Exclude<Facet, 'label'>];
    if (name === without || wanted.length === 0) continue;
    list.push(
      sql`EXISTS (SELECT 1 FROM facet f WHERE f.listing_id = l.id AND f.name = ${name} AND f.value IN (${sql.join(wanted)}))`,
    );
  }
  if (without !== 'label') {
    if (query.basis && query.label.length === 0)
      list.push(sql`EXISTS (SELECT 1 FROM label b WHERE b.about = l.digest AND ${labelCounts(view, query, now)})`);
    for (const label of query.label) {
      const [scheme = '', level = ''] = label.split(/:(.*)/s);
      const rank = (view.schemes.find((one) => one.id === scheme)?.levels.indexOf(level) ?? -1) + 1;
      list.push(
        sql`EXISTS (SELECT 1 FROM label b WHERE b.about = l.digest AND ${labelCounts(view, query, now)} AND b.scheme = ${scheme} AND b.rank >= ${rank || Number.MAX_SAFE_INTEGER})`,
      );
    }
  }
  return list;
}

/**
 * Whether a row `b` of label counts here: by whom it was given, that it stands, and its basis. What another node verified
 * is attested here; what it only took from the provider stays claimed.
 */
function labelCounts(view: LabelView, query: SearchQuery, now: Date): Condition {
  const accepted = view.issuers.map(({ did, labels }) =>
    labels
      ? sql<boolean>`(b.issuer = ${did} AND b.scheme || ':' || b.level IN (${sql.join(labels)}))`
      : sql<boolean>`b.issuer = ${did}`,
  );
  const bases = BASES.slice(BASES.indexOf(query.basis ?? 'claimed'));
  return sql`b.state = 'current' AND b.valid_until > ${now.toISOString()} AND CASE WHEN b.issuer <> ${view.own} AND b.basis = 'verified' THEN 'attested' ELSE b.basis END IN (${sql.join([...bases])}) AND (${sql.join(accepted, sql` OR `)})`;
}

async function countValues(db: Reader, where: Condition, name: Facet): Promise<FacetCount[]> {
  const { rows } =
    await sql<FacetCount>`SELECT f.value AS value, count(*) AS count FROM facet f JOIN listing l ON l.id = f.listing_id
    WHERE f.name = ${name} AND ${where} GROUP BY f.value ORDER BY count(*) DESC, f.value`.execute(db);
  if (name !== 'provider' || rows.length === 0) return rows;
  const names = await sql<{
    issuer: string;
    name: string;
  }>`SELECT issuer, json_extract(summary, '$.provider.name') AS name FROM listing WHERE issuer IN (${sql.join(rows.map((row) => row.value))}) AND state = 'current' GROUP BY issuer`.execute(
    db,
  );
  const byDid = new Map(names.rows.map((row) => [row.issuer, row.name]));
  return rows.map((row) => ({ ...row, label: byDid.get(row.value) ?? row.value }));
}

/** A listing with level n counts for every level up to n. */
async function countLabels(
  db: Reader,
  where: Condition,
  view: LabelView,
  query: SearchQuery,
  now: Date,
): Promise<FacetCount[]> {
  const { rows } = await sql<{
    scheme: string;
    rank: number;
    count: number;
  }>`SELECT scheme, rank, count(*) AS count FROM (
    SELECT b.scheme AS scheme, max(b.rank) AS rank FROM listing l JOIN label b ON b.about = l.digest
    WHERE ${where} AND ${labelCounts(view, query, now)} GROUP BY l.id, b.scheme) GROUP BY scheme, rank`.execute(db);
  return view.schemes.flatMap(({ id, levels }) =>
    levels
      .map((level, at) => ({
        value: `${id}:${level}`,
        count: rows.filter((row) => row.scheme === id && row.rank >= at + 1).reduce((sum, row) => sum + row.count, 0),
      }))
      .filter(({ count }) => count > 0),
  );
}

interface SortColumn {
  expression: RawBuilder<string | number>;
  descending: boolean;
}

/** Every order ends in the key, so that it is total and the same on every node. */
function orderOf(query: SearchQuery, words: string[]): { columns: SortColumn[] } {
  const key = { expression: sql<string>`l.key`, descending: false };
  const recent = { expression: sql<string>`l.valid_from`, descending: true };
  const name = { expression: sql<string>`l.name_folded`, descending: false };
  if (query.sort === 'name') return { columns: [name, key] };
  if (query.sort === 'recent' || words.length === 0) return { columns: [recent, key] };
  const inName = `name : (${matchAll(words)})`;
  const tier = sql<number>`(CASE WHEN l.name_folded = ${fold(query.q!).trim()} THEN 0 WHEN l.id IN (SELECT rowid FROM fts WHERE fts MATCH ${inName}) THEN 1 ELSE 2 END)`;
  return { columns: [{ expression: tier, descending: false }, recent, key] };
}

/** What a cursor belongs to: the same question, whatever the page. */
function fingerprint(query: SearchQuery): string {
  const { cursor: _cursor, limit: _limit, facets: _facets, ...question } = query;
  return createHash('sha256').update(JSON.stringify(question)).digest('base64url').slice(0, 16);
}

const writeCursor = (query: SearchQuery, sortValues: (string | number)[]): string =>
  Buffer.from(JSON.stringify([fingerprint(query), ...sortValues])).toString('base64url');

function afterCursor(query: SearchQuery, columns: SortColumn[]): Condition {
  const bad = () =>
    new Problem('bad-request', 'The cursor is not one that this search gave; start again without it', {
      parameter: 'cursor',
    });
  let values: unknown;
  try {
    values = JSON.parse(Buffer.from(query.cursor!, 'base64url').toString());
  } catch {
    throw bad();
  }
  if (!Array.isArray(values) || values.length !== columns.length + 1 || values[0] !== fingerprint(query)) throw bad();
  const marks = values.slice(1) as (string | number)[];
  if (!marks.every((mark) => typeof mark === 'string' || typeof mark === 'number')) throw bad();
  const alternatives = columns.map(
    (_, upTo) =>
      sql<boolean>`(${sql.join(
        columns
          .slice(0, upTo + 1)
          .map(({ expression, descending }, at) =>
            at < upTo
              ? sql`${expression} = ${marks[at]}`
              : descending
                ? sql`${expression} < ${marks[at]}`
                : sql`${expression} > ${marks[at]}`,
          ),
        sql` AND `,
      )})`,
  );
  return sql`(${sql.join(alternatives, sql` OR `)})`;
}

/** A listing as its row holds it: labels join when a question is asked, because whose count is policy. */
export type SummaryWithoutLabels = Omit<ListingSummary, 'labels'>;
