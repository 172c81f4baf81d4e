import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DidHost, didHost } from '../../../test/support/did-host.ts';
import { claim, contexts, NOW, refusal } from '../../../test/support/verifying.ts';
import type { JsonObject } from '../credential.ts';
import { generateDidKey } from '../issuing/identity.ts';
import { signDataIntegrity, signJwt } from '../issuing/sign.ts';
import { encodeBase58btc } from '../keys/multibase.ts';

let host: DidHost;
let other: DidHost;
beforeAll(async () => {
  [host, other] = await Promise.all([didHost(), didHost()]);
});
afterAll(async () => {
  await Promise.all([host, other].map((one) => one.close()));
});

describe('Data Integrity and JSON-LD traps', () => {
  const signed = (change: JsonObject = {}) =>
    signDataIntegrity(claim(host.did, change), host.key, contexts, { now: NOW });
  const post = (document: object) => refusal(JSON.stringify(document), 'application/vc');

  it('refuses missing, empty, many and altered proofs (H-067 to H-082)', async () => {
    const good = await signed();
    const proof = good.proof as JsonObject;
    const { proof: _gone, ...unsigned } = good;
    for (const document of [
      unsigned,
      { ...good, proof: [] },
      { ...good, proof: [proof, { ...proof, created: '2026-11-20T00:00:00Z' }] },
      { ...good, proof: { ...proof, proofPurpose: 'authentication' } },
      { ...good, proof: { ...proof, cryptosuite: 'ecdsa-rdfc-2019' } },
      { ...good, proof: { ...proof, verificationMethod: `${host.did}#other` } },
      { ...good, proof: { ...proof, previousProof: 'urn:uuid:none' } },
      { ...good, proof: { ...proof, proofValue: `u${Buffer.alloc(64, 1).toString('base64url')}` } },
      { ...good, proof: { ...proof, proofValue: String(proof.proofValue).slice(0, -4) } },
      { ...good, proof: { ...proof, created: '2026-11-20T00:00:00Z' } },
      { ...good, validUntil: '2027-02-01T00:00:00Z' },
    ]) {
      expect(await post(document)).toMatchObject({ code: 'proof' });
    }
    expect(await post({ ...good, proof: { ...proof, verificationMethod: other.key.id } })).toMatchObject({
      code: 'proof',
    });
  });

  it('names a signature that was cut off, kinds of proof that are not taken, and the purpose that is wanted', async () => {
    const good = await signed();
    const proof = good.proof as JsonObject;
    const last = async (change: JsonObject) => (await post({ ...good, proof: { ...proof, ...change } })).last;
    const needs = 'eddsa-rdfc-2022 with a key on Ed25519 needs 64: it was cut off';
    expect(await last({ proofValue: '' })).toMatchObject({ why: `The signature has 0 bytes, ${needs}` });
    expect(await last({ proofValue: 'z' })).toMatchObject({ why: `The signature has 0 bytes, ${needs}` });
    expect((await last({ proofValue: String(proof.proofValue).slice(0, 40) }))?.why).toContain(needs);
    for (const kind of [{ cryptosuite: 'bbs-2023' }, { type: 'RsaSignature2018', cryptosuite: undefined }])
      expect(await last(kind)).toMatchObject({
        why: expect.stringMatching(/^A proof of (DataIntegrityProof bbs-2023|RsaSignature2018) is not taken here$/),
        mend: expect.stringMatching(/^Have it issued with one of eddsa-rdfc-2022/),
      });
    expect(await last({ proofPurpose: 'authentication' })).toMatchObject({
      mend: 'Sign it with proofPurpose assertionMethod',
    });
  });

  it('refuses contexts that are not held, without a request, and inline ones (H-083, H-087)', async () => {
    for (const context of [
      `${other.url}/context.jsonld`,
      'file:///etc/passwd',
      'data:application/ld+json,{}',
      { gx: 'https://evil.example/' },
      [['https://www.w3.org/ns/credentials/v2']],
    ]) {
      const document = claim(host.did, { '@context': ['https://www.w3.org/ns/credentials/v2', context] });
      const jwt = await signJwt(document, host.key);
      if (!Array.isArray(context))
        expect(await refusal(jwt)).toMatchObject({ code: 'terms', last: { id: 'verify.context' } });
    }
    expect(other.seen).not.toContain('/context.jsonld');
  });

  it('names a term that nobody defined (H-086), and keywords that hide claims (H-096, H-097)', async () => {
    const subject = claim(host.did).credentialSubject as JsonObject;
    const jwt = await signJwt(
      {
        ...claim(host.did),
        '@context': ['https://www.w3.org/ns/credentials/v2'],
        credentialSubject: { ...subject, colour: 'teal' },
      },
      host.key,
    );
    expect(await refusal(jwt)).toMatchObject({ code: 'terms', last: { found: 'colour' } });
    for (const keyword of ['@nest', '@reverse', '@included', '@graph']) {
      expect(
        await refusal(
          await signJwt(claim(host.did, { credentialSubject: { ...subject, [keyword]: { name: 'x' } } }), host.key),
        ),
      ).toMatchObject({ code: 'terms', last: { found: keyword } });
    }
  });

  it('bounds what wide documents can cost (H-095, H-098)', async () => {
    const subject = claim(host.did).credentialSubject as JsonObject;
    const proof = { type: 'DataIntegrityProof', cryptosuite: 'eddsa-rdfc-2022', proofPurpose: 'assertionMethod' };
    const key = generateDidKey('EdDSA');
    const forged = { ...proof, verificationMethod: key.id, proofValue: encodeBase58btc(Buffer.alloc(64, 7)) };
    const words = (count: number) => Array.from({ length: count }, (_, at) => `word ${at}`);
    const wide: JsonObject[] = [
      { 'gx:keyword': words(40_000) },
      { 'gx:keyword': words(900), 'gx:serviceScope': words(900), 'gx:legalName': words(900) },
      { 'gx:dependsOn': Array.from({ length: 8_000 }, () => ({ type: 'gx:ServiceOffering' })) },
      { 'gx:dependsOn': Array.from({ length: 900 }, () => ({ type: 'gx:ServiceOffering' })) },
    ];
    for (const claims of wide) {
      const started = performance.now();
      await post({ ...claim(key.did), credentialSubject: { ...subject, ...claims }, proof: forged });
      expect(performance.now() - started).toBeLessThan(1_000);
    }
  });

  it('bounds what a poisoned graph can cost (H-093, H-094)', async () => {
    const blank = Array.from({ length: 20 }, (_, at) => ({
      id: `_:b${at}`,
      'gx:dependsOn': Array.from({ length: 20 }, (_, to) => ({ id: `_:b${(at + to + 1) % 20}` })),
    }));
    const started = Date.now();
    const good = await signed();
    await post({ ...good, credentialSubject: { id: host.did, type: 'gx:LegalPerson', 'gx:dependsOn': blank } });
    expect(Date.now() - started).toBeLessThan(2_000);
  });

  it('wants subjects, an issuer and VC 2.0 (H-104)', async () => {
    for (const change of [
      { credentialSubject: [] },
      { credentialSubject: {} },
      { credentialSubject: undefined },
      { issuer: undefined },
      { issuer: 'https://provider.example' },
      { '@context': ['https://www.w3.org/2018/credentials/v1'] },
    ]) {
      expect(await refusal(await signJwt(claim(host.did, change), host.key))).toMatchObject({ code: 'malformed' });
    }
  });
});
