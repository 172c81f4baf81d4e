import type { Vocabulary } from '../compliance/vocabulary.ts';
import { type Check, Checks } from '../credentials/check.ts';
import { controls, permits } from '../credentials/control.ts';
import type { Contexts } from '../credentials/jsonld/contexts.ts';
import { parse } from '../credentials/parse.ts';
import { admission, type Policy } from '../policy.ts';
import type { Reader } from './database.ts';
import type { Conditions } from './outcomes.ts';
import { checkAdded } from './shape-added.ts';

/** Something that is held, as far as taking it again asks. */
export interface Held {
  kind: 'listing' | 'evidence';
  digest: string;
  subject: string;
  issuer: string;
  /** Of listings: whether certificates of its key led to a trust anchor. */
  anchored?: boolean;
}

interface Given {
  db: Reader;
  did: string;
  before: Conditions;
  after: Conditions;
  vocabulary: Vocabulary;
  contexts: Contexts;
}

/**
 * The checks that something held would fail if it came in again as it is, and does not fail under the conditions in
 * force. What is held stands all the same; this is what its next version has to pass.
 *
 * @returns also the names of the new sets of which a shape applies to it
 */
export async function renewals(given: Given, held: Held): Promise<{ why: Check[]; applied: string[] }> {
  const checks = new Checks();
  await admitted(given, held, checks);
  await small(given, held, checks);
  chained(given, held, checks);
  const { fails, applied } = await shaped(given, held, given.after.shapes);
  if (fails.length > 0 && (await shaped(given, held, given.before.shapes)).fails.length === 0)
    checks.take({ checks: fails });
  return { why: checks.list.filter(({ result }) => result === 'fail'), applied };
}

/** Whom the list of publishers keeps out matters only to what was published here: peers carry what they like. */
async function admitted({ db, before, after }: Given, held: Held, checks: Checks): Promise<void> {
  if (!mayPublish(before.policy, held) || mayPublish(after.policy, held) || !(await isFromHere(db, held.digest)))
    return;
  const { issuer, subject } = held;
  const known = admission(after.policy, issuer) !== undefined;
  checks.fail(
    known ? 'issuer' : 'not-admitted',
    known ? 'shape.owner' : 'shape.publisher',
    known
      ? `${issuer} may not speak for ${subject.slice(0, 200)}: the id is not under the issuer's own domain`
      : `${issuer} is not admitted to publish on this node`,
    { found: issuer, mend: 'Ask the operator of this node to admit this DID' },
  );
}

function mayPublish(policy: Policy, { kind, issuer, subject }: Held): boolean {
  const rule = admission(policy, issuer);
  if (kind === 'evidence') return rule !== undefined || policy.trust.some(({ did }) => did === issuer);
  return rule !== undefined && (controls(issuer, subject) || permits(rule.subjects, subject));
}

const isFromHere = async (db: Reader, digest: string): Promise<boolean> =>
  (await db
    .selectFrom('entry')
    .innerJoin('log', 'log.origin', 'entry.origin')
    .select('entry.idx')
    .where('entry.digest', '=', digest)
    .where('log.own', '=', 1)
    .limit(1)
    .executeTakeFirst()) !== undefined;

async function small({ db, before, after }: Given, { digest }: Held, checks: Checks): Promise<void> {
  const [was, is] = [before.policy.limits.objectBytes, after.policy.limits.objectBytes];
  if (is >= was) return;
  const { size } = await db.selectFrom('object').select('size').where('digest', '=', digest).executeTakeFirstOrThrow();
  if (size > is)
    checks.fail('too-large', 'parse.size', `The document has ${size} bytes`, {
      found: String(size),
      allowed: `up to ${is}`,
      mend: 'Say less in one credential: leave images and documents out, and name them by id and digest',
    });
}

function chained({ did, before, after }: Given, { issuer, anchored }: Held, checks: Checks): void {
  const asks = ({ policy }: Conditions) =>
    policy.anchors?.require === true &&
    issuer !== did &&
    ![...policy.authorities, ...policy.trust].some((one) => one.did === issuer);
  if (anchored === false && asks(after) && !asks(before))
    checks.fail('untrusted', 'verify.chain', 'No certificates of its key led to a trust anchor when it was taken', {
      found: issuer,
      mend: "Use a key with certificates of an authority among this node's trust anchors",
    });
}

/** What shapes say of the credential, read again from the bytes that are kept. */
async function shaped(
  { db, vocabulary, contexts }: Given,
  { digest }: Held,
  shapes: Conditions['shapes'],
): Promise<{ fails: Check[]; applied: string[] }> {
  if (shapes.sets.length === 0) return { fails: [], applied: [] };
  const { bytes, media_type: mediaType } = await db
    .selectFrom('object')
    .select(['bytes', 'media_type'])
    .where('digest', '=', digest)
    .executeTakeFirstOrThrow();
  const checks = new Checks();
  const parsed = parse({ bytes, mediaType, source: { kind: 'provider' } }, { objectBytes: bytes.length }, checks);
  const applied =
    parsed?.kind === 'credential'
      ? await checkAdded(parsed.credential, { added: () => shapes, vocabulary }, contexts, checks)
      : [];
  return { fails: checks.list.filter(({ result }) => result === 'fail'), applied };
}
