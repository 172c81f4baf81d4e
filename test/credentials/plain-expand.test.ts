import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Contexts, contextLoader } from '../../src/credentials/jsonld/contexts.ts';
import jsonld from '../../src/credentials/jsonld/jsonld.ts';
import { expandPlain } from '../../src/credentials/jsonld/plain-expand.ts';
import { corpus, contexts as held } from './differential/corpus.ts';
import { mutate, numbers } from './differential/mutate.ts';

/* Whatever the short way takes, it must read exactly as jsonld does. */

type Json = Record<string, unknown>;

const general = (document: Json, contexts: Contexts) =>
  jsonld.expand(document, { documentLoader: contextLoader(contexts), safe: true, base: null } as never).catch(() => {});

/** What both ways make of a document, once jsonld has seen its contexts; undefined where the short way leaves it. */
async function both(document: Json, contexts: Contexts): Promise<[short: unknown, long: unknown] | undefined> {
  const long = await general(document, contexts);
  const short = expandPlain(document, contextLoader(contexts));
  return short && [short, long];
}

const TERM = 'https://a.example/';
const SCOPED = { name: `${TERM}scoped-name`, ref: { '@id': `${TERM}scoped-ref`, '@type': '@id' }, deep: `${TERM}deep` };
/** One of everything a context can say. */
const contexts: Contexts = new Map(
  Object.entries({
    'https://a.example/terms': {
      '@version': 1.1,
      id: '@id',
      type: '@type',
      value: '@value',
      graph: '@graph',
      p: TERM,
      xsd: 'http://www.w3.org/2001/XMLSchema#',
      name: 'p:name',
      same: 'p:name',
      ref: { '@id': 'p:ref', '@type': '@id' },
      word: { '@id': 'p:word', '@type': '@vocab' },
      count: { '@id': 'p:count', '@type': 'xsd:integer' },
      any: { '@id': 'p:any', '@type': '@none' },
      set: { '@id': 'p:set', '@container': '@set' },
      list: { '@id': 'p:list', '@container': '@list' },
      german: { '@id': 'p:german', '@language': 'DE' },
      bare: { '@id': 'p:bare', '@language': null },
      leftward: { '@id': 'p:leftward', '@direction': 'rtl' },
      byLanguage: { '@id': 'p:by-language', '@container': '@language' },
      literal: { '@id': 'p:literal', '@type': '@json' },
      back: { '@reverse': 'p:back' },
      gone: null,
      inside: { '@id': 'p:inside', '@context': { ...SCOPED, inside: { '@id': 'p:again', '@type': '@id' } } },
      stays: {
        '@id': 'p:stays',
        '@context': { ...SCOPED, inside: { '@id': 'p:other', '@context': { name: 'p:n3' } } },
      },
      Kind: { '@id': 'p:Kind', '@context': { ...SCOPED, count: 'p:plain-count', Other: 'p:Other-in-Kind' } },
      Other: { '@id': 'p:Other', '@context': { name: { '@id': 'p:other-name', '@type': '@id' } } },
      Wide: { '@id': 'p:Wide', '@context': { '@propagate': true, name: 'p:wide-name' } },
      Odd: { '@id': 'p:Odd', '@context': { id: '@type', kind: '@type' } },
    },
    'https://a.example/defaults': { '@language': 'EN-gb', '@vocab': 'https://vocab.example/' },
    'https://a.example/direction': { '@direction': 'ltr' },
  }).map(([url, context]) => [url, { '@context': context }]),
);

const word = fc.constantFrom(
  ...['x', 'é', '', 'https://b.example/1', 'urn:x:y', 'did:web:b.example', 'p:short', 'Kind', 'Other', 'Wide', 'Odd'],
  ...['_:b0', '@id', '@json', '@foo', 'relative', 'a b:c', 'xsd:date', '__proto__'],
);
const key = fc.constantFrom(
  ...['id', 'type', 'name', 'same', 'ref', 'word', 'count', 'any', 'set', 'list', 'german', 'bare', 'leftward', 'deep'],
  ...[
    'literal',
    'back',
    'gone',
    'inside',
    'stays',
    'p:curie',
    'https://c.example/p',
    'undefined',
    'kind',
    'byLanguage',
  ],
  ...['@id', '@type', '@value', '@language', '@set', '@list', '@graph', '@index', 'value', 'graph', 'toString'],
);
/** Keys and values that a document of the usual kind has; the others are mixed in now and then. */
const usualKey = fc.constantFrom(
  ...['name', 'same', 'ref', 'word', 'count', 'any', 'set', 'german', 'bare', 'inside', 'stays', 'deep', 'p:curie'],
);
const usualId = fc.constantFrom('https://b.example/1', 'urn:x:y', 'did:web:b.example', 'p:short');
const { object } = fc.letrec<{ object: Json; value: unknown; one: unknown }>((tie) => ({
  one: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    { arbitrary: usualId, weight: 6 },
    { arbitrary: fc.oneof(fc.boolean(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })), weight: 2 },
    { arbitrary: fc.oneof(word, fc.constant(null)), weight: 1 },
    {
      arbitrary: fc.record(
        {
          '@value': fc.oneof(word, fc.integer()),
          '@type': fc.constantFrom('xsd:date', 'Other'),
          '@language': fc.constant('fr-CH'),
        },
        { requiredKeys: ['@value'] },
      ),
      weight: 6,
    },
    { arbitrary: fc.record({ id: usualId }), weight: 2 },
    { arbitrary: tie('object'), weight: 6 },
  ),
  value: fc.oneof(
    { arbitrary: tie('one'), weight: 4 },
    { arbitrary: fc.array(tie('one'), { maxLength: 3 }), weight: 1 },
  ),
  object: fc
    .tuple(
      fc.record(
        {
          id: usualId,
          type: fc.oneof(
            fc.constantFrom('Kind', 'Other', 'Wide', 'p:T', 'https://c.example/T', 'Odd'),
            fc.array(fc.constantFrom('Kind', 'Other', 'Wide', 'p:T'), { maxLength: 3 }),
          ),
        },
        { requiredKeys: [] },
      ),
      fc.dictionary(
        fc.oneof({ arbitrary: usualKey, weight: 12 }, { arbitrary: key, weight: 1 }),
        tie('value') as fc.Arbitrary<unknown>,
        { maxKeys: 4 },
      ),
    )
    // Through text, as documents come: members that a prototype would swallow stand in it like others.
    .map(([head, members]) => JSON.parse(JSON.stringify({ ...head, ...members })) as Json),
}));
const document = fc
  .tuple(fc.subarray([...contexts.keys()], { minLength: 1 }), object)
  .map(([names, body]) => ({ '@context': names, ...body }) as Json);

describe('expansion the short way', () => {
  it('gives what jsonld gives, or leaves it to that', async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(document, async (one) => {
        const ways = await both(one, contexts);
        if (!ways) return;
        taken++;
        expect(ways[0]).toEqual(ways[1]);
      }),
      { numRuns: 8_000 },
    );
    expect(taken).toBeGreaterThan(1_000);
  }, 60_000);

  it('takes what people sign, and reads changed documents as jsonld does', async () => {
    let taken = 0;
    for (const job of await corpus()) {
      const { proof: _proof, ...signed } = job.document;
      if (await both(signed, held)) taken++;
      for (let seed = 0; seed < 40; seed++) {
        const ways = await both(mutate(signed, numbers(seed)), held);
        if (ways) expect(ways[0]).toEqual(ways[1]);
      }
    }
    expect(taken).toBe((await corpus()).length);
  });
});
