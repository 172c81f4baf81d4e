import { describe, expect, it } from 'vitest';
import { Checks } from '../../src/credentials/check.ts';
import type { JsonObject, ParsedCredential } from '../../src/credentials/credential.ts';
import { generateDidKey } from '../../src/credentials/issuing/identity.ts';
import { type ProofOptions, signDataIntegrity } from '../../src/credentials/issuing/sign.ts';
import { statusListDocument } from '../../src/credentials/issuing/status-list.ts';
import { parse } from '../../src/credentials/parse.ts';
import { ANSWER_MS, CREDENTIALS, DATE_TIME, GX, hostileBench, SECURITY, V2, withProof } from '../support/hostile.ts';
import { contexts, NOW, verifier } from '../support/verifying.ts';

/*
 * A proof over statements (RDF) does not cover how they are spelled. So anybody can respell a good credential and its
 * signature still holds; what a node reads must not change by it. None of these cases needs the provider's key.
 */
const bench = hostileBench();
const timed = { timeout: ANSWER_MS };
const TERMS = { code: 'terms', id: 'verify.terms' } as const;
const WRONG = { code: 'proof', id: 'verify.signature' } as const;
const stamp = (ms: number) => `${new Date(Date.now() + ms).toISOString().slice(0, 19)}Z`;
const HOUR_MS = 3_600_000;

type Signed = JsonObject & { proof: JsonObject; credentialSubject: JsonObject };
const signed = async (change: JsonObject = {}, options: ProofOptions = {}) =>
  (await signDataIntegrity(await bench.document(change), bench.provider.key, contexts, options)) as Signed;
const dateTime = (value: unknown) => ({ '@value': value, '@type': DATE_TIME });

describe('members under other names', () => {
  it('H-187 an end of validity spelled as an IRI', timed, async () => {
    const { validUntil, ...rest } = await signed({ validFrom: stamp(-3 * HOUR_MS), validUntil: stamp(-HOUR_MS) });
    await bench.refused({ ...rest, validUntil }, { code: 'expired', id: 'verify.validity', where: '/validUntil' });
    await bench.refused(
      { ...rest, [`${CREDENTIALS}validUntil`]: dateTime(validUntil) },
      { ...TERMS, found: `${CREDENTIALS}validUntil` },
    );
  });

  it('H-187 a status spelled as an IRI', timed, async () => {
    const credentialStatus = {
      type: 'BitstringStatusListEntry',
      statusPurpose: 'revocation',
      statusListIndex: '5',
      statusListCredential: `${bench.provider.url}/no-such-list`,
    };
    const { credentialStatus: entry, ...rest } = await signed({ credentialStatus });
    await bench.refused(
      { ...rest, [`${CREDENTIALS}credentialStatus`]: entry },
      { ...TERMS, found: `${CREDENTIALS}credentialStatus` },
    );
    await bench.refused(
      { ...rest, credentialStatus: { ...(entry as object), '@type': 'BitstringStatusListEntry', type: [] } },
      { code: 'malformed', id: 'verify.structure', where: '/credentialStatus/type' },
    );
  });

  it('H-187 an end of the proof spelled as an IRI', timed, async () => {
    const document = await bench.document();
    const proof = { cryptosuite: 'eddsa-rdfc-2022', created: stamp(-2 * HOUR_MS), expires: stamp(-HOUR_MS) };
    const good = (await withProof(document, bench.provider.key, { proof })) as Signed;
    const { expires, ...rest } = good.proof;
    await bench.refused(
      { ...good, proof: { ...rest, [`${SECURITY}expiration`]: dateTime(expires) } },
      { ...TERMS, found: `${SECURITY}expiration` },
    );
  });

  it.each(['issuer', 'validFrom', 'type', 'id', 'credentialSubject'])(
    'H-187 %s spelled as an IRI or keyword',
    timed,
    async (member) => {
      const { [member]: value, ...rest } = await signed({ id: 'urn:uuid:33333333-3333-4333-8333-333333333333' });
      const name = member === 'type' || member === 'id' ? `@${member}` : `${CREDENTIALS}${member}`;
      const said = member === 'issuer' ? { id: value } : member === 'validFrom' ? dateTime(value) : value;
      const { status, body } = await bench.post({ ...rest, [name]: said });
      expect(status).toBeGreaterThanOrEqual(400);
      expect(['terms', 'malformed']).toContain(body.code);
    },
  );
});

