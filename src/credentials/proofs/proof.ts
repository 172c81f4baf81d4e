import { verify as verifyBytes } from 'node:crypto';
import { DataIntegrityProof } from '@digitalbazaar/data-integrity';
import { cryptosuite } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import { compactVerify } from 'jose';
import jsigs from 'jsonld-signatures';
import { messageOf, refused, type Verdict } from '../../errors.ts';
import type { JsonObject, ParsedCredential } from '../credential.ts';
import { type Contexts, contextLoader } from '../jsonld/contexts.ts';
import type { Purpose } from '../keys/did.ts';
import type { Jwk } from '../keys/keys.ts';
import { multikeyOf, publicKeyOf } from '../keys/keys.ts';
import { decodeBase58btc } from '../keys/multibase.ts';

/** What a proof says of itself, before anything is believed: which key to ask for, and when it was made. */
export interface ProofClaim {
  keyId: string;
  /** DID of the key. */
  did: string;
  alg: 'EdDSA' | 'ES256';
  created?: Date;
  expires?: Date;
}

const clip = (value: unknown) => String(value).slice(0, 120);

/** Which key made the proof, by the protected header; `jwk`, `jku`, `x5u` and `x5c` never decide (RFC 8725 section 3.10). */
export function jwtClaim(header: JsonObject, payload: JsonObject): Verdict<ProofClaim> {
  const { alg, kid, crit, b64 } = header;
  if (alg !== 'EdDSA' && alg !== 'ES256')
    return refused(
      'proof',
      `The header's alg is ${alg === undefined ? 'missing' : `"${clip(alg)}"`}; EdDSA and ES256 are taken`,
    );
  if (crit !== undefined || b64 !== undefined)
    return refused('proof', 'The header has "crit" or "b64", which this node does not process');
  if (typeof kid !== 'string' || kid.length > 2048)
    return refused(
      'proof',
      'The header has no "kid" that names the signing key; write the full DID URL, for example did:web:provider.example#key-1',
    );
  const [did = '', fragment] = kid.split('#');
  if (!/^did:[a-z0-9]+:[^\s/?#]+$/.test(did) || !fragment)
    return refused(
      'proof',
      `The header's kid "${clip(kid)}" is not a DID URL with a fragment, such as did:web:provider.example#key-1`,
    );
  const iat = payload.iat;
  return {
    ok: true,
    value: {
      keyId: kid,
      did,
      alg,
      ...(Number.isSafeInteger(iat) ? { created: new Date((iat as number) * 1000) } : {}),
    },
  };
}

/** Verifies the JWS of a compact JWT with the key of a verification method. */
export async function verifyJwt(compact: string, claim: ProofClaim, method: JsonObject): Promise<Verdict<true>> {
  const key = publicKeyOf(method);
  if (!key) return refused('proof', `The key ${claim.keyId} is not a usable Ed25519 or P-256 public key`);
  if (key.alg !== claim.alg)
    return refused('proof', `The header says ${claim.alg}, but ${claim.keyId} is a key for ${key.alg}`);
  try {
    await compactVerify(compact, key.key, { algorithms: [claim.alg] });
    return { ok: true, value: true };
  } catch {
    return refused('proof', `The signature was not made by ${claim.keyId} over this content`);
  }
}

/** The one proof of a Data Integrity credential, in the form this node takes. */
export function dataIntegrityClaim(
  document: JsonObject,
  purpose: Purpose,
): Verdict<ProofClaim & { proof: JsonObject }> {
  const proofs = document.proof === undefined ? [] : ([document.proof].flat() as unknown[]);
  if (proofs.length === 0) return refused('proof', 'There is no proof: the document is not signed');
  if (proofs.length > 1) return refused('proof', `There are ${proofs.length} proofs; this node takes one`);
  const proof = proofs[0] as JsonObject;
  if (proof === null || typeof proof !== 'object') return refused('proof', 'The proof is not an object');
  const { type, cryptosuite: suite, proofPurpose, verificationMethod, proofValue, created, expires } = proof;
  if (type !== 'DataIntegrityProof' || suite !== 'eddsa-rdfc-2022')
    return refused(
      'proof',
      `The proof is ${clip(type)} ${clip(suite ?? '')}; DataIntegrityProof with eddsa-rdfc-2022 is taken`,
    );
  if (proofPurpose !== purpose)
    return refused('proof', `The proof was made for "${clip(proofPurpose)}"; ${purpose} is needed`);
  if (typeof verificationMethod !== 'string' || !/^did:[a-z0-9]+:[^\s/?#]+#.+$/.test(verificationMethod))
    return refused('proof', `The verificationMethod "${clip(verificationMethod)}" is not a DID URL with a fragment`);
  const signature = typeof proofValue === 'string' ? decodeBase58btc(proofValue) : undefined;
  if (signature?.length !== 64)
    return refused('proof', 'The proofValue is not 64 bytes in base58btc with the header z');
  if (proof.previousProof !== undefined)
    return refused('proof', 'The proof depends on a previous proof that is not there');
  const dates: { created?: Date; expires?: Date } = {};
  for (const [name, text] of Object.entries({ created, expires })) {
    if (text === undefined) continue;
    const date = parseTime(text);
    if (!date) return refused('proof', `The proof's ${name} "${clip(text)}" is not a time like 2026-11-21T09:14:00Z`);
    dates[name as 'created' | 'expires'] = date;
  }
  return {
    ok: true,
    value: { keyId: verificationMethod, did: verificationMethod.split('#')[0]!, alg: 'EdDSA', proof, ...dates },
  };
}

/** An xsd:dateTimeStamp (https://www.w3.org/TR/vc-data-model-2.0/#representing-time): seconds and zone given. */
export function parseTime(text: unknown): Date | undefined {
  if (
    typeof text !== 'string' ||
    !/^\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/.test(
      text,
    )
  )
    return undefined;
  const date = new Date(text);
  const year = date.getUTCFullYear();
  // Beyond four figures, times as text no longer sort as times.
  return Number.isNaN(year) || year < 1 || year > 9999 ? undefined : date;
}

/**
 * Verifies an eddsa-rdfc-2022 proof with @digitalbazaar/vc. The method was found and checked before; the library gets
 * it as a Multikey and a controller document that lists nothing else.
 */
export async function verifyDataIntegrity(
  parsed: Pick<ParsedCredential, 'document'>,
  claim: ProofClaim,
  method: JsonObject,
  contexts: Contexts,
  now: Date,
  purpose: Purpose,
): Promise<Verdict<true>> {
  const key = publicKeyOf(method);
  if (key?.alg !== 'EdDSA') return refused('proof', `eddsa-rdfc-2022 needs an Ed25519 key; ${claim.keyId} is none`);
  const multikey = multikeyOf(key.key.export({ format: 'jwk' }) as Jwk);
  const documents: Record<string, object> = {
    [claim.keyId]: {
      '@context': 'https://w3id.org/security/multikey/v1',
      id: claim.keyId,
      type: 'Multikey',
      controller: claim.did,
      publicKeyMultibase: multikey,
    },
    [claim.did]: { '@context': 'https://www.w3.org/ns/did/v1', id: claim.did, [purpose]: [claim.keyId] },
  };
  const suite = new DataIntegrityProof({
    cryptosuite: { ...cryptosuite, createVerifier: async () => strictVerifier(claim.keyId, key.key) },
  });
  const documentLoader = contextLoader(contexts, (url) => documents[url]);
  const options = { suite, documentLoader, now };
  const result =
    purpose === 'assertionMethod'
      ? await vc.verifyCredential({
          ...options,
          credential: parsed.document,
          checkStatus: async () => ({ verified: true }),
        })
      : await jsigs.verify(parsed.document, {
          ...options,
          purpose: new jsigs.purposes.ControllerProofPurpose({ term: 'authentication' }),
        });
  if (result.verified) return { ok: true, value: true };
  return refused('proof', `The proof does not hold: ${deepest(result.error)}`);
}

/** Ed25519 by node:crypto, which refuses signatures with a non-canonical S (RFC 8032 section 5.1.7). */
function strictVerifier(id: string, key: Parameters<typeof verifyBytes>[2]) {
  return {
    id,
    algorithm: 'Ed25519',
    verify: async ({ data, signature }: { data: Uint8Array; signature: Uint8Array }) =>
      verifyBytes(null, data, key, signature),
  };
}

function deepest(error: unknown): string {
  let at = error as { errors?: unknown[]; message?: string } | undefined;
  for (let depth = 0; depth < 5 && at?.errors?.[0]; depth++) at = at.errors[0] as typeof at;
  const text = messageOf(at);
  return text === 'Invalid signature.' ? 'the signature does not fit the content' : text;
}
