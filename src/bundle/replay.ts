import { chainOf } from '../catalogue/chain.ts';
import { openDatabase } from '../catalogue/database.ts';
import { createIngest } from '../catalogue/ingest.ts';
import type { ListingState } from '../catalogue/listing.ts';
import { type SettleDeps, settle } from '../catalogue/settle.ts';
import type { AddedShapes, ShapeSet } from '../compliance/added-shapes.ts';
import type { EvidenceItem } from '../compliance/decision.ts';
import { type Compliance, loadCompliance } from '../compliance/load.ts';
import type { Scheme } from '../compliance/scheme.ts';
import { type Check, Checks } from '../credentials/check.ts';
import type { Source, VerifiedCredential } from '../credentials/credential.ts';
import { type Http, HttpFault } from '../credentials/http.ts';
import type { Contexts } from '../credentials/jsonld/contexts.ts';
import { createDidResolver, type DidDocument } from '../credentials/keys/did.ts';
import { parse } from '../credentials/parse.ts';
import type { StatusList } from '../credentials/status/list.ts';
import { createVerifier, type Verifier } from '../credentials/verify.ts';
import { refused, type Verdict } from '../errors.ts';
import type { Policy } from '../policy.ts';
import type { Manifest, Part } from './format.ts';

/** A slow machine may take so long over one credential. */
const PATIENCE_MS = 600_000;
/** A running node takes added shapes into account within so long. */
const IN_FORCE_MS = 10_000;

/** What the flow of a node made of the parts, in a node that has nothing else and no network. */
export interface Replayed extends Decided {
  /** By part: what was checked, and whether it was taken. */
  credentials: Map<string, { ok: boolean; checks: Check[] }>;
  /** Labels that verified, by part. */
  labels: Map<string, VerifiedCredential>;
  /** Status lists, by part. */
  lists: Map<string, Verdict<StatusList>>;
  /** What is decided by the policy and time that the reader asked for, in place of those of the bundle. */
  asked?: Decided;
}

/** What a node decides by one policy at one time. */
export interface Decided {
  /** By scheme, as the bytes a node keeps. */
  decisions: Map<string, string>;
  /** What others vouch for, as far as it counts. */
  evidence: EvidenceItem[];
  /** Of the listing. */
  state: ListingState;
}

interface Material {
  manifest: Manifest;
  parts: Map<string, Part>;
  contexts: Contexts;
  schemes: Scheme[];
  /** SHACL shapes that the operator of the node added. */
  added: AddedShapes;
  /** Folder of this Kontor's shapes. */
  shapesDir: string;
  policy: Policy;
  /** Decide once more, by another policy or time; what was signed is looked at as of the manifest's time. */
  asked?: { policy: Policy; at: Date };
}

/**
 * Takes the credentials of a bundle through the ordinary flow of a node: parse, verify, shape, commit, settle. DID
 * documents and status lists come from the bundle, and everything else that would be asked for is not to be had.
 */
