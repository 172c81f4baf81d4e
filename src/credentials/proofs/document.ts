import { hash as oneShot } from 'node:crypto';
import canonicalize from 'canonicalize';
import { messageOf, refused, type Verdict } from '../../errors.ts';
import type { JsonObject } from '../credential.ts';
import type { Contexts } from '../jsonld/contexts.ts';
import { canonize, type ExpandedDocument, expand } from '../jsonld/rdf.ts';
import { decodeBase58btc, isBase64url } from '../keys/multibase.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { decodeUtf8, parseObject } from '../strict-json.ts';
import type { ProofClaim } from './claim.ts';
import { canonicalOptions } from './options.ts';
import { type Suite, sized, suiteOf, verifies } from './suites.ts';

/** What a signature covers: everything, or (in the first Gaia-X generation) the document but not the proof's own members. */
type Covers = 'all' | 'document';

/** A document whose embedded proofs are to be verified. What was expanded or hashed once serves every proof. */
interface SignedDocument {
  /** As received, with its proofs. */
  document: JsonObject;
  contexts: Contexts;
  /** The document without proofs, expanded. */
  expanded: () => Promise<ExpandedDocument>;
  /** The hash of the document without proofs, in the canonical form of a suite. */
  hashed: (canonical: Suite['canonical'], hash: Hash) => Promise<Buffer>;
}

type Hash = 'sha256' | 'sha384';

/** What a proof signs, and how much of it the signature covers. */
export interface Proved {
  covers: Covers;
  /** Hash of the document without proofs, as it was signed: one for all spellings of one statement. */
  statement: string;
}

/** The hash a suite takes: the curve decides for cryptosuites; JsonWebSignature2020 always hashes with SHA-256. */
const hashFor = (suite: Suite, key: PublicKey) =>
  key.kind === 'P-384' && suite.value === 'proofValue' ? 'sha384' : 'sha256';
const digest = (algorithm: string, text: string) => oneShot(algorithm, text, 'buffer');

/** How to mend a signature that does not fit: which of the two it was, nobody can tell. */
export const changed = (keyId: string): string =>
  `If it was changed after it was signed, sign the claim again and send the result as it is; if another key signed it, name that one, or publish the present ${keyId} in the DID document`;

/** The document without its proofs: what is signed. */
function withoutProof({ proof: _proof, ...rest }: JsonObject): JsonObject {
  return rest;
}

/** A reader of a document's proofs. */
export function signedDocument(document: JsonObject, contexts: Contexts): SignedDocument {
  const content = withoutProof(document);
  const hashes = new Map<string, Promise<Buffer>>();
  let expansion: Promise<ExpandedDocument> | undefined;
  const expanded = () => {
    expansion ??= expand(content, contexts);
    return expansion;
  };
  const make = async (canonical: Suite['canonical'], hash: Hash) =>
    canonical === 'rdfc'
      ? digest(hash, await canonize(await expanded(), hash))
      : hashOf(content, contexts, canonical, hash);
  return {
    document,
    contexts,
    expanded,
    hashed: (canonical, hash) => {
      const key = `${canonical} ${hash}`;
      const known = hashes.get(key) ?? make(canonical, hash);
      hashes.set(key, known);
      return known;
    },
  };
}

/**
 * Verifies one embedded proof (https://www.w3.org/TR/vc-data-integrity/#verify-proof) with a key that was found and
 * checked before.
 *
 * @throws what JSON-LD processing throws, when the document cannot be canonized
 */
export async function verifyProof(signed: SignedDocument, claim: ProofClaim, key: PublicKey): Promise<Verdict<Proved>> {
  const { document, contexts } = signed;
  const proofs = [document.proof].flat() as JsonObject[];
  const proof = proofs[claim.at!]!;
  const suite = suiteOf(proof)!;
  if (!suite.keys.includes(key.kind))
    return refused(
      'proof',
      `${suite.name} needs a key on ${suite.keys.join(' or ')}; ${claim.keyId} is on ${key.kind}`,
      `Sign with a key on ${suite.keys.join(' or ')}, or with a cryptosuite for ${key.kind}`,
    );
  const context = document['@context'];
  // JCS suites may sign fewer contexts than the document names; what is read is what was signed, so they must be the same.
  if ('@context' in proof && canonicalize(proof['@context']) !== canonicalize(context))
    return refused(
      'proof',
      'The proof names other contexts than the document',
      'Let "@context" stand as it was when it was signed, or sign again',
    );
  const before = chained(proof, proofs);
  if (!before.ok) return before;
  const value = suite.value === 'jws' ? detached(String(proof.jws), key) : signatureOf(proof);
  if (!value.ok) return value;
  const { signature, alg, prefix } = value.value;
  const whole = sized(key, signature, `${suite.name} with a key on ${key.kind}`);
  if (!whole.ok) return whole;
  const hash = hashFor(suite, key);
  // Proofs that came before belong to what this one signs (https://www.w3.org/TR/vc-data-integrity/#proof-chains).
  const body = before.value
    ? await hashOf({ ...document, proof: before.value }, contexts, suite.canonical, hash)
    : await signed.hashed(suite.canonical, hash);
  const { [suite.value]: _value, ...options } = proof;
  const head =
    suite.canonical === 'jcs' ? canonicalize(options)! : await canonicalOptions(options, context, contexts, hash);
  const good = (covers: Covers): Promise<Verdict<Proved>> =>
    signed
      .hashed(suite.canonical, hash)
      .then((content) => ({ ok: true, value: { covers, statement: content.toString('base64url') } }));
  if (verifies(key, Buffer.concat([prefix, digest(hash, head), body]), signature, alg)) return good('all');
  // Gaia-X 22.10 signed the document's hash as hexadecimal text, and nothing of the proof.
  const tagus = suite.value === 'jws' && !before.value && Buffer.concat([prefix, Buffer.from(body.toString('hex'))]);
  if (tagus && verifies(key, tagus, signature, alg)) return good('document');
  return refused('proof', `The signature was not made by ${claim.keyId} over this content`, changed(claim.keyId));
}

