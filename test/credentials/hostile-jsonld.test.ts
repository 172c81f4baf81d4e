import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/credentials/credential.ts';
import { signDataIntegrity } from '../../src/credentials/issuing/sign.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { ANSWER_MS, forged, GX, hostileBench, V2 } from '../support/hostile.ts';
import { contexts } from '../support/verifying.ts';

const bench = hostileBench();
let other: DidHost;
beforeAll(async () => {
  other = await didHost();
});
afterAll(() => other.close());

const timed = { timeout: ANSWER_MS };
const KONTOR = 'https://w3id.org/kontor/v1';
const V1 = 'https://www.w3.org/2018/credentials/v1';
const CONTEXT = { code: 'terms', id: 'verify.context' } as const;
const TERMS = { code: 'terms', id: 'verify.terms' } as const;
const sign = (document: JsonObject) => bench.provider.sign(document);
/** Both forms: a JWT, whose signature looks at no term, and a proof that would. The looks of a proof are enough here. */
const forms = async (document: JsonObject) => [
  await sign(document),
  { ...document, proof: forged(bench.provider.key) },
];
const about = async (claims: JsonObject) => {
  const document = await bench.document();
  return { ...document, credentialSubject: { ...(document.credentialSubject as JsonObject), ...claims } };
};

