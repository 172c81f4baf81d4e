import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Checks } from '../../src/credentials/check.ts';
import type { JsonObject } from '../../src/credentials/credential.ts';
import { generateDidKey } from '../../src/credentials/issuing/identity.ts';
import { signDataIntegrity, signJwt, signPresentation } from '../../src/credentials/issuing/sign.ts';
import { createDidResolver } from '../../src/credentials/keys/did.ts';
import { readProofs } from '../../src/credentials/proofs/claim.ts';
import { createProver } from '../../src/credentials/proofs/prove.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { ANSWER_MS, forged, GX, hostileBench, V2 } from '../support/hostile.ts';
import { contexts, http } from '../support/verifying.ts';

/*
 * What an unsigned request can make a node work at. The proofs here have the looks only: whoever sends them needs no key
 * but one of his own making, and no host.
 */
const bench = hostileBench();
const prove = createProver(contexts);
const resolveDid = createDidResolver({ http, clock: () => new Date(), allowPrivateNetwork: true });
const key = generateDidKey('EdDSA');
const timed = { timeout: ANSWER_MS };

const about = (claims: JsonObject): JsonObject => ({
  '@context': [V2, GX],
  type: ['VerifiableCredential'],
  issuer: key.did,
  validFrom: '2026-01-01T00:00:00Z',
  credentialSubject: { id: key.did, ...claims },
});
const words = (count: number, word = 'word') => Array.from({ length: count }, (_, at) => `${word} ${at}`);
const blank = (count: number, to: (at: number) => number[]) =>
  Array.from({ length: count }, (_, at) => ({ id: `_:b${at}`, 'gx:to': to(at).map((one) => ({ id: `_:b${one}` })) }));
const others = (count: number) => (at: number) =>
  Array.from({ length: count }, (_, one) => one).filter((one) => one !== at);

/** Refused as unproven or ill-formed, in time, in each of the forms that cost something. */
async function refusedInTime(document: JsonObject, proof: unknown = forged(key)) {
  const { status, body } = await bench.post({ ...document, proof });
  expect(['proof', 'issuer', 'malformed', 'terms', 'too-large']).toContain(body.code);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(JSON.stringify(body).length).toBeLessThan(20_000);
}

