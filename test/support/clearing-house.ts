import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { JsonObject } from '../../src/credentials/credential.ts';
import { signJwt } from '../../src/credentials/issuing/sign.ts';
import { type DidHost, didHost } from './did-host.ts';

const DAY_MS = 86_400_000;
const DOCUMENT = 'https://docs.gaia-x.eu/policy-rules-committee/compliance-document/25.10';
export const OF_SERVICE = [`${DOCUMENT}/criteria_cloud_services/#P1.1.1`];
export const OF_PARTICIPANT = [`${DOCUMENT}/criteria_participant/#PA1.1`];

/** What a credential says, whatever form it is in. */
export const bodyOf = (credential: string): JsonObject =>
  JSON.parse(credential.startsWith('{') ? credential : Buffer.from(credential.split('.')[1]!, 'base64url').toString());
export const hashOf = (credential: string, as: 'hex' | 'base64') =>
  `sha256-${createHash('sha256')
    .update(canonicalize(bodyOf(credential))!)
    .digest(as)}`;

/** How a label names the credentials it vouches for. */
export const NAMED = {
  /** As issued until 2026. */
  issued: (one: string) => ({
    ...(bodyOf(one).id ? { id: bodyOf(one).id } : {}),
    type: 'gx:ServiceOffering',
    'gx:digestSRI': hashOf(one, 'hex'),
  }),
  /** As the 25.11 shape has it: the id is that of the entry. */
  specified: (one: string, at = 0) => ({
    id: `https://house.example/label#compliant-${at}`,
    type: 'gx:CompliantCredential',
    'gx:credentialType': 'gx:ServiceOffering',
    digestSRI: hashOf(one, 'base64'),
  }),
  /** As that shape has it, with the digest in hex. */
  hex: (one: string, at = 0) => ({ ...NAMED.specified(one, at), digestSRI: hashOf(one, 'hex') }),
};

export interface LabelOptions {
  level?: string;
  criteria?: string[];
  named?: (credential: string, at?: number) => object;
  change?: JsonObject;
  subject?: JsonObject;
}

/** A clearing house with a did:web host of its own. */
export async function clearingHouse() {
  const host: DidHost = await didHost();
  const stamp = (ms: number) => new Date(Date.now() + ms).toISOString();
  let count = 0;
  const document = (credentials: string[], options: LabelOptions = {}): JsonObject => {
    const { level = 'SC', criteria = OF_SERVICE, named = NAMED.issued, change = {}, subject = {} } = options;
    const id = `${host.url}/labels/${++count}`;
    return {
      '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/gaia-x/development#'],
      type: ['VerifiableCredential'],
      id,
      issuer: host.did,
      validFrom: stamp(-DAY_MS),
      validUntil: stamp(60 * DAY_MS),
      credentialSubject: {
        type: 'gx:LabelCredential',
        id: `${id}#cs`,
        'gx:labelLevel': level,
        'gx:engineVersion': '2.12.0',
        'gx:rulesVersion': 'CD25.10',
        'gx:compliantCredentials': credentials.map((one, at) => named(one, at)),
        'gx:validatedCriteria': criteria,
        ...subject,
      },
      ...change,
    };
  };
  return {
    host,
    trust: { did: host.did, role: 'clearing-house' as const, name: 'House' },
    document,
    label: (credentials: string[], options: LabelOptions = {}) => signJwt(document(credentials, options), host.key),
  };
}