describe('C. contexts', () => {
  it('H-083 contexts that this node does not hold are refused, and asked of nobody', timed, async () => {
    for (const context of [
      `${other.url}/context.jsonld`,
      other.url.replace('http:', 'https:'),
      'file:///etc/passwd',
      'data:application/ld+json,{"@context":{"gx":"https://evil.example/"}}',
      'ftp://localhost/x',
      'did:web:localhost',
      '//w3id.org/gaia-x/2511#',
      'https://W3ID.org/gaia-x/2511#',
      'https://w3id.org/gaia-x/2511',
      ` ${GX}`,
      `${GX}\u0000`,
      '',
      'context.jsonld',
    ])
      for (const form of await forms(await bench.document({ '@context': [V2, context] })))
        await bench.refused(form, { ...CONTEXT, where: '/@context', found: context });
    expect(other.seen).toEqual([]);
  });

  it('H-083 nor in a proof, an issuer, a subject or a list in it', timed, async () => {
    const context = `${other.url}/context.jsonld`;
    const document = await bench.document();
    const { key } = bench.provider;
    await bench.refused(
      { ...document, proof: forged(key, { '@context': [V2, context] }) },
      { ...CONTEXT, where: '/proof/@context' },
    );
    await bench.refused(
      { ...document, proof: [forged(key, { '@context': context })] },
      { ...CONTEXT, where: '/proof/0/@context' },
    );
    await bench.refused(await sign({ ...document, issuer: { id: key.did, '@context': context } }), {
      ...CONTEXT,
      where: '/issuer/@context',
    });
    await bench.refused(await sign(await about({ 'gx:x': [1, { '@context': context }] })), {
      ...CONTEXT,
      where: '/credentialSubject/gx:x/1/@context',
    });
    expect(other.seen).toEqual([]);
  });

  it('H-084 contexts that define a protected term anew', timed, async () => {
    for (const list of [
      [V2, V1],
      [V2, GX, V1],
      [V2, 'https://w3id.org/security/data-integrity/v1', GX],
    ])
      for (const form of await forms(await bench.document({ '@context': list })))
        await bench.refused(form, {
          ...TERMS,
          why: expect.stringMatching(/"?\b(VerifiableCredential|id|type|proof|\w+Proof)\b/),
        });
    for (const term of ['VerifiableCredential', 'issuer', 'id', 'type', 'credentialSubject', 'proof', '@type']) {
      const redefined = { [term]: 'https://evil.example/x' };
      await bench.refused(await sign(await bench.document({ '@context': [V2, redefined] })), {
        ...CONTEXT,
        where: '/@context',
        found: expect.stringContaining(term),
      });
    }
  });

  it('H-084 null, which would clear what is protected', timed, async () => {
    for (const list of [
      [V2, null, GX],
      [V2, [null]],
      [null, V2],
    ])
      await bench.refused(await sign(await bench.document({ '@context': list })), {
        code: list[0] === null ? 'malformed' : 'terms',
        id: list[0] === null ? 'verify.structure' : 'verify.context',
        where: '/@context',
      });
  });

  it('H-085 a catch-all that would swallow unknown terms', timed, async () => {
    await bench.refused(
      await sign(await bench.document({ '@context': [V2, { '@vocab': 'https://w3id.org/gaia-x/2511#' }] })),
      { ...CONTEXT, where: '/@context' },
    );
    await bench.refused(await sign(await about({ '@vocab': 'https://w3id.org/gaia-x/2511#' })), {
      ...TERMS,
      where: '/credentialSubject/@vocab',
    });
    // The context of Gaia-X has one itself: what it swallows is met by the shape, and named.
    await bench.refused(await sign(await about({ serviceOferingTerms: 'x' })), {
      code: 'terms',
      id: 'shape.term',
      where: '/credentialSubject/serviceOferingTerms',
    });
  });

  it('H-086 an undefined term is named, wherever it stands', timed, async () => {
    const under = async (change: JsonObject) => ({
      ...(await bench.document()),
      '@context': [V2, KONTOR],
      type: ['VerifiableCredential'],
      credentialSubject: { id: bench.provider.did, ...change },
    });
    for (const change of [
      { colour: 'teal' },
      { name: 'x', colour: { id: 'urn:x:y' } },
      { 'kontor:exitPlan': { colour: [1] } },
    ])
      for (const form of await forms(await under(change)))
        await bench.refused(form, { ...TERMS, found: 'colour', why: expect.stringContaining('"colour"') });
    for (const form of await forms(await under({ type: 'Colour' })))
      await bench.refused(form, { ...TERMS, found: 'Colour' });
    const long = 'x'.repeat(150_000);
    for (const form of await forms(await under({ [long]: 1 }))) await bench.refused(form, TERMS);
    // Terms of the proof itself, which a proof over statements signs.
    await bench.refused(
      {
        ...(await under({ name: 'x' })),
        '@context': [V2, KONTOR],
        proof: forged(bench.provider.key, { colour: 'teal' }),
      },
      { ...TERMS, found: 'colour' },
    );
  });

  it('H-087 a context written into the credential', timed, async () => {
    const inline = { gx: 'https://evil.example/' };
    const place = (where: string) => ({ ...CONTEXT, where });
    for (const context of [
      [V2, inline],
      [V2, GX, inline],
      [V2, {}],
      [V2, [inline]],
      [V2, 5],
      [V2, true],
    ])
      for (const form of await forms(await bench.document({ '@context': context })))
        await bench.refused(form, place('/@context'));
    await bench.refused(await sign(await about({ '@context': inline })), place('/credentialSubject/@context'));
    await bench.refused(
      { ...(await bench.document()), proof: forged(bench.provider.key, { '@context': inline }) },
      place('/proof/@context'),
    );
  });

  it('H-088 an import, and one that imports itself', timed, async () => {
    const url = `${other.url}/cycle.jsonld`;
    other.files.set('/cycle.jsonld', { body: JSON.stringify({ '@context': { '@import': url } }) });
    await bench.refused(await sign(await bench.document({ '@context': [V2, { '@version': 1.1, '@import': url }] })), {
      ...CONTEXT,
      where: '/@context',
    });
    await bench.refused(await sign(await about({ '@import': url })), { ...TERMS, where: '/credentialSubject/@import' });
    expect(other.seen).toEqual([]);
  });

  it.each([
    [11, { ...CONTEXT, where: '/@context' }],
    [999, { ...CONTEXT, where: '/@context' }],
    [1_001, { code: 'malformed', id: 'parse.json', where: expect.stringContaining('/@context') } as const],
  ])('H-089 a list of %i contexts', timed, async (count, refusal) => {
    const list = [
      V2,
      ...Array.from({ length: count - 1 }, (_, at) => (at % 2 ? GX : 'https://w3id.org/gaia-x/development#')),
    ];
    const document = await bench.document({ '@context': list });
    await bench.refused({ ...document, proof: forged(bench.provider.key) }, refusal);
    if (count < 1_000) await bench.refused(await sign(document), refusal);
  });
});

describe('C. keywords that hide a claim', () => {
  const KEYWORDS = ['@nest', '@reverse', '@included', '@graph', '@index'];

  it.each(KEYWORDS)('H-096, H-097 %s', timed, async (keyword) => {
    const hidden = { [keyword]: { 'gx:legalName': 'x' } };
    for (const [change, where] of [
      [hidden, `/credentialSubject/${keyword}`],
      [{ 'gx:providedBy': { id: bench.provider.did, ...hidden } }, `/credentialSubject/gx:providedBy/${keyword}`],
    ] as const)
      for (const form of await forms(await about(change)))
        await bench.refused(form, { ...TERMS, where, found: keyword });
    for (const form of await forms(await bench.document(hidden)))
      await bench.refused(form, { ...TERMS, where: `/${keyword}`, found: keyword });
    await bench.refused(
      { ...(await bench.document()), proof: forged(bench.provider.key, hidden) },
      { ...TERMS, where: `/proof/${keyword}` },
    );
  });

  it('H-097 a document that is a graph', timed, async () => {
    const { '@context': context, ...rest } = await bench.document();
    const wrapped = { '@context': context, type: ['VerifiableCredential'], '@graph': [rest] };
    for (const form of [await sign(wrapped), { ...wrapped, proof: forged(bench.provider.key) }])
      await bench.refused(form, { code: 'malformed', id: 'verify.structure' });
    await bench.refused(await sign({ '@context': context, '@graph': [rest] }), { code: 'malformed', id: 'parse.kind' });
    await bench.refused(
      JSON.stringify([{ ...rest, '@context': context }]),
      { code: 'malformed', id: 'parse.json' },
      'application/vc',
    );
  });

  it('H-096 a JSON literal, whose inside no vocabulary defines', timed, async () => {
    for (const value of [{ '@type': 5 }, { '@type': [5] }, { '@id': 5 }, { 'gx:a': [null] }, [1, [2]], null, 'text'])
      for (const form of await forms(await about({ 'gx:providedBy': { '@type': '@json', '@value': value } })))
        await bench.refused(form, { ...TERMS, where: expect.stringContaining('/credentialSubject/gx:providedBy') });
  });

  it('H-098 language maps and values in thousands of languages', timed, async () => {
    const tags = (count: number) => Array.from({ length: count }, (_, at) => `x-${at.toString(36)}`);
    const map = await about({ name: Object.fromEntries(tags(9_000).map((tag) => [tag, 'x'])) });
    const values = await about({ 'gx:legalName': tags(900).map((tag) => ({ '@value': 'x', '@language': tag })) });
    for (const form of [...(await forms(map)), ...(await forms(values))]) {
      const { status, body } = await bench.post(form);
      expect([status, body.ok ?? false]).not.toContain(201);
      expect(['malformed', 'terms', 'shape', 'proof', 'too-large']).toContain(body.code);
    }
  });

  it('H-098 a language that is none, or carries a statement', timed, async () => {
    for (const language of ['not a language', 'en> .\n<urn:x:a> <urn:x:b> "c', '', 5, { a: 1 }, ['en']])
      for (const form of await forms(await about({ description: { '@value': 'x', '@language': language } })))
        await bench.refused(form, { ...TERMS, id: expect.stringMatching(/^(verify\.terms|shape\.)/) });
  });
});

describe('C. what a type says', () => {
  const of = async (types: string[], more: JsonObject = {}) => sign(await about({ type: types, ...more }));

  it('H-090, H-091 a type of another namespace has no shape', timed, async () => {
    for (const type of [
      'https://w3id.org/gaia-x/other#ServiceOffering',
      'https://schema.org/Service',
      'urn:gx:ServiceOffering',
    ])
      await bench.refused(await of([type]), {
        code: 'shape',
        id: 'shape.type',
        where: '/credentialSubject/type',
        why: expect.stringContaining('No shape applies'),
      });
    for (const type of ['gxx:ServiceOffering', 'gx2511:ServiceOffering'])
      await bench.refused(await of([type]), { ...TERMS, found: type });
  });

  it('H-090 gx: without a context that declares it', timed, async () => {
    const document = await bench.document({ '@context': [V2, KONTOR] });
    for (const form of [await sign(document), await signDataIntegrity(document, bench.provider.key, contexts)])
      await bench.refused(form, {
        ...TERMS,
        found: expect.stringMatching(/^gx:/),
        why: expect.stringContaining('prefix'),
      });
  });

  it('H-092 two types, of which one has a shape that fails', timed, async () => {
    await bench.refused(await of(['gx:ServiceOffering', 'gx:LegalPerson']), {
      code: 'shape',
      id: 'shape.required',
      where: '/credentialSubject',
    });
  });

  it('H-091 @type beside type is read as one more type, and its shape counts', timed, async () => {
    await bench.refused(await sign(await about({ '@type': 'gx:LegalPerson' })), {
      code: 'shape',
      id: 'shape.required',
    });
    for (const document of [
      await about({ '@id': bench.provider.offeringId('alias') }),
      await bench.document({ '@id': 'urn:x:y' }),
    ])
      for (const form of await forms(document)) await bench.refused(form, TERMS);
  });

  it('what these cases rest on: unchanged, the document is listed in either form', async () => {
    await bench.listed(await sign(await bench.document()));
    await bench.listed(await signDataIntegrity(await bench.document(), bench.provider.key, contexts));
  });
});