describe('C. graphs that are poison', () => {
  it('H-093 twelve blank nodes, each joined to each', timed, async () => {
    const document = about({ 'gx:to': blank(12, others(12)) });
    await refusedInTime(document);
    // Signed by a machine that had the time, it is refused as well.
    const { body } = await bench.post({ ...document, proof: forged(key) });
    expect(body.checks.find((check: { result: string }) => check.result === 'fail')).toMatchObject({
      id: expect.stringMatching(/^verify\.(signature|terms)$/),
      where: expect.any(String),
    });
  });

  it.each<[string, JsonObject[]]>([
    ['H-094 twenty blank nodes with cycles', blank(20, (at) => [(at + 1) % 20, (at + 5) % 20, (at + 19) % 20])],
    ['H-094 twenty in a complete graph', blank(20, others(20))],
    ['H-094 forty in a complete graph', blank(40, others(40))],
    ['H-094 a ring of 900', blank(900, (at) => [(at + 1) % 900])],
    ['H-094 two rings of 200', blank(400, (at) => [at < 200 ? (at + 1) % 200 : 200 + ((at + 1) % 200)])],
    [
      'H-094 a torus of 15 by 15',
      blank(225, (at) => [(at + 1) % 225, (at + 15) % 225, (at + 224) % 225, (at + 210) % 225]),
    ],
  ])('%s', timed, async (_name, nodes) => {
    await refusedInTime(about({ 'gx:to': nodes }));
  });

  const tree = (fan: number, depth: number): JsonObject =>
    depth === 0 ? { 'gx:z': 1 } : { 'gx:k': Array.from({ length: fan }, () => tree(fan, depth - 1)) };
  it.each([
    [2, 9],
    [3, 6],
    [6, 3],
    [12, 2],
    [30, 2],
    [900, 1],
  ])('H-094 nodes without names that look alike: a tree of %i branches, %i deep', timed, async (fan, depth) => {
    await refusedInTime(about({ 'gx:to': tree(fan, depth) }));
  });

  /** Blank nodes with names do not come as far as here from outside; the step that canonizes is safe without that. */
  it.each<[string, JsonObject[]]>([
    ['H-093 twelve blank nodes, each joined to each', blank(12, others(12))],
    ['H-094 twenty blank nodes with cycles', blank(20, (at) => [(at + 1) % 20, (at + 5) % 20, (at + 19) % 20])],
    ['H-094 forty in a complete graph', blank(40, others(40))],
    ['H-094 a ring of 900', blank(900, (at) => [(at + 1) % 900])],
    [
      'H-094 a torus of 15 by 15',
      blank(225, (at) => [(at + 1) % 225, (at + 15) % 225, (at + 224) % 225, (at + 210) % 225]),
    ],
  ])('%s, at the step that canonizes', timed, async (_name, nodes) => {
    const document = { ...about({ 'gx:to': nodes }), proof: forged(key) };
    const [claim] = readProofs({ document }, 'assertionMethod', new Checks())!;
    const did = await resolveDid(key.did);
    const [method] = did.ok ? (did.value.verificationMethod as JsonObject[]) : [];
    const { proofs } = await prove({ document, proofs: [{ claim: claim!, method: method! }], claims: true });
    expect(proofs).toMatchObject([{ ok: false, code: 'proof', detail: expect.stringContaining('alike') }]);
  });

  it('H-094 many that look alike beside a small complete graph', timed, async () => {
    const ballast = Array.from({ length: 850 }, (_, at) => ({ 'gx:x': { 'gx:z': at >> 1 } }));
    await refusedInTime(about({ 'gx:to': [...blank(9, others(9)), ...ballast] }));
  });

  it('H-094 the same poison under each of several proofs', timed, async () => {
    const proofs = Array.from({ length: 4 }, (_, at) => forged(key, { created: `2026-01-0${at + 1}T00:00:00Z` }));
    await refusedInTime(about({ 'gx:to': blank(20, others(20)) }), proofs);
  });

  it('H-095 a hundred thousand quads', timed, async () => {
    const { status, body } = await bench.post({ ...about({ 'gx:to': words(100_000) }), proof: forged(key) });
    expect([status, body.code]).toEqual([413, 'too-large']);
    await refusedInTime(about({ 'gx:to': Array.from({ length: 100_000 }, () => 1) }));
    await refusedInTime(about({ 'gx:to': words(40_000, '') }));
  });

  it('H-095 as many quads as the limits let through', timed, async () => {
    await refusedInTime(
      about(Object.fromEntries(words(9, 'k').map((name) => [`gx:${name.replace(' ', '')}`, words(990)]))),
    );
  });

  it('H-095 as many types as the limits let through', timed, async () => {
    await refusedInTime(
      about({
        'gx:to': Array.from({ length: 9 }, () => ({ type: words(990).map((word) => `gx:${word.replace(' ', '')}`) })),
      }),
    );
  });
});

