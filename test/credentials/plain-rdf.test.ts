import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import jsonld from '../../src/credentials/jsonld/jsonld.ts';
import { canonizePlain } from '../../src/credentials/jsonld/plain-rdf.ts';
import type { ExpandedDocument } from '../../src/credentials/jsonld/rdf.ts';

/* Whatever the short way takes, it must write exactly as jsonld and rdf-canonize do. */

const require = createRequire(import.meta.url);
const { version } = require('rdf-canonize/package.json') as { version: string };

const general = (expanded: ExpandedDocument) =>
  jsonld
    .canonize(expanded, {
      skipExpansion: true,
      safe: true,
      base: null,
      rdfDirection: 'i18n-datatype',
      canonizeOptions: { algorithm: 'RDFC-1.0', messageDigestAlgorithm: 'sha256', maxWorkFactor: 2 },
    })
    .catch(() => undefined);

const XSD = 'http://www.w3.org/2001/XMLSchema#';
const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';
/** Mostly what is usual, and now and then what is not. */
const mostly = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: usual, weight: 300 }, { arbitrary: odd, weight: 1 });
const iri = mostly(
  fc.constantFrom('https://a.example/1', 'https://a.example/2', 'urn:x:y', 'did:web:a.example', 'https://a.example/é'),
  fc.constantFrom('https://a.example/a b', '_:b0', 'relative'),
);
const type = mostly(
  fc.constantFrom(...['string', 'integer', 'boolean', 'decimal', 'dateTime'].map((name) => XSD + name), 'urn:x:type'),
  fc.constantFrom(`${XSD}double`, `${RDF}langString`, `${RDF}JSON`, '@json', 'odd'),
);
const plain = mostly<unknown>(
  fc.oneof(
    fc.stringMatching(/^[ -~]{0,6}$/),
    fc.constantFrom('x', 'true', '5', 'é', '\u{1f600}', ''),
    fc.boolean(),
    fc.integer(),
  ),
  fc.oneof(
    fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
    fc.constantFrom('"', '\\', '\n', '\u007f', '1e3', -0, 1e21, 2 ** 53, 0.1),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  ),
);
const literal = fc
  .record({
    '@value': plain,
    '@type': fc.option(type, { nil: undefined }),
    '@language': fc.option(mostly(fc.constantFrom('en', 'de-CH'), fc.constant('x y')), { nil: undefined }),
  })
  .map((value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>)
  .filter((value) => !('@language' in value) || (typeof value['@value'] === 'string' && !('@type' in value)));
const { node } = fc.letrec<{ node: Record<string, unknown>; value: Record<string, unknown> }>((tie) => ({
  node: fc
    .record({
      '@id': fc.option(iri, { nil: undefined }),
      '@type': fc.option(
        fc.array(mostly(fc.constantFrom('https://a.example/T', 'https://a.example/U'), fc.constant('odd')), {
          minLength: 1,
          maxLength: 2,
        }),
        { nil: undefined },
      ),
      'https://a.example/p': fc.option(fc.array(tie('value'), { minLength: 1, maxLength: 3 }), { nil: undefined }),
      'https://a.example/q': fc.option(fc.array(tie('value'), { minLength: 1, maxLength: 3 }), { nil: undefined }),
      'urn:x:r': fc.option(fc.array(tie('value'), { minLength: 1, maxLength: 2 }), { nil: undefined }),
    })
    .map((value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>),
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    literal,
    fc.record({ '@list': fc.array(literal, { maxLength: 2 }) }),
    tie('node'),
  ),
}));

it('writes what the general way writes, or leaves it to that', async () => {
  expect(version).toBe('5.0.0');
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(node, async (root) => {
      const short = canonizePlain([root], 'sha256');
      if (short === undefined) return;
      taken++;
      expect(short).toBe(await general([root]));
    }),
    { numRuns: 6_000 },
  );
  expect(taken).toBeGreaterThan(100);
});

it.each([
  [{ '@value': 5, '@type': `${XSD}string` }, '"5"'],
  [{ '@value': true, '@type': `${XSD}string` }, '"true"'],
  [{ '@value': 5 }, `"5"^^<${XSD}integer>`],
  [{ '@value': 'x', '@language': 'en' }, '"x"@en'],
  [{ '@value': '2026-01-01', '@type': `${XSD}date` }, `"2026-01-01"^^<${XSD}date>`],
])('%j', async (value, written) => {
  const root = { '@id': 'urn:x', 'urn:p': [value] };
  expect(canonizePlain([root], 'sha256')).toBe(`<urn:x> <urn:p> ${written} .\n`);
  expect(await general([root])).toBe(`<urn:x> <urn:p> ${written} .\n`);
});
