import { expect, it } from 'vitest';
import { graphOfExpanded } from '../../src/compliance/shacl/expanded.ts';
import { type Graph, graphOf } from '../../src/compliance/shacl/graph.ts';
import { isBlank, type Term } from '../../src/compliance/shacl/terms.ts';
import { canonize, type ExpandedDocument } from '../../src/credentials/jsonld/rdf.ts';

const EX = 'http://example.org/';

/** Statements with nameless nodes made alike. */
function statements(graph: Graph): string[] {
  const name = (term: Term) => (isBlank(term) ? '_:' : term);
  return [...graph.subjects()]
    .flatMap((subject) =>
      [...graph.about(subject)!].flatMap(([predicate, objects]) =>
        objects.map((object) => `${name(subject)} ${predicate} ${name(object)}`),
      ),
    )
    .sort();
}

const value = (one: unknown, more: object = {}) => ({ [`${EX}p`]: [{ '@value': one, ...more }] });
const XSD = 'http://www.w3.org/2001/XMLSchema#';

const DOCUMENTS: [what: string, document: ExpandedDocument][] = [
  [
    'text, a language, a type',
    [
      {
        '@id': `${EX}a`,
        [`${EX}p`]: [
          { '@value': 'x "y"\n\\' },
          { '@value': 'x', '@language': 'en-GB' },
          { '@value': 'x', '@type': `${EX}t` },
        ],
      },
    ],
  ],
  ['whole numbers', [value(5), value(-0), value(2 ** 53), value(1e21), value(5, { '@type': `${XSD}float` })]],
  [
    'other numbers',
    [
      value(1.5),
      value(0.1),
      value(-1.5e-7),
      value(123456.789),
      value(5, { '@type': `${XSD}double` }),
      value(99.9, { '@type': `${XSD}float` }),
    ],
  ],
  ['true and false', [value(true), value(false)]],
  ['JSON', [value({ a: [1, 'x'] }, { '@type': '@json' })]],
  [
    'text from right to left',
    [value('x', { '@direction': 'rtl', '@language': 'AR' }), value('x', { '@direction': 'ltr' })],
  ],
  [
    'types, nested nodes, references',
    [
      {
        '@id': `${EX}a`,
        '@type': [`${EX}C`, `${EX}D`],
        [`${EX}p`]: [{ '@id': `${EX}b` }, { '@type': [`${EX}C`], ...value('x') }],
      },
    ],
  ],
  ['named blank nodes', [{ '@id': '_:b0', [`${EX}p`]: [{ '@id': '_:0' }, {}] }]],
  [
    'lists, also of lists and empty',
    [
      {
        '@id': `${EX}a`,
        [`${EX}p`]: [{ '@list': [{ '@value': 'x' }, { '@list': [{ '@value': 'y' }] }] }, { '@list': [] }],
      },
    ],
  ],
  ['reversed properties', [{ '@id': `${EX}a`, '@reverse': { [`${EX}p`]: [{ '@id': `${EX}b`, ...value('x') }] } }]],
  ['included nodes', [{ '@id': `${EX}a`, ...value(1), '@included': [{ '@id': `${EX}b`, ...value(2) }] }]],
  ['other graphs', [{ '@id': `${EX}a`, [`${EX}proof`]: [{ '@graph': [{ '@id': `${EX}b`, ...value(2) }] }] }]],
  [
    'what is no IRI',
    [
      { '@id': `${EX}a`, '@type': ['C', `${EX}D`], [`${EX}p`]: [{ '@id': 'b' }, { '@id': `${EX}with space` }] },
      { '@id': 'c', ...value(1) },
    ],
  ],
  [
    'the same said twice',
    [
      {
        '@id': `${EX}a`,
        [`${EX}p`]: [
          { '@value': 'x' },
          { '@value': 'x' },
          { '@value': 5 },
          { '@value': '5', '@type': `${XSD}integer` },
        ],
      },
    ],
  ],
];

for (const [what, document] of DOCUMENTS)
  it(`reads ${what} as jsonld does`, async () => {
    const reference = graphOf(await canonize(document, 'sha256', false));
    expect(statements(graphOfExpanded(document))).toEqual(statements(reference));
  });

it('keeps nodes that the document names apart from nameless ones', () => {
  const graph = graphOfExpanded([{ '@id': '_:0', [`${EX}p`]: [{}] }, { [`${EX}p`]: [{ '@value': 'x' }] }]);
  expect([...graph.subjects()].length).toBe(2);
});

it('tells the way to a nested node, and prefers the place that describes it', () => {
  const graph = graphOfExpanded([
    {
      '@id': `${EX}root`,
      [`${EX}ref`]: [{ '@id': `${EX}b` }],
      [`${EX}p`]: [{ '@value': 'x' }, { '@id': `${EX}b`, [`${EX}q`]: [{ [`${EX}r`]: [{ '@value': 'y' }] }] }],
    },
  ]);
  const [inner] = graph.out(`${EX}b`, `${EX}q`);
  expect(graph.trail(inner!)).toEqual({
    root: `${EX}root`,
    steps: [
      { property: `${EX}p`, index: 1 },
      { property: `${EX}q`, index: 0 },
    ],
  });
  expect(graph.trail(`${EX}root`)).toEqual({ root: `${EX}root`, steps: [] });
});

it('tells a way even where nodes contain each other', () => {
  const graph = graphOfExpanded([
    { '@id': `${EX}a`, [`${EX}p`]: [{ '@id': `${EX}b`, [`${EX}p`]: [{ '@id': `${EX}a` }] }] },
  ]);
  expect(graph.trail(`${EX}a`).steps.length).toBe(2);
});