describe('C. work that multiplies', () => {
  const wide = about(Object.fromEntries(words(9, 'k').map((name) => [`gx:${name.replace(' ', '')}`, words(990)])));

  it('H-176 several proofs over a wide document', timed, async () => {
    await refusedInTime(
      wide,
      Array.from({ length: 4 }, () => forged(key)),
    );
    await refusedInTime(
      wide,
      Array.from({ length: 8 }, () => forged(key)),
    );
  });

  it('H-176 a chain of proofs over a wide document', timed, async () => {
    const ids = ['urn:p:0', 'urn:p:1', 'urn:p:2', 'urn:p:3'];
    await refusedInTime(
      wide,
      ids.map((id, at) => forged(key, { id, ...(at > 0 ? { previousProof: ids.slice(0, at) } : {}) })),
    );
  });

  it('H-177 contexts named in nested objects, each time in another order', timed, async () => {
    const held = [GX, 'https://w3id.org/gaia-x/development#', 'https://w3id.org/kontor/v1', V2];
    const order = (at: number) =>
      Array.from({ length: 10 }, (_, one) => held[Math.floor((at * 6_029 + 1) / held.length ** one) % held.length]);
    const nodes = Array.from({ length: 100 }, (_, at) => ({ '@context': order(at), 'gx:x': at }));
    await refusedInTime(about({ 'gx:to': nodes }));
    const { body } = await bench.post(await signJwt(about({ 'gx:to': nodes }), key));
    expect(body.code).toBe('terms');
  });

  it('H-178 thousands of contexts or keywords at fault make no thousands of checks', timed, async () => {
    for (const one of [{ '@context': 'urn:x:y' }, { '@nest': 1 }, { '@context': [{}] }])
      await refusedInTime(
        about({ 'gx:a': Array.from({ length: 900 }, () => one), 'gx:b': Array.from({ length: 900 }, () => one) }),
      );
  });

  it('H-179 terms with contexts of their own, nested in many orders', timed, async () => {
    const context = (contexts.get(GX) as { '@context': Record<string, { '@context'?: object }> })['@context'];
    const scoped = Object.keys(context).filter((term) => context[term]?.['@context']);
    expect(scoped.length).toBeGreaterThan(20);
    const nested = (at: number) => {
      let node: JsonObject = { 'gx:x': at };
      for (let depth = 0; depth < 40; depth++)
        node = {
          id: `urn:x:${at}:${depth}`,
          [scoped[(at * 31 + depth * 17 + at * depth * depth) % scoped.length]!]: node,
        };
      return node;
    };
    await refusedInTime(about({ 'gx:to': Array.from({ length: 40 }, (_, at) => nested(at)) }));
  });

  it('H-180 long strings where names are expected', timed, async () => {
    const long = 'x'.repeat(200_000);
    for (const claims of [
      { [`gx:${long}`]: 1 },
      { type: `gx:${long}` },
      { 'gx:to': { id: `urn:${long}` } },
      { 'gx:to': { id: ':'.repeat(200_000) } },
      { 'gx:to': long },
    ])
      await refusedInTime(about(claims));
    await refusedInTime(
      about({}),
      Array.from({ length: 4 }, () => forged(key, { proofValue: `z${'w'.repeat(4_000)}` })),
    );
    await refusedInTime(about({}), forged(key, { verificationMethod: `did:key:z${'w'.repeat(2_000)}#z` }));
    await refusedInTime(about({}), forged(key, { created: `2026-01-01T00:00:00.${'0'.repeat(200_000)}Z` }));
  });
});

describe('C. waiting that adds up', () => {
  let slow: DidHost;
  let hung: DidHost;
  beforeAll(async () => {
    [slow, hung] = await Promise.all([didHost(), didHost()]);
    slow.files.get('/.well-known/did.json')!.delayMs = 800;
    hung.files.get('/.well-known/did.json')!.delayMs = 30_000;
  });
  afterAll(() => Promise.all([slow.close(), hung.close()]));
  const by = (host: DidHost) =>
    signJwt({ ...about({}), issuer: host.did, credentialSubject: { id: host.did } }, host.key);
  const held = async (body: string, mediaType?: string) => {
    const { status, body: answer } = await bench.post(body, mediaType);
    expect([status, answer.code]).toEqual([202, 'key-unavailable']);
  };

  it('H-181 a host that never answers', timed, async () => {
    await held(await by(hung));
  });

  it('H-181 a proof whose host never answers', timed, async () => {
    const signed = await signDataIntegrity({ ...about({}), issuer: hung.did }, hung.key, contexts);
    await held(JSON.stringify(signed), 'application/vc');
  });

  it('H-182 a presentation by a slow host around a credential whose host never answers', timed, async () => {
    await held(await signPresentation([await by(hung)], slow.key), 'application/vp+jwt');
  });
});

describe('C. many at once', () => {
  it('H-183 fifty credentials with several proofs each in one presentation', timed, async () => {
    const credentials = await Promise.all(
      Array.from({ length: 50 }, (_, at) => ({
        ...about({ 'gx:x': at }),
        proof: Array.from({ length: 4 }, () => forged(key)),
      })),
    );
    const presentation = {
      '@context': [V2],
      type: ['VerifiablePresentation'],
      holder: key.did,
      verifiableCredential: credentials,
    };
    const { body } = await bench.post(await signJwt(presentation, key, 'vp'), 'application/vp+jwt');
    expect([body.code, body.items.every((item: { ok: boolean }) => !item.ok)]).toEqual(['proof', true]);
  });

  it('H-184 poison in many requests at once holds up no good one', { timeout: 10_000 }, async () => {
    const poison = Array.from({ length: 10 }, () => refusedInTime(about({ 'gx:to': blank(20, others(20)) })));
    const good = bench.provider.offering('beside').then((token) => bench.listed(token));
    await Promise.all([...poison, good]);
  });
});
