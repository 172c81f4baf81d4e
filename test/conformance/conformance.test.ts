import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../src/credentials/check.ts';
import type { JsonObject } from '../../src/credentials/credential.ts';
import { digestOf } from '../../src/credentials/digest.ts';
import { generateDidKey } from '../../src/credentials/issuing/identity.ts';
import { type ProofOptions, signDataIntegrity, signJwt } from '../../src/credentials/issuing/sign.ts';
import { type Contexts, loadContexts } from '../../src/credentials/jsonld/contexts.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
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
import { type ConformanceServer, startConformance } from './server.ts';

/* Requests as the public W3C suites send them, written from the specifications. README.md tells how to run the suites. */

const SUITES = [
  'eddsa-rdfc-2022',
  'eddsa-jcs-2022',
  'ecdsa-rdfc-2019',
  'ecdsa-rdfc-2019/p384',
  'ecdsa-jcs-2019',
  'ecdsa-jcs-2019/p384',
];
const RESOURCE = 'Depth at low tide: 7 m\n';

const contextsDir = mkdtempSync(join(tmpdir(), 'kontor-conformance-'));
const key = generateDidKey('EdDSA');
let server: ConformanceServer;
let host: DidHost;
let contexts: Contexts;

beforeAll(async () => {
  const context = JSON.stringify({ '@context': { Harbour: 'https://terms.example/#Harbour' } });
  writeFileSync(join(contextsDir, 'harbours.jsonld'), context);
  const index = { [HARBOURS]: { file: 'harbours.jsonld', digest: digestOf(Buffer.from(context)) } };
  writeFileSync(join(contextsDir, 'index.json'), JSON.stringify(index));
  contexts = loadContexts(resolve(import.meta.dirname, '../../shapes/contexts'), contextsDir);
  server = await startConformance({ contextsDir });
  host = await didHost();
  host.files.set('/depth.txt', { type: 'text/plain', body: RESOURCE });
});

afterAll(async () => {
  await server?.close();
  await host?.close();
  rmSync(contextsDir, { recursive: true });
});

interface Answer {
  status: number;
  verified?: boolean;
  verifiableCredential?: JsonObject;
  checks?: Check[];
}