describe('one graph, another tree', () => {
  it('H-188 claims of the subject in two objects of one id', timed, async () => {
    const good = await signed();
    const { id, name, ...rest } = good.credentialSubject;
    await bench.refused(
      {
        ...good,
        credentialSubject: [
          { id, name },
          { id, ...rest },
        ],
      },
      TERMS,
    );
  });

  it('H-188 claims of the subject told of the issuer', timed, async () => {
    const { key } = bench.provider;
    const good = await signed({
      credentialSubject: { id: key.did, type: 'gx:LegalPerson', name: 'x', description: 'y' },
    });
    const { id, type, ...claims } = good.credentialSubject;
    await bench.refused({ ...good, issuer: { id, ...claims }, credentialSubject: { id, type } }, TERMS);
  });

  it('H-188 claims of the credential told in the subject, where both have one id', timed, async () => {
    const id = bench.provider.offeringId('one-id');
    const document = await bench.document();
    const same = { ...document, id, credentialSubject: { ...(document.credentialSubject as JsonObject), id } };
    const good = (await signDataIntegrity(same, bench.provider.key, contexts)) as Signed;
    const { validUntil, ...rest } = good;
    const moved = { ...good.credentialSubject, [`${CREDENTIALS}validUntil`]: dateTime(validUntil) };
    await bench.refused({ ...rest, credentialSubject: moved }, TERMS);
  });

  it('H-188 nodes without id, given one to be told apart', timed, async () => {
    const good = await signed();
    const terms = good.credentialSubject['gx:serviceOfferingTermsAndConditions'] as JsonObject;
    const { type, ...rest } = terms;
    const split = [
      { id: '_:a', type },
      { id: '_:a', ...rest },
    ];
    await bench.refused(
      { ...good, credentialSubject: { ...good.credentialSubject, 'gx:serviceOfferingTermsAndConditions': split } },
      { ...TERMS, where: expect.stringContaining('/credentialSubject/gx:serviceOfferingTermsAndConditions') },
    );
  });
});

describe('what nobody signed', () => {
  it('H-189 contexts put behind those that were signed as text', timed, async () => {
    for (const list of [[V2], [V2, GX]]) {
      const document = await bench.document({
        '@context': list,
        type: ['VerifiableCredential'],
        credentialSubject: { id: bench.provider.did, name: 'x' },
      });
      const good = (await signDataIntegrity(document, bench.provider.key, contexts, {
        cryptosuite: 'eddsa-jcs-2022',
      })) as Signed;
      const more = [...list, 'https://w3id.org/kontor/v1'];
      await bench.refused({ ...good, '@context': more }, WRONG);
      await bench.refused({ ...good, '@context': more, proof: { ...good.proof, '@context': more } }, WRONG);
      const { '@context': _, ...bare } = good.proof;
      await bench.refused({ ...good, '@context': more, proof: bare }, WRONG);
    }
  });

  it('H-190 a second signature beside the first', timed, async () => {
    const good = await signed();
    for (const extra of [
      { jws: 'a..AAAA' },
      { signatureValue: 'AAAA' },
      { proofValues: 'x' },
      { nonce: 'x' },
      { created: stamp(-HOUR_MS) },
    ]) {
      const { status, body } = await bench.post({ ...good, proof: { ...good.proof, ...extra } });
      expect([status, ['proof', 'terms'].includes(body.code)]).toEqual([422, true]);
    }
  });

  it('H-191 a stranger adds his proof: neither window nor version of the listing changes', async () => {
    const good = await signed({ validUntil: stamp(50 * HOUR_MS) });
    const first = await bench.listed(good);
    for (let at = 0; at < 4; at++) {
      const stranger = generateDidKey('EdDSA');
      const joined = await withProof(good, stranger, {
        content: without(good),
        proof: { cryptosuite: 'eddsa-rdfc-2022', expires: stamp(3_000), id: `urn:x:${at}` },
      });
      for (const proof of [
        [good.proof, joined.proof],
        [joined.proof, good.proof],
      ]) {
        const { status, body } = await bench.post({ ...good, proof });
        expect([status, body.known, body.listing?.key]).toEqual([200, true, first.listing.key]);
      }
    }
    for (const proof of [[good.proof], [good.proof, good.proof]])
      expect((await bench.post({ ...good, proof })).body.known).toBe(true);
    const { body: listing } = await bench.node.get(`/api/v1/listings/${first.listing.key}`);
    expect([listing.versions.length, listing.digest, listing.validUntil]).toEqual([
      1,
      first.digest,
      new Date(String(good.validUntil)).toISOString(),
    ]);
  });

  it('H-191 a stranger who comes first gains nothing by it', async () => {
    const good = await signed({ validUntil: stamp(50 * HOUR_MS) });
    const joined = await withProof(good, generateDidKey('EdDSA'), {
      content: without(good),
      proof: { cryptosuite: 'eddsa-rdfc-2022', expires: stamp(3_000) },
    });
    const { listing } = await bench.listed({ ...good, proof: [joined.proof, good.proof] });
    expect((await bench.post(good)).body).toMatchObject({ known: true, listing: { key: listing.key } });
    const { body } = await bench.node.get(`/api/v1/listings/${listing.key}`);
    expect(body.validUntil).toBe(new Date(String(good.validUntil)).toISOString());
  });

  it("H-192 the issuer's own proofs in another order, or fewer of them, are the same version", async () => {
    const one = await signed({}, { id: 'urn:p:1' });
    const chain = await signDataIntegrity(one, bench.provider.key, contexts, {
      id: 'urn:p:2',
      previousProof: 'urn:p:1',
    });
    const [before, last] = chain.proof as [JsonObject, JsonObject];
    const first = await bench.listed(chain);
    for (const proof of [[last, before], [before], before]) {
      const { status, body } = await bench.post({ ...chain, proof });
      expect([status, body.known, body.listing?.key]).toEqual([200, true, first.listing.key]);
    }
  });

  const without = ({ proof: _proof, ...rest }: JsonObject) => rest;
});