/** The hash of content in the canonical form of a suite. */
async function hashOf(
  content: JsonObject,
  contexts: Contexts,
  canonical: Suite['canonical'],
  hash: Hash,
): Promise<Buffer> {
  if (canonical === 'jcs') return digest(hash, canonicalize(content)!);
  const safe = canonical === 'rdfc';
  return digest(hash, await canonize(await expand(content, contexts, safe), hash, safe));
}

/** The proofs that a proof names as made before it; undefined where it names none. */
function chained(proof: JsonObject, proofs: JsonObject[]): Verdict<JsonObject[] | undefined> {
  if (proof.previousProof === undefined) return { ok: true, value: undefined };
  const wanted = [proof.previousProof].flat();
  const found = wanted.map((id) => proofs.filter((one) => one?.id === id));
  if (wanted.length === 0 || wanted.length > proofs.length || found.some((one) => one.length !== 1))
    return refused(
      'proof',
      `The proof rests on a previous proof ${JSON.stringify(wanted).slice(0, 120)}, which is not there`,
      'Send the document with all its proofs, each with its id',
    );
  const reaches = (from: JsonObject, seen: Set<JsonObject>): boolean => {
    if (seen.has(from)) return false;
    seen.add(from);
    return [from.previousProof ?? []].flat().some((id) => {
      const next = proofs.filter((one) => one?.id === id);
      return next.some((one) => one === proof || reaches(one, seen));
    });
  };
  if (reaches(proof, new Set()))
    return refused(
      'proof',
      'The chain of proofs goes in a circle',
      'Let each previousProof name a proof that was made before',
    );
  return { ok: true, value: found.map(([one]) => one!) };
}

interface Signature {
  signature: Uint8Array;
  alg?: string;
  /** What stands before the hashes in the signed bytes. */
  prefix: Uint8Array;
}

const NOTHING = new Uint8Array();

function signatureOf(proof: JsonObject): Verdict<Signature> {
  const text = String(proof.proofValue);
  const signature = text === '' || text === 'z' ? NOTHING : decodeBase58btc(text);
  if (!signature)
    return refused(
      'proof',
      'The proofValue is not a signature in base58btc with the header z',
      'Write the raw signature as "z" and base58btc, as the cryptosuite says',
    );
  return { ok: true, value: { signature, prefix: NOTHING } };
}

/** A JWS with detached, unencoded payload (RFC 7797), as JsonWebSignature2020 uses it. */
function detached(jws: string, key: PublicKey): Verdict<Signature> {
  const [head = '', payload, signature = '', ...more] = jws.split('.');
  const canonical = head !== '' && [head, signature].every(isBase64url);
  if (!canonical || payload !== '' || more.length > 0)
    return refused('proof', 'The jws is not a detached JWS: header, two dots, signature, in base64url without padding');
  let header: JsonObject;
  try {
    header = parseObject(decodeUtf8(Buffer.from(head, 'base64url')));
  } catch (error) {
    return refused('proof', `The header of the jws cannot be read: ${messageOf(error)}`);
  }
  const { alg, b64, crit } = header;
  if (b64 !== false || JSON.stringify(crit) !== '["b64"]')
    return refused('proof', 'The header of the jws must have "b64": false and "crit": ["b64"]');
  if (typeof alg !== 'string' || !key.algs.includes(alg))
    return refused(
      'proof',
      `The header of the jws says ${String(alg).slice(0, 40)}; the key is for ${key.algs.join(', ')}`,
      `Sign again with "alg": "${key.algs[0]}", or with a key for the algorithm that the header names`,
    );
  return { ok: true, value: { signature: Buffer.from(signature, 'base64url'), alg, prefix: Buffer.from(`${head}.`) } };
}
