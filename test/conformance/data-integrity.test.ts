import { beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/credentials/credential.ts';
import { generateDidKey } from '../../src/credentials/issuing/identity.ts';
import { type ProofOptions, signDataIntegrity } from '../../src/credentials/issuing/sign.ts';
import { conformance, failures, refused, taken } from './asking.ts';
import { HARBOURS, harbour, V2 } from './cases.ts';

/* Proofs and presentations as the public W3C suites ask for them, in requests written from the specifications. */

const SUITES = [
  'eddsa-rdfc-2022',
  'eddsa-jcs-2022',
  'ecdsa-rdfc-2019',
  'ecdsa-rdfc-2019/p384',
  'ecdsa-jcs-2019',
  'ecdsa-jcs-2019/p384',
];
const key = generateDidKey('EdDSA');
const { contexts, issue, issued, verify, verifyVp } = conformance();

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
    refused(await issue(harbour({ type: ['VerifiableCredential', 'Depth'] }), suite));
    refused(await issue(harbour({ credentialSubject: { depth: 7 } }), suite));
  });
});

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
    const answer = await verify({ ...signed, proof: (signed.proof as JsonObject[])[1] });
    refused(answer);
    expect(failures(answer)[0]!.why).toContain('previous proof');
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
