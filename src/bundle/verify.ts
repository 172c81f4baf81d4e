import { join } from 'node:path';
import { BASES, type Basis } from '../compliance/decision.ts';
import { evidenceWords } from '../compliance/evidence-words.ts';
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
import { documentIn, type Replayed, replay } from './replay.ts';

/**
 * What became of a part. `proven`: by a signature, or because it was computed anew; `trusted`: the bundle's word for it is taken, `by` says
 * whose; `failed`: it is not what it says; `unknown`: it could not be checked.
 */
export interface PartVerdict {
  part: string;
  /** Of evidence: what it says of itself, and who signed it. */
  what?: string;
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
  /**
   * Where it is not: what it is here, and the criteria that make the difference. `without` names the parts that it
   * rested on and that count less here, or not at all.
   */
  here?: {
    level: string | null;
    basis: string;
    criteria: { id: string; was: string; is: string; why: string }[];
    without: string[];
  };
}

export interface BundleReport {
  /** Intact, and no level is less than the bundle says by the trust list and time that the reader asked for. */
  ok: boolean;
  /** Every part is what it says, and leads to the decisions of the bundle by its own trust list and time. */
  intact: boolean;
  listing: Manifest['listing'];
  /** Who made it, with which version, and as of when. */
  made: { node: string; kontor: string; at: string };
  /** The time it was decided for here, where that is another; and what the listing is then, where it does not count. */
  at?: string;
  state?: string;
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
    intact: false,
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
  report.intact = report.parts.every(({ result }) => result === 'proven' || result === 'trusted');
  report.ok = report.intact && !report.decisions.some(isLess);
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

/** Whether a level is lost or another one, or less sure; that reasons or dates differ is expected where the reader asks. */
const isLess = ({ level, basis, here }: DecisionVerdict): boolean =>
  level !== null &&
  here !== undefined &&
  (here.level !== level || BASES.indexOf(here.basis as Basis) < BASES.indexOf(basis as Basis));

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
  const named = new Map<string, string>();
  const told: Told = (part, result, by) => {
    const what = named.get(part);
    report.parts.push({ part, ...(what ? { what } : {}), result, by });
  };
  const of = (kind: PartInfo['kind']) => [...parts.values()].filter(({ info }) => info.kind === kind);

  const contexts = judgeContexts(of('context'), loadContexts(join(shapesDir, 'contexts')), manifest, told);
  const schemes = judgeSchemes(of('scheme'), shapesDir, manifest, told);
  judgeShapes(parts.get('shapes'), shapesDir, manifest, told);
  const added = judgeAdded(of('added'), manifest, told);
  const policy = policyOf(parts.get('trust'));
  if (!policy || !contexts || !schemes || !added) {
    if (!policy) told('trust', 'failed', 'It is no trust list');
    return;
  }
  const chosen = `The operator of ${manifest.node} chose whom to believe`;
  if (options.trust) told('trust', 'trusted', `${chosen}; what differs by your own list stands under Decisions`);
  else told('trust', 'trusted', `${chosen}; verify with --trust FILE to decide by your own list`);
  const asked = options.trust || options.at;
  const replayed = await replay({
    manifest,
    parts,
    contexts,
    schemes,
    added,
    shapesDir,
    policy,
    ...(asked
      ? {
          asked: {
            policy: { ...policy, trust: options.trust ?? policy.trust },
            at: options.at ?? new Date(manifest.at),
          },
        }
      : {}),
  });
  const state = replayed.asked?.state;
  if (state && state !== 'current') report.state = state;
  // By the names that the list of the bundle gives, then that of the reader.
  const names = { schemes, trust: [...policy.trust, ...(options.trust ?? [])] };
  for (const item of replayed.evidence) named.set(`evidence/${item.digest}`, evidenceWords(item, names));

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
  report.decisions = judgeDecisions(of('decision'), replayed, schemes, told);
  judgeAbsence(report, manifest, parts, replayed);
}

/** What a whole bundle has, and what none has: a part that nothing asks for may not pass unmentioned. */
function judgeAbsence(
  report: BundleReport,
  { node, listing }: Manifest,
  parts: Map<string, Part>,
  { labels }: Replayed,
): void {
  const add = (part: string, result: PartVerdict['result'], by: string) => report.parts.push({ part, result, by });
  const own = [...labels.values()].filter(({ issuer }) => issuer === node);
  for (const { scheme, level } of report.decisions)
    if (level !== null && !own.some(({ document }) => schemeOf(document) === scheme))
      add(`label of ${scheme}`, 'unknown', `The label ${scheme} ${level} that ${node} signed is not in the bundle`);
  if (![...parts.values()].some(({ info }) => info.kind === 'log' && info.of === listing.digest))
    add('log', 'unknown', 'The bundle has no proof that the listing stands in a log');
  const told = new Set(report.parts.map(({ part }) => part));
  for (const name of parts.keys()) if (!told.has(name)) add(name, 'failed', 'Nothing in a bundle has this name');
  const taken = report.parts.filter(({ part, result }) => part.startsWith('did/') && result === 'trusted');
  if (taken.length > 0)
    report.faith.push(
      `That the keys in the ${taken.length} DID documents are those that their owners published, ${node} among them: give yours with --did`,
    );
}

const schemeOf = ({ credentialSubject: said }: Record<string, unknown>): unknown =>
  (said as Record<string, unknown> | undefined)?.['kontor:scheme'];
