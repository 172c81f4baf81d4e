import { createHash, createPrivateKey, sign } from 'node:crypto';
import canonicalize from 'canonicalize';
import { CompactSign, importJWK } from 'jose';
import type { JsonObject } from '../credential.ts';
import type { Contexts } from '../jsonld/contexts.ts';
import { canonize, expand } from '../jsonld/rdf.ts';
import type { Alg } from '../keys/keys.ts';
import { encodeBase58btc } from '../keys/multibase.ts';
import type { SigningKey } from './identity.ts';

/*
 * What is signed here is taken as it is; `signable.ts` says beforehand whether a credential would be accepted once it is signed.
 */

/**
 * Signs a credential as `vc+jwt` (https://www.w3.org/TR/vc-jose-cose/#securing-with-jose): the payload is the document
 * itself, the header names type, key and issuer.
 *
 * @param kind `vp` for a presentation
 * @returns the compact JWS
 */
export async function signJwt(document: object, key: SigningKey, kind: 'vc' | 'vp' = 'vc'): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(document)))
    .setProtectedHeader({ alg: key.alg, typ: `${kind}+jwt`, cty: kind, kid: key.id, iss: key.did })
    .sign(await importJWK(key.privateJwk as never, key.alg));
}

/** Signs a presentation as `vp+jwt`: each JWT in it enveloped as a data URL, credentials with embedded proofs as they are. */
export function signPresentation(credentials: (string | JsonObject)[], key: SigningKey): Promise<string> {
  const document = {
    '@context': ['https://www.w3.org/ns/credentials/v2'],
    type: ['VerifiablePresentation'],
    holder: key.did,
    verifiableCredential: credentials.map((one) =>
      typeof one === 'string'
        ? {
            '@context': 'https://www.w3.org/ns/credentials/v2',
            id: `data:application/vc+jwt,${one}`,
            type: 'EnvelopedVerifiableCredential',
          }
        : one,
    ),
  };
  return signJwt(document, key, 'vp');
}

/** How the keys of each suite sign, and what they hash with before. */
const SUITES = {
  'eddsa-rdfc-2022': ['EdDSA'],
  'eddsa-jcs-2022': ['EdDSA'],
  'ecdsa-rdfc-2019': ['ES256', 'ES384'],
  'ecdsa-jcs-2019': ['ES256', 'ES384'],
} as const satisfies Record<string, Alg[]>;

/** https://www.w3.org/TR/vc-di-eddsa/ and https://www.w3.org/TR/vc-di-ecdsa/. */
export type Cryptosuite = keyof typeof SUITES;

/** The suites that a key can sign with; the first one is used where none is named. */
export const suitesOf = ({ alg }: Pick<SigningKey, 'alg'>): Cryptosuite[] =>
  (Object.keys(SUITES) as Cryptosuite[]).filter((name) => (SUITES[name] as readonly Alg[]).includes(alg));

export interface ProofOptions {
  /** The first of `suitesOf(key)` where absent. */
  cryptosuite?: Cryptosuite;
  /** Time of the proof; now where absent. */
  now?: Date;
  /** `authentication` for presentations. */
  purpose?: 'assertionMethod' | 'authentication';
  /** What a verifier asked a presentation to be bound to. */
  challenge?: string;
  domain?: string;
  id?: string;
  /** Ids of proofs that stand already, and that this one covers: a proof chain. */
  previousProof?: string | string[];
}

/**
 * Adds a Data Integrity proof (https://www.w3.org/TR/vc-data-integrity/#add-proof) to a VC 2.0 credential or presentation, beside
 * those it has.
 *
 * @throws when the key is not one of the suite, a term or context is not defined, or a previous proof is missing
 */
export async function signDataIntegrity(
  document: object,
  key: SigningKey,
  contexts: Contexts,
  options: ProofOptions = {},
): Promise<JsonObject> {
  const { cryptosuite = suitesOf(key)[0], now = new Date(), purpose = 'assertionMethod', ...given } = options;
  if (!cryptosuite || !suitesOf(key).includes(cryptosuite))
    throw new Error(
      `${cryptosuite ?? 'A Data Integrity proof'} needs a key for ${cryptosuite ? SUITES[cryptosuite].join(' or ') : 'EdDSA, ES256 or ES384'}; ${key.id} is for ${key.alg}`,
    );
  const { proof, ...unsecured } = structuredClone(document) as JsonObject;
  const proofs = [proof ?? []].flat() as JsonObject[];
  const previous = [given.previousProof ?? []].flat();
  const covered = proofs.filter((one) => previous.includes(String(one.id)));
  if (covered.length !== previous.length)
    throw new Error(`The document has no proof ${previous.find((id) => !proofs.some((one) => one.id === id))}`);

  const isJcs = cryptosuite.includes('-jcs-');
  const config: JsonObject = {
    type: 'DataIntegrityProof',
    cryptosuite,
    created: `${now.toISOString().slice(0, 19)}Z`,
    verificationMethod: key.id,
    proofPurpose: purpose,
    ...given,
    // JCS suites bind the context by keeping it in the proof; the others canonicalise by it.
    ...(isJcs ? { '@context': unsecured['@context'] } : {}),
  };
  const hash = key.alg === 'ES384' ? 'sha384' : 'sha256';
  const canonical = isJcs ? canonicalJson : canonicalRdf;
  const digest = async (value: JsonObject) =>
    createHash(hash)
      .update(await canonical(value, contexts, hash))
      .digest();
  const data = Buffer.concat([
    await digest({ '@context': unsecured['@context'], ...config }),
    await digest(covered.length > 0 ? { ...unsecured, proof: covered } : unsecured),
  ]);
  const privateKey = createPrivateKey({ key: key.privateJwk, format: 'jwk' });
  const signature = sign(key.alg === 'EdDSA' ? null : hash, data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  const made = { ...config, proofValue: encodeBase58btc(signature) };
  return { ...unsecured, proof: proofs.length > 0 ? [...proofs, made] : made };
}

/** RFC 8785. It looks at no context, so the terms are looked up for their own sake. */
async function canonicalJson(value: JsonObject, contexts: Contexts): Promise<string> {
  await expand(value, contexts);
  return canonicalize(value)!;
}

/** Safe mode: what would be left out of the signature is an error. */
const canonicalRdf = async (value: JsonObject, contexts: Contexts, hash: 'sha256' | 'sha384'): Promise<string> =>
  canonize(await expand(value, contexts), hash);
