import { accepted, refused, type Verdict } from '../../errors.ts';
import type { JsonObject } from '../credential.ts';
import { decodeUtf8, parseObject } from '../strict-json.ts';
import type { DidDocument } from './did.ts';
import { publicKeyOf } from './public-key.ts';

/** Longer than any key that is taken, and than a private key of RSA that should be told by name. */
const LONGEST_DID = 8192;

/** The document of a did:key (https://w3c-ccg.github.io/did-key-spec/): Ed25519, P-256 or P-384. */
export function didKeyDocument(did: string): Verdict<DidDocument> {
  const publicKeyMultibase = did.slice('did:key:'.length);
  return documentOf(did, { id: `${did}#${publicKeyMultibase}`, type: 'Multikey', controller: did, publicKeyMultibase });
}

/** The document of a did:jwk (https://github.com/quartzjer/did-jwk/blob/main/spec.md). */
export function didJwkDocument(did: string): Verdict<DidDocument> {
  const encoded = did.slice('did:jwk:'.length);
  const bytes = Buffer.from(did.length <= LONGEST_DID ? encoded : '', 'base64url');
  if (bytes.length === 0 || bytes.toString('base64url') !== encoded)
    return refused(
      'issuer',
      `${did.slice(0, 120)} is not a did:jwk: base64url without padding, in ${LONGEST_DID} characters at most`,
    );
  try {
    const publicKeyJwk = parseObject(decodeUtf8(bytes));
    return documentOf(did, { id: `${did}#0`, type: 'JsonWebKey2020', controller: did, publicKeyJwk });
  } catch {
    return refused('issuer', `${did.slice(0, 120)} does not hold a JWK in JSON`);
  }
}

/** A DID that is its own key is good for as much as the key is; one that proves nothing is no DID to speak as. */
function documentOf(did: string, method: JsonObject & { id: string }): Verdict<DidDocument> {
  const key = publicKeyOf(method);
  if (!key.ok) return refused('issuer', key.detail);
  return accepted({
    id: did,
    verificationMethod: [method],
    assertionMethod: [method.id],
    authentication: [method.id],
  });
}
