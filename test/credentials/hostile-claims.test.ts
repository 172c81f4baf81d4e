import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/credentials/credential.ts';
import { signDataIntegrity } from '../../src/credentials/issuing/sign.ts';
import { ANSWER_MS, forged, hostileBench, jwt, payloadOf } from '../support/hostile.ts';
import { type TestProvider, testProvider } from '../support/provider.ts';
import { contexts } from '../support/verifying.ts';

const bench = hostileBench();
let rival: TestProvider;
beforeAll(async () => {
  rival = await testProvider();
});
afterAll(() => rival.host.close());

const timed = { timeout: ANSWER_MS };
const sign = (document: JsonObject) => bench.provider.sign(document);
const embedded = async (document: JsonObject) => signDataIntegrity(document, bench.provider.key, contexts);
const subjectOf = (document: JsonObject) => document.credentialSubject as JsonObject;
const about = async (claims: JsonObject) => {
  const document = await bench.document();
  return { ...document, credentialSubject: { ...subjectOf(document), ...claims } };
};

describe('C. what was signed, and what is read', () => {
  it('H-099 a signed credential within an unsigned one', timed, async () => {
    const inner = await embedded(await bench.document());
    const outer = await bench.document({ issuer: rival.did });
    const unsigned = { code: 'proof', id: 'verify.proof', where: '/proof' } as const;
    for (const wrapped of [
      { ...outer, 'https://example.org/wrapped': inner },
      { ...outer, credentialSubject: { ...subjectOf(outer), 'gx:wrapped': inner } },
      { ...outer, credentialSubject: inner },
      { ...outer, verifiableCredential: [inner] },
    ])
      await bench.refused(wrapped, unsigned);
  });

  it('H-099 the proof of the inner one put on the outer one', timed, async () => {
    const { proof, '@context': _, ...inner } = await embedded(await bench.document());
    const outer = await bench.document();
    const evil = { ...outer, credentialSubject: { ...subjectOf(outer), 'gx:wrapped': inner } };
    for (const wrapped of [evil, { ...evil, credentialSubject: [subjectOf(outer), inner.credentialSubject] }])
      await bench.refused({ ...wrapped, proof }, { code: 'proof', id: 'verify.signature', where: '/proof' });
  });

  it('H-099 a JWT within a JWT, and a credential that is signed by its holder only', timed, async () => {
    const inner = await sign(await bench.document());
    const { key } = rival;
    await bench.refused(jwt({ cty: 'JWT' }, { jwt: inner }, key), { code: 'malformed', id: 'parse.kind' });
    await bench.refused(jwt({}, { ...payloadOf(inner), jwt: inner }, key), {
      code: 'issuer',
      id: 'verify.issuer',
      where: 'jwt:header',
    });
    // Embedded in a presentation without a proof of its own: the holder's signature is not the issuer's.
    const presentation = {
      '@context': ['https://www.w3.org/ns/credentials/v2'],
      type: ['VerifiablePresentation'],
      holder: rival.did,
      verifiableCredential: [payloadOf(inner)],
    };
    const { status, body } = await bench.post(jwt({ typ: 'vp+jwt' }, presentation, key), 'application/vp+jwt');
    expect([status, body.code]).toEqual([422, 'proof']);
    expect(body.checks.find((check: { result: string }) => check.result === 'fail')).toMatchObject({
      id: 'verify.proof',
      where: '/verifiableCredential/0/proof',
    });
  });

  it('H-099 two credentials in one JWT: claims beside a vc claim', timed, async () => {
    const { key } = bench.provider;
    const good = await bench.document();
    const old = {
      '@context': ['https://www.w3.org/2018/credentials/v1'],
      type: ['VerifiableCredential'],
      issuer: key.did,
      issuanceDate: good.validFrom,
      credentialSubject: good.credentialSubject,
    };
    for (const payload of [
      { ...good, vc: old },
      { vc: old, vp: {} },
      { vc: old, credentialSubject: subjectOf(good) },
      { vc: [old] },
      { vc: 'text' },
    ])
      for (const typ of ['JWT', undefined])
        await bench.refused(jwt({ typ }, payload, key), {
          code: 'malformed',
          id: 'parse.kind',
          where: expect.stringMatching(/^jwt:payload/),
        });
    // H-059: a vc claim under the type of VC 2.0, and VC 2.0 in a vc claim.
    await bench.refused(jwt({ typ: 'vc+jwt' }, { vc: old }, key), {
      code: 'malformed',
      id: 'parse.kind',
      where: 'jwt:payload/vc',
    });
    await bench.refused(jwt({ typ: 'JWT' }, { vc: good }, key), {
      code: 'malformed',
      id: 'parse.kind',
      where: 'jwt:payload/vc',
    });
  });

  it('H-100 claims that the signed statements do not hold', timed, async () => {
    const good = await embedded(await bench.document());
    const wrong = { code: 'proof', id: 'verify.signature', where: '/proof' } as const;
    for (const change of [
      { name: 'another name' },
      { evidence: [{ type: 'gx:Evidence', id: 'urn:x:y' }] },
      { credentialSubject: { ...subjectOf(good), 'gx:legalName': 'x' } },
      { termsOfUse: { type: 'gx:Terms' } },
    ])
      await bench.refused({ ...good, ...change }, wrong);
    // What expansion would drop without a word is refused by name.
    for (const change of [
      { ...subjectOf(good), '@index': 'x' },
      { ...subjectOf(good), 'x y': 1 },
      { ...subjectOf(good), '_:a': 1 },
    ]) {
      const { status, body } = await bench.post({ ...good, credentialSubject: change });
      expect([status, ['terms', 'proof'].includes(body.code)]).toEqual([422, true]);
    }
  });

  it('H-100 statements with a blank property, of a relative id, or about nothing', timed, async () => {
    for (const claims of [
      { 'gx:providedBy': { id: 'relative' } },
      { 'gx:providedBy': { id: '' } },
      { 'gx:providedBy': { id: '#x' } },
      { 'gx:providedBy': { id: 5 } },
    ])
      for (const form of [
        await sign(await about(claims)),
        { ...(await about(claims)), proof: forged(bench.provider.key) },
      ])
        await bench.refused(form, { code: 'terms', id: 'verify.terms' });
  });

  it('H-060 iss, jti and sub that differ from what the credential says', timed, async () => {
    const { key } = bench.provider;
    const document = await bench.document({ id: 'urn:uuid:44444444-4444-4444-8444-444444444444' });
    for (const [claim, code] of [
      ['iss', 'issuer'],
      ['jti', 'malformed'],
      ['sub', 'malformed'],
    ] as const)
      for (const value of [rival.did, '', null, [key.did], { a: 1 }])
        await bench.refused(jwt({}, { ...document, [claim]: value }, key), {
          code,
          id: 'verify.structure',
          where: `jwt:payload/${claim}`,
        });
    await bench.refused(jwt({ iss: rival.did }, document, key), {
      code: 'issuer',
      id: 'verify.structure',
      where: 'jwt:header/iss',
    });
  });

  const seconds = (ms: number) => Math.floor((Date.now() + ms) / 1000);
  it.each<[string, object, string]>([
    ['H-061 exp as a string', { exp: '1900000000' }, 'malformed'],
    ['H-061 exp that is null', { exp: null }, 'malformed'],
    ['H-061 nbf negative', { nbf: -1 }, 'malformed'],
    ['H-061 exp in the year 292277026596', { exp: 2 ** 63 }, 'malformed'],
    ['H-061 iat as a list', { iat: [1] }, 'malformed'],
    ['H-061 exp before validUntil, and past', { exp: seconds(-1_000) }, 'expired'],
    ['H-061 nbf in the future', { nbf: seconds(1_000_000) }, 'expired'],
    ['H-061 iat in the future', { iat: seconds(1_000_000) }, 'expired'],
    ['H-061 iat in the future, as a float', { iat: seconds(1_000_000) + 0.5 }, 'expired'],
    ['H-061 validFrom in the future', { validFrom: '2199-01-01T00:00:00Z' }, 'malformed'],
    ['H-061 validUntil without time', { validUntil: '2199-01-01' }, 'malformed'],
    ['H-061 validUntil on a day that is none', { validUntil: '2199-02-30T00:00:00Z' }, 'malformed'],
    ['H-061 validUntil in the year 292277026596', { validUntil: '292277026596-01-01T00:00:00Z' }, 'malformed'],
    ['H-061 validUntil that is a number', { validUntil: 4_102_444_800 }, 'malformed'],
    [
      'H-061 validUntil past, exp in the future',
      { validUntil: '2001-01-01T00:00:00Z', exp: 4_102_444_800 },
      'malformed',
    ],
  ])('%s', timed, async (_name, change, code) => {
    await bench.refused(jwt({}, { ...(await bench.document()), ...change }, bench.provider.key), {
      code: code as 'expired',
      id: 'verify.validity',
      where: expect.stringMatching(/^(\/valid|jwt:payload\/)/),
    });
  });

  it('H-061 exp after validUntil does not prolong it', async () => {
    const document = await bench.document();
    const { listing } = await bench.listed(jwt({}, { ...document, exp: 4_102_444_800 }, bench.provider.key));
    const { body } = await bench.node.get(`/api/v1/listings/${listing.key}`);
    expect(body.validUntil).toBe(new Date(String(document.validUntil)).toISOString());
  });
});

