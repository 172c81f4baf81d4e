import { join } from 'node:path';
import { loadContexts } from '../credentials/jsonld/contexts.ts';
import type { DidDocument } from '../credentials/keys/did.ts';
import { publicKeyOf } from '../credentials/keys/public-key.ts';
import { findMethod } from '../credentials/keys/verification-method.ts';
import { messageOf, type Verdict } from '../errors.ts';
import { verifyEd25519 } from '../federation/note.ts';
import type { TrustRule } from '../policy.ts';
import { type Manifest, openParts, type Part, type PartInfo, readBundle, signedBytes } from './format.ts';
import {
  judgeAdded,
  judgeContexts,
  judgeCredentials,
  judgeDecisions,
  judgeDocuments,
  judgeSchemes,
  judgeShapes,
  nameOf,
  policyOf,
  type Told,
} from './judge-parts.ts';
import { checkLogProof } from './log-proof.ts';
import { documentIn, replay } from './replay.ts';

/**
 * What became of a part. `proven`: by a signature, or because it was computed anew; `trusted`: the bundle's word for it is taken, `by` says
 * whose; `failed`: it is not what it says; `unknown`: it could not be checked.
 */
export interface PartVerdict {
  part: string;
  result: 'proven' | 'trusted' | 'failed' | 'unknown';
  /** Proven by what, trusted why, or what is wrong. */
  by: string;
}

/** A decision of the bundle beside the one that was computed here. */
export interface DecisionVerdict {
  scheme: string;
  level: string | null;
  basis: string;
  /** Whether it is the same, byte for byte. */
  same: boolean;
  /** Where it is not: what it is here, and the criteria that differ. */
  here?: { level: string | null; basis: string; criteria: { id: string; was: string; is: string; why: string }[] };
}

export interface BundleReport {
  ok: boolean;
  listing: Manifest['listing'];
  /** Who made it, with which version, and as of when. */
  made: { node: string; kontor: string; at: string };
  /** The time it was decided for here, where that is another. */
  at?: string;
  /** Whose trust list decided. */
  trust: 'bundle' | 'reader';
  parts: PartVerdict[];
  decisions: DecisionVerdict[];
  /** What no bundle can show, in plain sentences. */
  faith: string[];
}

export interface VerifyOptions {
  /** Folder of this Kontor's shapes. */
  shapesDir: string;
  /** The reader's own trust list, in place of the bundle's. */
  trust?: TrustRule[];
  /** Decide as of this time, in place of the bundle's. */
  at?: Date;
  /** DID documents that the reader holds, by DID: the bundle's are held against them. */
  dids?: ReadonlyMap<string, DidDocument>;
}

/**
 * Verifies an evidence bundle with nothing but this program: no network, no data of a node. A refusal says why the file
 * is no whole bundle; everything else is told part by part.
 */
export async function verifyBundle(bytes: Uint8Array, options: VerifyOptions): Promise<Verdict<BundleReport>> {
  const read = readBundle(bytes);
  if (!read.ok) return read;
  const { bundle, manifest } = read.value;
  const { opened: parts, wrong } = openParts(bundle, manifest);
  const report: BundleReport = {
    ok: false,
    listing: manifest.listing,
    made: { node: manifest.node, kontor: manifest.kontor, at: manifest.at },
    ...(options.at ? { at: options.at.toISOString() } : {}),
    trust: options.trust ? 'reader' : 'bundle',
    parts: wrong.map(({ part, why }) => ({ part, result: 'failed', by: why })),
    decisions: [],
    faith: [
      `That nothing was left out: a newer version, a withdrawal, or what ${manifest.node} held besides. Ask the node, or another that carries the listing, for what is current`,
      ...certifiers(manifest),
    ],
  };
  report.parts.unshift(signatureOf(bundle.signature, bundle.manifest, manifest, parts));
  if (report.parts.some(({ result }) => result === 'failed')) return { ok: true, value: report };
  try {
    await judge(report, manifest, parts, options);
  } catch (error) {
    report.parts.push({
      part: 'manifest',
      result: 'failed',
      by: `It could not be worked through: ${messageOf(error)}`,
    });
  }
  const good = report.parts.every(({ result }) => result === 'proven' || result === 'trusted');
  report.ok = good && report.decisions.every((one) => one.same || (isAsked(options) && !isLess(one)));
  return { ok: true, value: report };
}

