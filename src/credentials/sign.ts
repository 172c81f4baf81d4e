import { DataIntegrityProof } from '@digitalbazaar/data-integrity';
import { cryptosuite } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import { CompactSign, importJWK } from 'jose';
import { type Contexts, contextLoader } from './contexts.ts';
import type { JsonObject } from './credential.ts';
import { ed25519Signer, type SigningKey } from './keys.ts';

/**
 * Signs a credential as `vc+jwt` (https://www.w3.org/TR/vc-jose-cose/#securing-with-jose). The payload is the document
 * itself; `iss` and `iat` go into the header's neighbours only where asked, so that one fact stands in one place.
 *
 * @param options.iat time of issue in seconds; default none
 * @returns the compact JWS
 */
export async function signJwt(
  document: object,
  key: SigningKey,
  options: { iat?: number; typ?: string; cty?: string } = {},
): Promise<string> {
  const payload = options.iat === undefined ? document : { ...document, iat: options.iat };
  const typ = options.typ ?? 'vc+jwt';
  return new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: key.alg, typ, cty: options.cty ?? typ.replace('+jwt', ''), kid: key.id, iss: key.did })
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
  return signJwt(document, key, { typ: 'vp+jwt' });
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
