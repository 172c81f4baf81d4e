import { DataIntegrityProof } from '@digitalbazaar/data-integrity';
import { cryptosuite } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import { CompactSign, importJWK } from 'jose';
import type { JsonObject } from '../credential.ts';
import { type Contexts, contextLoader } from '../jsonld/contexts.ts';
import { ed25519Signer, type SigningKey } from '../keys/keys.ts';

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

/** Signs a presentation as `vp+jwt`, each credential enveloped as a data URL. */
export function signPresentation(jwts: string[], key: SigningKey): Promise<string> {
  const document = {
    '@context': ['https://www.w3.org/ns/credentials/v2'],
    type: ['VerifiablePresentation'],
    holder: key.did,
    verifiableCredential: jwts.map((jwt) => ({
      '@context': 'https://www.w3.org/ns/credentials/v2',
      id: `data:application/vc+jwt,${jwt}`,
      type: 'EnvelopedVerifiableCredential',
    })),
  };
  return signJwt(document, key, 'vp');
}

/**
 * Signs a credential with a Data Integrity proof, eddsa-rdfc-2022 (https://www.w3.org/TR/vc-di-eddsa/).
 *
 * @throws when the key is not Ed25519, or a term of the document is not defined by its contexts
 */
export async function signDataIntegrity(
  document: object,
  key: SigningKey,
  contexts: Contexts,
  now = new Date(),
): Promise<JsonObject> {
  if (key.alg !== 'EdDSA') throw new Error(`eddsa-rdfc-2022 needs an Ed25519 key; ${key.id} is for ${key.alg}`);
  const sign = ed25519Signer(key);
  const signer = { id: key.id, algorithm: 'Ed25519', sign: async ({ data }: { data: Uint8Array }) => sign(data) };
  const suite = new DataIntegrityProof({ signer, cryptosuite, date: now });
  return vc.issue({ credential: structuredClone(document), suite, documentLoader: contextLoader(contexts), now });
}
