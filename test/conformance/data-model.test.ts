import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/credentials/credential.ts';
import { digestOf } from '../../src/credentials/digest.ts';
import { generateDidKey } from '../../src/credentials/issuing/identity.ts';
import { signJwt } from '../../src/credentials/issuing/sign.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { conformance, failures, refused, taken } from './asking.ts';
import {
  type Case,
  CONTEXTS,
  HARBOURS,
  harbour,
  IDENTIFIERS,
  relatedResources,
  SUBJECTS_AND_ISSUERS,
  TEXTS,
  TYPED,
  TYPES,
  V2,
  VALIDITY,
} from './cases.ts';
import { startConformance } from './server.ts';

/* The data model as the public W3C suites ask for it, in requests written from the specifications. */

const RESOURCE = 'Depth at low tide: 7 m\n';
const key = generateDidKey('EdDSA');
const { issue, issued, issuers, post, verify, verifyVp } = conformance();
let host: DidHost;

beforeAll(async () => {
  host = await didHost();
  host.files.set('/depth.txt', { type: 'text/plain', body: RESOURCE });
});
afterAll(() => host?.close());

/** As a careless issuer would sign it: whatever it says. */
const enveloped = async (document: JsonObject): Promise<JsonObject> => ({
  '@context': V2,
  id: `data:application/vc+jwt,${await signJwt(document, key)}`,
  type: 'EnvelopedVerifiableCredential',
});

async function judge([, change, expected]: Case): Promise<void> {
  const sent = await issue(harbour(change));
  const signed = await verify(await enveloped({ issuer: key.did, ...harbour(change) }));
  if (expected === 'taken') {
    expect(sent, JSON.stringify(sent)).toMatchObject({ status: 201 });
    taken(signed);
    taken(await verify(sent.verifiableCredential));
    return;
  }
  for (const answer of [sent, signed]) {
    refused(answer);
    expect(failures(answer)[0]!.where ?? '/').toContain(expected);
  }
}

const GROUPS: [section: string, cases: Case[]][] = [
  ['contexts (4.3)', CONTEXTS],
  ['identifiers (4.4)', IDENTIFIERS],
  ['types (4.5)', TYPES],
  ['names and descriptions (4.6)', TEXTS],
  ['issuer and subject (4.7, 4.8)', SUBJECTS_AND_ISSUERS],
  ['validity (4.9)', VALIDITY],
  ['status, schemas, terms of use, evidence (4.10, 4.11, 5)', TYPED],
];

describe.each(GROUPS)('the data model: %s', (_section, cases) => {
  it.each(cases)('%s', async (...one) => judge(one));
});

describe('the data model: related resources (5.3)', () => {
  const names = relatedResources({ id: '', digestSRI: '', digestMultibase: '' }).map(([what]) => what);
  it.each(names.map((what, at) => [what, at] as const))('%s', async (_what, at) => {
    const bytes = Buffer.from(RESOURCE);
    const cases = relatedResources({
      id: `${host.url}/depth.txt`,
      digestSRI: `sha384-${createHash('sha384').update(bytes).digest('base64')}`,
      digestMultibase: digestOf(bytes),
    });
    await judge(cases[at]!);
  });
});

describe('issuing', () => {
  it('keeps what it was given, and names itself as the issuer', async () => {
    const name = { '@value': 'Port authority', '@language': 'en' };
    const credential = harbour({ issuer: { id: 'https://port.example/', name } });
    const { proof, ...rest } = await issued(credential);
    expect(proof).toMatchObject({ type: 'DataIntegrityProof', proofPurpose: 'assertionMethod' });
    expect(rest).toEqual({ ...credential, issuer: { id: issuers().get('eddsa-rdfc-2022')!.did, name } });
  });

  it.each([
    ['begins in the far future', { validFrom: '4023-02-26T01:02:58.447Z' }],
    ['has ended', { validFrom: '2023-02-26T01:19:19Z', validUntil: '2023-02-26T01:19:20Z' }],
  ])('signs what %s; verifying refuses it', async (_what, change) => {
    const { checks } = await verify(await issued(harbour(change)));
    expect(checks).toContainEqual(expect.objectContaining({ id: 'verify.validity', result: 'fail' }));
  });

  it('signs what names a status that nobody can ask for', async () => {
    await issued(harbour({ credentialStatus: { type: 'https://terms.example/#Status' } }));
  });

  it('signs a credential of VC 1.1, with the context that its proof needs', async () => {
    const { id, ...subject } = harbour().credentialSubject as JsonObject;
    const signed = await issued({
      '@context': ['https://www.w3.org/2018/credentials/v1', { name: 'https://schema.org/name' }],
      type: ['VerifiableCredential'],
      issuanceDate: '2024-02-26T01:19:19Z',
      credentialSubject: { id, ...subject },
    });
    expect(signed['@context']).toContain('https://w3id.org/security/data-integrity/v2');
    taken(await verify(signed));
  });

  it('refuses a body that is not JSON, and one without a credential', async () => {
    expect(await post('eddsa-rdfc-2022/credentials/issue', '{')).toMatchObject({ status: 400, code: 'malformed' });
    expect(await post('eddsa-rdfc-2022/credentials/issue', {})).toMatchObject({ status: 400, code: 'malformed' });
  });
});