describe('what may be spelled in several ways', () => {
  const posted = async (text: string) => (await bench.post(text, 'application/vc')).body;

  it('H-018 -0, 1.0 and 1 in a credential that signs its text', async () => {
    const document = await bench.document();
    const subject = { ...(document.credentialSubject as JsonObject), 'https://example.org/figures': [1, 0, 1.5] };
    const good = (await signDataIntegrity({ ...document, credentialSubject: subject }, bench.provider.key, contexts, {
      cryptosuite: 'eddsa-jcs-2022',
    })) as Signed;
    const text = JSON.stringify(good);
    const first = await bench.listed(good);
    for (const same of ['[1.0,-0,1.50]', '[1e0,0.0,15e-1]'])
      expect(await posted(text.replace('[1,0,1.5]', same))).toMatchObject({
        known: true,
        listing: { key: first.listing.key },
      });
    for (const other of ['[1,0,1.6]', '["1",0,1.5]', '[1,0]', '[true,0,1.5]', '[0,1,1.5]', '[1,0,1.5,1]'])
      await bench.refused(text.replace('[1,0,1.5]', other), { ...WRONG, where: '/proof' }, 'application/vc');
  });

  it('H-018 and in one that signs its statements', async () => {
    const document = await bench.document();
    const subject = { ...(document.credentialSubject as JsonObject), 'https://example.org/figures': [1, 0, 1.5, 1e21] };
    const good = (await signDataIntegrity(
      { ...document, credentialSubject: subject },
      bench.provider.key,
      contexts,
    )) as Signed;
    const text = JSON.stringify(good);
    const first = await bench.listed(good);
    expect(await posted(text.replace('[1,0,1.5,1e+21]', '[1.0,-0,1.50,1000000000000000000000]'))).toMatchObject({
      known: true,
      listing: { key: first.listing.key },
    });
    for (const other of ['[1,0,1.6,1e21]', '["1",0,1.5,1e21]', '[1,0,1.5,1e22]', '[true,0,1.5,1e21]'])
      await bench.refused(text.replace('[1,0,1.5,1e+21]', other), { ...WRONG, where: '/proof' }, 'application/vc');
  });
});

describe('a status list', () => {
  it('H-193 that has ended is not made to last by moving its end to where nobody looks for it', timed, async () => {
    const key = generateDidKey('EdDSA');
    const made = new Date(NOW.getTime() - 30 * 24 * HOUR_MS);
    const url = 'https://list.example/1';
    const list = statusListDocument({ url, issuer: key.did, set: [], now: made });
    const same = { ...list, credentialSubject: { ...(list.credentialSubject as object), id: url } };
    const { validUntil, ...rest } = (await signDataIntegrity(same, key, contexts, { now: made })) as Signed;
    const moved = {
      ...rest,
      credentialSubject: { ...rest.credentialSubject, [`${CREDENTIALS}validUntil`]: dateTime(validUntil) },
    };
    for (const [document, code] of [
      [{ ...rest, validUntil }, 'terms'],
      [moved, 'terms'],
      [await signDataIntegrity(list, key, contexts, { now: made }), 'expired'],
    ] as const) {
      const checks = new Checks();
      const parsed = parse(
        { bytes: Buffer.from(JSON.stringify(document)), mediaType: 'application/vc', source: { kind: 'provider' } },
        { objectBytes: 1_000_000 },
        checks,
      );
      expect(await verifier.proof((parsed as { credential: ParsedCredential }).credential, checks)).toBeUndefined();
      expect(checks.failure?.code).toBe(code);
    }
  });
});