describe('C. whom it is about', () => {
  it("H-101 the id of the credential equals another provider's listing", async () => {
    const first = await bench.listed(await rival.offering('theirs'));
    const before = (await bench.node.get(`/api/v1/listings/${first.listing.key}`)).body;
    const id = rival.offeringId('theirs');
    for (const form of [await sign(await bench.document({ id })), await embedded(await bench.document({ id }))]) {
      const { listing } = await bench.listed(form);
      expect(listing.key).not.toBe(first.listing.key);
    }
    expect((await bench.node.get(`/api/v1/listings/${first.listing.key}`)).body).toEqual(before);
  });

  it('H-102 unknown properties are kept byte for byte', async () => {
    const text = JSON.stringify(
      await embedded(
        await about({ 'https://example.org/unknown': { 'https://example.org/a': ['ü \u0007 \u2028', 1.5] } }),
      ),
      null,
      '\t',
    ).replace('"ü', '"\\u00fc');
    const { digest } = await bench.listed(text, 'application/vc');
    const { text: kept, headers } = await bench.node.get(`/api/v1/credentials/${digest}`);
    expect(headers.get('content-type')).toBe('application/vc');
    expect(kept).toBe(text);
  });

  it('H-103 a credential about three', timed, async () => {
    const three = [1, 2, 3].map((at) => ({ id: `${bench.provider.url}/${at}`, type: 'gx:ServiceOffering', name: 'x' }));
    for (const form of [
      await sign(await bench.document({ credentialSubject: three })),
      await embedded(await bench.document({ credentialSubject: three })),
    ])
      await bench.refused(form, { code: 'shape', id: 'shape.subject', where: '/credentialSubject', found: '3' });
  });

  it.each([[[]], [{}], [null], ['text'], [[{}]], [[[{ name: 'x' }]]], [5]])(
    'H-104 about %j',
    timed,
    async (credentialSubject) => {
      const document = await bench.document({ credentialSubject });
      for (const form of [await sign(document), { ...document, proof: forged(bench.provider.key) }])
        await bench.refused(form, { code: 'malformed', id: 'verify.structure', where: '/credentialSubject' });
    },
  );

  it('H-105 about something without id', timed, async () => {
    const document = await bench.document();
    const { id: _, ...nameless } = subjectOf(document);
    for (const form of [
      await sign({ ...document, credentialSubject: nameless }),
      await embedded({ ...document, credentialSubject: nameless }),
    ])
      await bench.refused(form, {
        code: 'shape',
        id: 'shape.subject',
        where: '/credentialSubject/id',
        found: 'nothing',
      });
  });

  it.each<[string, unknown, object]>([
    ['relative', 'relative', { code: 'malformed', id: 'verify.structure' }],
    ['a path', '/offerings/x', { code: 'malformed', id: 'verify.structure' }],
    ['empty', '', { code: 'malformed', id: 'verify.structure' }],
    ['no text', 5, { code: 'malformed', id: 'verify.structure' }],
    ['a list', ['https://x.example/'], { code: 'malformed', id: 'verify.structure' }],
    ['of 8 kB', `http://localhost/${'x'.repeat(8_000)}`, { code: 'malformed', id: 'verify.structure' }],
    ['with a space', 'http://localhost/a b', { code: 'malformed', id: 'verify.structure' }],
    ['javascript:', 'javascript:alert(1)', { code: 'shape', id: 'shape.subject' }],
    ['data:', 'data:text/html,x', { code: 'shape', id: 'shape.subject' }],
    ['with a password', 'https://user:word@localhost/x', { code: 'shape', id: 'shape.subject' }],
    ['with markup', 'https://localhost/<script>', { code: 'shape', id: 'shape.subject' }],
  ])('H-106 about an id %s', timed, async (_name, id, refusal) => {
    await bench.refused(await sign(await about({ id })), {
      ...(refusal as { code: 'shape'; id: string }),
      where: '/credentialSubject/id',
    });
  });
});