async function post(path: string, body: unknown, url = server.url): Promise<Answer> {
  const response = await fetch(`${url}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { ...((await response.json()) as object), status: response.status };
}

const issue = (credential: unknown, issuer = 'eddsa-rdfc-2022') => post(`${issuer}/credentials/issue`, { credential });
const verify = (verifiableCredential: unknown, options: object = {}) =>
  post('credentials/verify', { verifiableCredential, options });
const verifyVp = (verifiablePresentation: unknown, options: object = {}) =>
  post('presentations/verify', { verifiablePresentation, options });

const issued = async (credential: JsonObject, issuer?: string): Promise<JsonObject> => {
  const answer = await issue(credential, issuer);
  expect(answer, JSON.stringify(answer)).toMatchObject({ status: 201 });
  return answer.verifiableCredential!;
};
const failures = ({ checks = [] }: Answer) => checks.filter(({ result }) => result === 'fail' || result === 'unknown');
const taken = (answer: Answer) => expect([answer.status, answer.verified, failures(answer)]).toEqual([200, true, []]);
const refused = (answer: Answer) => {
  expect([answer.status, answer.verified]).toEqual([400, false]);
  expect(failures(answer)).not.toEqual([]);
};

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
    expect(rest).toEqual({ ...credential, issuer: { id: server.issuers.get('eddsa-rdfc-2022')!.did, name } });
  });

  it.each([
    ['begins in the far future', { validFrom: '4023-02-26T01:02:58.447Z' }],
    ['has ended', { validFrom: '2023-02-26T01:19:19Z', validUntil: '2023-02-26T01:19:20Z' }],
  ])('signs what %s; verifying refuses it', async (_what, change) => {
    const { checks } = await verify(await issued(harbour(change)));
    expect(checks).toContainEqual(expect.objectContaining({ id: 'verify.validity', result: 'fail' }));
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

/** What becomes of a proof in other hands. */
const PROOF_FAULTS: [what: string, change: (proof: JsonObject) => unknown][] = [
  ['without a proof', () => undefined],
  ['with a proof that is null', () => null],
  ['with a proof that is text', () => 'z3FXQ'],
  ['without a type', ({ type: _, ...rest }) => rest],
  ['with an unknown type', (proof) => ({ ...proof, type: 'UnknownProofType' })],
  ['without a cryptosuite', ({ cryptosuite: _, ...rest }) => rest],
  ['with an unknown cryptosuite', (proof) => ({ ...proof, cryptosuite: 'unknown-2017' })],
  ['without a verificationMethod', ({ verificationMethod: _, ...rest }) => rest],
  ['with a verificationMethod that is no key', (proof) => ({ ...proof, verificationMethod: 'did:key:invalid' })],
  ['without a proofPurpose', ({ proofPurpose: _, ...rest }) => rest],
  ['with another proofPurpose', (proof) => ({ ...proof, proofPurpose: 'invalidPurpose' })],
  ['without a proofValue', ({ proofValue: _, ...rest }) => rest],
  ['with a proofValue that is null', (proof) => ({ ...proof, proofValue: null })],
  [
    'with a proofValue without its multibase header',
    (proof) => ({ ...proof, proofValue: String(proof.proofValue).slice(1) }),
  ],
  [
    'with a proofValue of another multibase',
    (proof) => ({ ...proof, proofValue: `u${String(proof.proofValue).slice(1)}` }),
  ],
  ['with a proofValue cut short', (proof) => ({ ...proof, proofValue: String(proof.proofValue).slice(0, -1) })],
  ['with a created that is no time', (proof) => ({ ...proof, created: 'yesterday' })],
  ['with an expires that is no time', (proof) => ({ ...proof, expires: 'tomorrow' })],
  ['with an expires added after signing', (proof) => ({ ...proof, expires: '2999-01-01T00:00:00Z' })],
  ['with a previousProof that is not there', (proof) => ({ ...proof, previousProof: 'urn:example:missing' })],
];

describe.each(SUITES)('data integrity: %s', (suite) => {
  let signed: JsonObject;
  beforeAll(async () => {
    signed = await issued(harbour({ id: 'urn:uuid:0f6f1bfa-8f3c-4d55-b1ff-5f6c3f0d0a11' }), suite);
  });

  it('takes what it issued', async () => {
    expect(signed.proof).toMatchObject({ cryptosuite: suite.split('/')[0] });
    taken(await verify(signed));
  });

  it.each(PROOF_FAULTS)('refuses it %s', async (_what, change) => {
    refused(await verify({ ...signed, proof: change(signed.proof as JsonObject) }));
  });

  it.each([
    ['another name', { credentialSubject: { id: 'did:example:harbour', name: 'South Quay' } }],
    ['a term that no context defines', { credentialSubject: { ...(harbour().credentialSubject as object), depth: 7 } }],
    ['a type that no context defines', { type: ['VerifiableCredential', 'Depth'] }],
    ['a relative id', { id: 'harbours/1' }],
  ])('refuses it with %s', async (_what, change) => {
    refused(await verify({ ...signed, ...change }));
  });

  it('refuses it as text', async () => refused(await verify(JSON.stringify(signed))));

  it('refuses to sign terms and types that no context defines', async () => {
    refused(await issue(harbour({ type: ['VerifiableCredential', 'Depth'] }), suite).then(unverified));
    refused(await issue(harbour({ credentialSubject: { depth: 7 } }), suite).then(unverified));
  });
});
const unverified = (answer: Answer): Answer => ({ verified: false, ...answer });

describe('data integrity: sets and chains of proofs', () => {
  const sign = (document: object, options?: ProofOptions) => signDataIntegrity(document, key, contexts, options);
  const document = { ...harbour(), issuer: key.did };
  const FIRST = 'urn:example:first:proof';

  it('takes two proofs that both hold', async () => taken(await verify(await sign(await sign(document)))));

  it.each([
    ['a name', FIRST],
    ['a list', [FIRST]],
  ])('takes a proof that names the one before it by %s', async (_how, previousProof) => {
    taken(await verify(await sign(await sign(document, { id: FIRST }), { previousProof })));
  });

  it('refuses a set of which one proof does not hold', async () => {
    const signed = await sign(await sign(document, { id: FIRST }), { previousProof: FIRST });
    const [first, second] = signed.proof as JsonObject[];
    refused(await verify({ ...signed, proof: [{ ...first, proofValue: 'invalidProofValue' }, second] }));
    refused(await verify({ ...signed, proof: [{ ...first, proofValue: second!.proofValue }, second] }));
  });

  it('refuses a proof whose previous proof was taken away', async () => {
    const signed = await sign(await sign(document, { id: FIRST }), { previousProof: [FIRST] });
    refused(await verify({ ...signed, proof: (signed.proof as JsonObject[])[1] }));
  });

  it('refuses a proof that has expired', async () => {
    refused(await verify(await sign(document, { expires: '2024-01-01T00:00:00Z' } as ProofOptions)));
  });

  it('refuses a proof for another challenge or domain than the one asked for', async () => {
    const signed = await sign(document, { challenge: 'c-1', domain: 'port.example' });
    taken(await verify(signed, { challenge: 'c-1', domain: 'port.example' }));
    refused(await verify(signed, { challenge: 'c-2', domain: 'port.example' }));
    refused(await verify(signed, { challenge: 'c-1', domain: 'quay.example' }));
    refused(await verify(await sign(document), { challenge: 'c-1' }));
  });
});

describe('presentations (4.13)', () => {
  const asked = { challenge: 'c-1', domain: 'port.example' };
  const vp = (change: JsonObject = {}) => ({ '@context': [V2], type: ['VerifiablePresentation'], ...change });
  const present = (change: JsonObject = {}, options: ProofOptions = asked) =>
    signDataIntegrity(vp(change), key, contexts, { purpose: 'authentication', ...options });

  it('are taken without holder and credentials', async () => taken(await verifyVp(await present(), asked)));

  it.each([
    ['a holder by name', { holder: key.did }],
    ['a holder as object', { holder: { id: key.did } }],
    ['an id', { id: 'urn:uuid:9c9a36f8-518f-4976-a934-6649502d0008' }],
    ['a context and a type of their own', { '@context': [V2, HARBOURS], type: ['VerifiablePresentation', 'Harbour'] }],
    [
      'a context written into them',
      { '@context': [V2, { Depth: 'https://terms.example/#Depth' }], type: ['VerifiablePresentation', 'Depth'] },
    ],
  ])('are taken with %s', async (_what, change) => taken(await verifyVp(await present(change), asked)));

  it('are taken with credentials, embedded and enveloped', async () => {
    const verifiableCredential = [await issued(harbour()), await issued(harbour(), 'vc-jose-cose')];
    taken(await verifyVp(await present({ verifiableCredential }), asked));
  });

  it('are refused with a credential that does not verify', async () => {
    const verifiableCredential = [{ ...(await issued(harbour())), credentialSubject: { id: 'did:example:other' } }];
    refused(await verifyVp(await present({ verifiableCredential }), asked));
  });

  it.each([
    ['no context', { '@context': undefined }],
    ['another context first', { '@context': [HARBOURS, V2] }],
    ['only another context', { '@context': [HARBOURS] }],
    ['a context nobody holds', { '@context': [V2, 'https://contexts.example/unknown'] }],
    ['a number for a context', { '@context': [V2, 12] }],
    ['no type', { type: undefined }],
    ['another type', { '@context': [V2, HARBOURS], type: ['Harbour'] }],
    ['a holder that is no URL', { holder: 'port-authority' }],
    ['a holder object without an id', { holder: { name: 'Port authority' } }],
    ['a credential as text', { verifiableCredential: ['eyJhbGciOiJub25lIn0.e30.'] }],
    ['another proofValue', { proof: 'other' }],
  ])('are refused with %s', async (_what, change: JsonObject) => {
    const signed = await present();
    const proof = {
      ...(signed.proof as JsonObject),
      ...(change.proof ? { proofValue: 'z5nmMBw2u9TGKd9NxxHJtyZKgjN2Eh' } : {}),
    };
    refused(await verifyVp({ ...signed, ...change, proof }, asked));
  });

  it('are refused for another challenge or domain than the one asked for', async () => {
    refused(await verifyVp(await present(), { ...asked, challenge: 'c-2' }));
    refused(await verifyVp(await present(), { ...asked, domain: 'quay.example' }));
    refused(await verifyVp(await present({}, {}), asked));
  });

  it('are refused as credentials, and credentials as presentations', async () => {
    refused(await verify(await present()));
    refused(await verifyVp(await issued(harbour())));
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
    const { revoked } = server.issuers.get('bitstring-status-list')!;
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
