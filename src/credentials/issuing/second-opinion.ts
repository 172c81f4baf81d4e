import { messageOf } from '../../errors.ts';
import type { JsonObject } from '../credential.ts';
import { type Contexts, contextLoader } from '../jsonld/contexts.ts';
import '../jsonld/jsonld.ts';
import { multikeyOf } from '../keys/keys.ts';
import type { SigningKey } from './identity.ts';

/**
 * What @digitalbazaar/vc, by which most others verify, says of a credential that was signed here with a Data Integrity
 * proof over statements (the `rdfc` suites; its packages for the others are young). Nothing leaves that others refuse.
 *
 * @returns why it is refused; undefined when it verifies
 */
export async function secondOpinion(
  credential: JsonObject,
  key: SigningKey,
  contexts: Contexts,
): Promise<string | undefined> {
  const { proof, validFrom } = credential as { proof: { cryptosuite: string }; validFrom?: string };
  // Imported here, because they load jsonld, which is wrapped by then.
  const vc = await import('@digitalbazaar/vc');
  const { DataIntegrityProof } = await import('@digitalbazaar/data-integrity');
  const { cryptosuite } = proof.cryptosuite.startsWith('eddsa')
    ? await import('@digitalbazaar/eddsa-rdfc-2022-cryptosuite')
    : await import('@digitalbazaar/ecdsa-rdfc-2019-cryptosuite');
  const documents: Record<string, object> = {
    [key.id]: {
      '@context': 'https://w3id.org/security/multikey/v1',
      id: key.id,
      type: 'Multikey',
      controller: key.did,
      publicKeyMultibase: multikeyOf(key.publicJwk),
    },
    [key.did]: { '@context': 'https://www.w3.org/ns/did/v1', id: key.did, assertionMethod: [key.id] },
  };
  const { verified, error } = await vc.verifyCredential({
    credential,
    suite: new DataIntegrityProof({ cryptosuite }),
    documentLoader: contextLoader(contexts, (url) => documents[url]),
    now: validFrom === undefined ? new Date() : new Date(validFrom),
    checkStatus: async () => ({ verified: true }),
  });
  return verified ? undefined : deepest(error);
}

function deepest(error: unknown): string {
  const { errors } = (error ?? {}) as { errors?: unknown[] };
  return errors?.[0] ? deepest(errors[0]) : messageOf(error);
}