export async function replay({
  manifest,
  parts,
  contexts,
  schemes,
  added,
  shapesDir,
  policy: theirs,
  asked,
}: Material): Promise<Replayed> {
  const made = new Date(manifest.at);
  let now = made;
  let policy = theirs;
  const clock = () => now;
  const all = [...parts.values()];
  /** DID documents that the part at hand was verified by. */
  let under: string[] = [];
  const documents = new Map(
    all.filter(({ info }) => info.kind === 'did').map(({ info, bytes }) => [info.name, documentIn(bytes)]),
  );
  const documentOf = (did: string, names: Iterable<string>) =>
    [...names].map((name) => documents.get(name)).find((document) => document?.id === did);
  const http = fromParts(all);
  const local = createDidResolver({ http, clock, allowPrivateNetwork: true });
  const patient = createVerifier({
    contexts,
    http,
    clock,
    resolveDid: async (did, options) => {
      if (!did.startsWith('did:web:')) return local(did);
      // A list may be signed under another document of the same DID than what stands in it.
      const own = options?.fresh ? undefined : documentOf(did, under);
      const document = own ?? documentOf(did, options?.fresh ? [...documents.keys()].reverse() : documents.keys());
      return document
        ? { ok: true, value: document }
        : refused('key-unavailable', `The DID document of ${did} is not in the bundle`);
    },
  });
  // Nobody waits for an answer here.
  const verifier: Verifier = {
    ...patient,
    credential: (parsed, checks) => patient.credential(parsed, checks, { since: performance.now() + PATIENCE_MS }),
  };
  const database = await openDatabase(':memory:');
  try {
    const deps: SettleDeps = {
      did: manifest.node,
      url: 'https://bundle.invalid',
      key: { id: `${manifest.node}#bundle`, revoked: [] },
      clock,
      policy: () => policy,
      schemes: () => schemes,
      // Labels that come of it are thrown away: what counts is the decision.
      sign: async (document) => JSON.stringify(document),
      append: async () => [],
    };
    /** When the credential at hand was taken. */
    let taken = made;
    const compliance = { ...judgedBy(shapesDir), schemes: () => schemes, added: () => inForce(added, taken) };
    const { ingest } = createIngest({ ...deps, database, verifier, compliance, committed: () => {} });
    const source: Source = { kind: 'peer', url: 'bundle', origin: 'bundle', did: manifest.node };
    const credentials: Replayed['credentials'] = new Map();
    const labels: Replayed['labels'] = new Map();
    for (const { info, bytes } of ['listing', 'claim', 'evidence'].flatMap((kind) =>
      all.filter((one) => one.info.kind === kind),
    )) {
      under = info.under ?? [];
      taken = new Date(info.readAt ?? made);
      const { ok, checks } = await ingest({ bytes, mediaType: info.mediaType ?? '', source });
      credentials.set(info.name, { ok, checks });
    }
    for (const { info, bytes } of all.filter((one) => one.info.kind === 'label')) {
      under = info.under ?? [];
      const checks = new Checks();
      const parsed = parse(
        { bytes, mediaType: info.mediaType ?? '', source: { kind: 'provider' } },
        policy.limits,
        checks,
      );
      const issuer = parsed?.kind === 'credential' ? parsed.credential.document.issuer : undefined;
      // Of another node's label only the proof is in the bundle; that it still holds, the log of that node says.
      const verified =
        parsed?.kind !== 'credential'
          ? undefined
          : issuer === manifest.node
            ? await verifier.credential(parsed.credential, checks)
            : await verifier.proof(parsed.credential, checks);
      if (verified) labels.set(info.name, verified);
      credentials.set(info.name, { ok: verified !== undefined, checks: checks.list });
    }
    const lists: Replayed['lists'] = new Map();
    for (const { info } of all.filter((one) => one.info.kind === 'status')) {
      under = info.under ?? [];
      lists.set(info.name, await verifier.statusLists.get(info.of ?? ''));
    }
    const decided = async (): Promise<Decided> => {
      const { key, digest } = manifest.listing;
      await database.transaction((tx) => settle(tx, key, deps));
      const rows = await database.read
        .selectFrom('decision')
        .select(['scheme', 'decision'])
        .where('key', '=', key)
        .execute();
      const version = await database.read
        .selectFrom('version')
        .selectAll()
        .where('digest', '=', digest)
        .executeTakeFirst();
      return {
        decisions: new Map(rows.map(({ scheme, decision }) => [scheme, decision])),
        evidence: version ? (await chainOf(database.read, version, policy, now)).evidence : [],
        state: (version?.state ?? 'pending') as ListingState,
      };
    };
    const replayed = { credentials, labels, lists, ...(await decided()) };
    if (!asked) return replayed;
    now = asked.at;
    policy = asked.policy;
    return { ...replayed, asked: await decided() };
  } finally {
    await database.close();
  }
}

/** What is listed already is not judged by shapes that are added later. */
function inForce({ sets, check }: AddedShapes, taken: Date): AddedShapes {
  const is = ({ added }: ShapeSet) => Date.parse(added) + IN_FORCE_MS <= taken.getTime();
  return {
    sets: sets.filter(is),
    check: async (document) => (await check(document)).filter(({ set }) => is(set)),
  };
}

const loaded = new Map<string, Compliance>();

/** The shapes of a folder, read once. */
function judgedBy(dir: string): Compliance {
  const compliance = loaded.get(dir) ?? loadCompliance(dir);
  loaded.set(dir, compliance);
  return compliance;
}

/** Reads a DID document of the bundle; undefined where it is none. */
export function documentIn(bytes: Uint8Array): DidDocument | undefined {
  try {
    const value = JSON.parse(Buffer.from(bytes).toString('utf8')) as DidDocument | null;
    return value !== null && typeof value === 'object' && typeof value.id === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A network of nothing but the status lists of the bundle. */
function fromParts(parts: Part[]): Http {
  const lists = new Map(parts.filter(({ info }) => info.kind === 'status').map(({ info, bytes }) => [info.of, bytes]));
  return async (url) => {
    const bytes = lists.get(url);
    if (!bytes) throw new HttpFault('network', `${url} is not in the bundle`);
    return { status: 200, bytes, headers: new Headers() };
  };
}
