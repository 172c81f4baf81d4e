import type { Reader } from '../catalogue/database.ts';
import { accepted, refused, type Verdict } from '../errors.ts';
import { type ForkEvidence, readFork } from './forks.ts';
import { servedSize, signedSize } from './log-store.ts';

/**
 * The heads feed: the newest checkpoint of every log a node holds, as a delta. A quiet node answers 304 to everybody
 * who is up to date; forks pass along with the heads, so evidence reaches whoever follows anybody.
 */
export interface Heads {
  /** The cursor for the next request. */
  version: number;
  heads: string[];
  forks: ForkEvidence[];
  /** There is more behind `version` than one answer takes. */
  more?: true;
}

const PAGE = 500;

/**
 * What has changed behind the cursor `since`; undefined when nothing has. A cursor from the future was given out by a
 * database that is no more: everything is told again.
 */
export async function readHeads(reader: Reader, since: number): Promise<Heads | undefined> {
  const newest = await reader
    .selectFrom('log')
    .select(({ fn }) => fn.max('version').as('version'))
    .executeTakeFirst();
  const current = Number(newest?.version ?? 0);
  if (since === current) return undefined;
  const rows = await reader
    .selectFrom('log')
    .selectAll()
    .where('version', '>', since > current ? 0 : since)
    .orderBy('version')
    .limit(PAGE + 1)
    .execute();
  const page = rows.slice(0, PAGE);
  const forked = await Promise.all(
    page.filter(({ state }) => state === 'forked').map(({ origin }) => readFork(reader, origin)),
  );
  return {
    version: page.at(-1)?.version ?? current,
    heads: page
      .filter(
        (row) =>
          row.state !== 'forked' &&
          row.state !== 'unverified' &&
          row.note !== '' &&
          servedSize(row) === signedSize(row),
      )
      .map(({ note }) => note),
    forks: forked.filter((evidence): evidence is ForkEvidence => evidence !== undefined && !evidence.formerKey),
    ...(rows.length > PAGE ? { more: true } : {}),
  };
}

/** Reads an answer of the heads feed. Evidence stays as it came: it is checked one by one. */
export function parseHeads(bytes: Uint8Array): Verdict<Omit<Heads, 'forks'> & { forks: unknown[] }> {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return refused('malformed', 'The heads are not JSON');
  }
  const { version, heads, forks = [], more } = value ?? {};
  const complete =
    Number.isSafeInteger(version) &&
    (version as number) >= 0 &&
    Array.isArray(heads) &&
    heads.every((note) => typeof note === 'string') &&
    Array.isArray(forks);
  if (!complete) return refused('malformed', 'The heads are not of the form {version, heads, forks}');
  return accepted({ version: version as number, heads, forks, ...(more === true ? { more } : {}) });
}