describe('enveloped credentials (4.13.2)', () => {
  it('are issued and taken', async () => {
    const envelope = await issued(harbour(), 'vc-jose-cose');
    expect(envelope).toMatchObject({ '@context': V2, type: 'EnvelopedVerifiableCredential' });
    taken(await verify(envelope));
  });

  it.each([
    ['no context', { '@context': [] }],
    ['a context that does not know the type', { '@context': [HARBOURS] }],
    ['no type', { type: undefined }],
    ['the type of what is inside', { type: 'VerifiableCredential' }],
    ['an id that is no data: URL', { id: 'eyJhbGciOiJub25lIn0.e30.' }],
  ])('are refused with %s', async (_what, change) => {
    refused(await verify({ ...(await issued(harbour(), 'vc-jose-cose')), ...change }));
  });
});

describe('enveloped presentations (4.13.3)', () => {
  const asked = { challenge: 'c-1', domain: 'port.example' };
  const envelope = async (claims: JsonObject = { nonce: asked.challenge, aud: asked.domain }) => ({
    '@context': V2,
    id: `data:application/vp+jwt,${await signJwt({ '@context': [V2], type: ['VerifiablePresentation'], holder: key.did, ...claims }, key, 'vp')}`,
    type: 'EnvelopedVerifiablePresentation',
  });

  it('are taken', async () => taken(await verifyVp(await envelope(), asked)));

  it('are refused for another challenge or domain than the one asked for', async () => {
    refused(await verifyVp(await envelope(), { ...asked, challenge: 'c-2' }));
    refused(await verifyVp(await envelope(), { ...asked, domain: 'quay.example' }));
    refused(await verifyVp(await envelope({}), asked));
  });

  it.each([
    ['no context', { '@context': [] }],
    ['a context that does not know the type', { '@context': [HARBOURS] }],
    ['the type of what is inside', { type: ['VerifiablePresentation'] }],
    ['an id that is no data: URL', { id: 'eyJhbGciOiJub25lIn0.e30.' }],
  ])('are refused with %s', async (_what, change) => {
    refused(await verifyVp({ ...(await envelope()), ...change }, asked));
  });
});

describe('bitstring status lists', () => {
  it('a credential points at its place in a list that is a credential itself', async () => {
    const signed = await issued(harbour(), 'bitstring-status-list');
    const entry = signed.credentialStatus as JsonObject;
    expect(entry).toMatchObject({ type: 'BitstringStatusListEntry', statusPurpose: 'revocation' });
    expect(entry.statusListIndex).toMatch(/^\d+$/);
    expect(entry.id).not.toBe(entry.statusListCredential);
    const list = (await (await fetch(String(entry.statusListCredential))).json()) as JsonObject;
    expect(list.type).toEqual(['VerifiableCredential', 'BitstringStatusListCredential']);
    taken(await verify(list));
    taken(await verify(signed));
  });

  it('a revoked credential is refused by whoever asks for the list then', async () => {
    const signed = await issued(harbour(), 'bitstring-status-list');
    const { revoked } = issuers().get('bitstring-status-list')!;
    revoked!.add(Number((signed.credentialStatus as JsonObject).statusListIndex));
    const other = await startConformance();
    const answer = await post('credentials/verify', { verifiableCredential: signed }, other.url);
    expect(answer).toMatchObject({ status: 400, code: 'revoked' });
    await other.close();
  });

  it.each([
    ['an index that is no number', { statusListIndex: true }],
    ['no purpose', { statusPurpose: undefined }],
    ['a list that is nowhere', { statusListCredential: 'http://localhost:9/list' }],
  ])('an entry with %s is refused', async (_what, change) => {
    const { credentialStatus } = await issued(harbour(), 'bitstring-status-list');
    const document = {
      ...harbour(),
      issuer: key.did,
      credentialStatus: { ...(credentialStatus as JsonObject), ...change },
    };
    refused(await verify(await enveloped(document)));
  });
});