/** Who stands behind keys by certificates. */
function certifiers({ node, parts }: Manifest): string[] {
  const said = parts.flatMap(({ anchored }) =>
    anchored
      ? `That ${anchored.anchor} certified the key of ${anchored.subject}: chains of certificates and their revocation lists are not looked at offline, so that is the word of ${node}`
      : [],
  );
  return [...new Set(said)];
}

const isAsked = ({ at, trust }: VerifyOptions): boolean => at !== undefined || trust !== undefined;
/** Whether the reader's own question lost a level; that reasons or dates differ is expected then. */
const isLess = ({ level, here }: DecisionVerdict): boolean => level !== null && here?.level !== level;

/** The node's signature over the manifest, which names every part by digest. */
function signatureOf(
  { key, value }: { key: string; value: string },
  text: string,
  { node, at }: Manifest,
  parts: Map<string, Part>,
): PartVerdict {
  const part = 'manifest';
  const failed = (by: string): PartVerdict => ({ part, result: 'failed', by });
  const document = documentIn(parts.get(`did/${node}`)?.bytes ?? new Uint8Array());
  if (document?.id !== node) return failed(`The DID document of ${node}, who made the bundle, is not in it`);
  const now = new Date(at);
  const method = findMethod(document, key, 'assertionMethod', { issuedAt: now, now });
  const found = method.ok ? publicKeyOf(method.value) : method;
  if (!found.ok) return failed(`Its signing key: ${found.detail}`);
  if (found.value.kind !== 'Ed25519') return failed('It is not signed with a key of Ed25519');
  const publicKey = Buffer.from(found.value.key.export({ format: 'jwk' }).x!, 'base64url');
  const signature = Buffer.from(value, 'base64url');
  const good = signature.toString('base64url') === value && verifyEd25519(publicKey, signedBytes(text), signature);
  return good
    ? { part, result: 'proven', by: `signature of ${key}; it names every other part by digest` }
    : failed(`It was changed, or not signed by ${key}`);
}

async function judge(
  report: BundleReport,
  manifest: Manifest,
  parts: Map<string, Part>,
  options: VerifyOptions,
): Promise<void> {
  const { shapesDir } = options;
  const told: Told = (part, result, by) => void report.parts.push({ part, result, by });
  const of = (kind: PartInfo['kind']) => [...parts.values()].filter(({ info }) => info.kind === kind);

  const contexts = judgeContexts(of('context'), loadContexts(join(shapesDir, 'contexts')), manifest, told);
  const schemes = judgeSchemes(of('scheme'), shapesDir, manifest, told);
  judgeShapes(parts.get('shapes'), shapesDir, manifest, told);
  const added = judgeAdded(of('added'), manifest, told);
  const policy = policyOf(parts.get('trust'), options.trust);
  if (!policy || !contexts || !schemes || !added) {
    if (!policy) told('trust', 'failed', 'It is no trust list');
    return;
  }
  if (options.trust) told('trust', 'trusted', 'Not used: your own list decides');
  else
    told(
      'trust',
      'trusted',
      `The operator of ${manifest.node} chose whom to believe; verify with --trust FILE to decide by your own list`,
    );
  const replayed = await replay({
    manifest,
    parts,
    contexts,
    schemes,
    added,
    shapesDir,
    policy,
    at: options.at ?? new Date(manifest.at),
  });

  judgeCredentials(manifest, parts, replayed, told);
  judgeDocuments(of('did'), manifest, options.dids, told);
  for (const { info } of of('status')) {
    const list = replayed.lists.get(info.name);
    if (list?.ok) told(info.name, 'proven', `signature of ${list.value.issuer}, as it was at ${info.readAt}`);
    else told(info.name, list?.code === 'status' ? 'failed' : 'unknown', list?.detail ?? 'It was not read');
  }
  for (const { info, bytes } of of('log')) {
    const documentOf = (did: string) => documentIn(parts.get(`did/${did}`)?.bytes ?? new Uint8Array());
    const found = checkLogProof(bytes, info.of ?? '', documentOf, new Date(manifest.at));
    if (!found.ok) told(info.name, 'failed', found.detail);
    else
      told(
        info.name,
        'proven',
        `${nameOf(info.of ?? '', parts)} is entry ${found.value.index} of the ${found.value.size} that the checkpoint of ${found.value.origin} signs`,
      );
  }
  report.decisions = judgeDecisions(of('decision'), replayed, isAsked(options), told);
}
