import { describe, expect, it } from 'vitest';
import { graphOf } from '../../src/compliance/shacl/graph.ts';
import { compileShapes, type ShaclReport } from '../../src/compliance/shacl/validate.ts';

const PREFIXES = `
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix ex: <http://example.org/> .
`;
const SHAPE = 'ex:S sh:targetClass ex:C';
const compiled = (shapes: string) => compileShapes(PREFIXES + shapes);
const check = (shapes: string, data = 'ex:a a ex:C ; ex:p 1 .') => compiled(shapes).validate(graphOf(PREFIXES + data));

const components = (report: ShaclReport) => report.results.map(({ component }) => component);

describe('shapes that cannot be compiled', () => {
  const cases: [what: string, shapes: string, reason: RegExp][] = [
    ['a list in a circle', `${SHAPE} ; sh:in _:l . _:l rdf:first 1 ; rdf:rest _:l .`, /list that runs in a circle/],
    ['a list without end', `${SHAPE} ; sh:in _:l . _:l rdf:first 1 .`, /missing or stated twice/],
    [
      'a path that contains itself',
      `${SHAPE} ; sh:path _:p ; sh:minCount 1 . _:p sh:inversePath _:p .`,
      /contains itself/,
    ],
    [
      'a sequence that contains itself',
      `${SHAPE} ; sh:path _:p ; sh:minCount 1 . _:p rdf:first _:p ; rdf:rest ( _:p ) .`,
      /contains itself|parts/,
    ],
    ['an unknown path', `${SHAPE} ; sh:path [] ; sh:minCount 1 .`, /none of the kinds/],
    ['a path of a literal', `${SHAPE} ; sh:path "p" ; sh:minCount 1 .`, /none of the kinds/],
    ['a property without path', `${SHAPE} ; sh:property [ sh:minCount 1 ] .`, /no sh:path/],
    ['a count that is none', `${SHAPE} ; sh:path ex:p ; sh:minCount "two" .`, /whole number/],
    ['two limits', `${SHAPE} ; sh:path ex:p ; sh:minCount 1, 2 .`, /stated 2 times/],
    ['a count without path', `${SHAPE} ; sh:minCount 1 .`, /without sh:path/],
    ['a broken pattern', `${SHAPE} ; sh:pattern "(" .`, /no regular expression/],
    ['unknown flags', `${SHAPE} ; sh:pattern "a" ; sh:flags "q" .`, /flags/],
    ['an unordered limit', `${SHAPE} ; sh:minInclusive ex:a .`, /ordered/],
    ['a kind of node that is none', `${SHAPE} ; sh:nodeKind sh:Thing .`, /kind of node/],
    ['a constraint of a later SHACL', `${SHAPE} ; sh:singleLine true .`, /not part of SHACL Core/],
    [
      'a constraint component of its own',
      `${SHAPE} ; ex:max 5 . ex:Own a sh:ConstraintComponent ; sh:parameter [ sh:path ex:max ] .`,
      /not part of SHACL Core/,
    ],
    ['a target of its own', 'ex:S sh:target [ sh:select "" ] ; sh:class ex:D .', /not part of SHACL Core/],
    ['inference', `${SHAPE} ; sh:class ex:D . <> sh:entailment <http://www.w3.org/ns/entailment/RDFS> .`, /inference/],
    ['a shape that is a text', `${SHAPE} ; sh:node "T" .`, /where a shape is expected/],
  ];
  for (const [what, shapes, reason] of cases)
    it(`for ${what} are listed with the reason and never pass in silence`, async () => {
      expect(compiled(shapes).uncompiled).toMatchObject([
        { shape: 'http://example.org/S', reason: expect.stringMatching(reason), engine: false },
      ]);
      const report = await check(shapes);
      expect([report.conforms, components(report)]).toEqual([false, ['unsupported']]);
      expect(report.results[0]!.message).toMatch(reason);
    });

  it('are named by their property if they have no name', () => {
    const { uncompiled } = compiled(`${SHAPE} ; sh:property [ sh:path ( ex:p ex:q ) ; sh:pattern "(" ] .`);
    expect(uncompiled[0]!.reason).toMatch(
      /\(in the property shape of http:\/\/example.org\/p \/ http:\/\/example.org\/q\)$/,
    );
  });

  it('do no harm where their target does not occur', async () => {
    expect((await check(`${SHAPE} ; sh:pattern "(" .`, 'ex:a a ex:D .')).conforms).toBe(true);
  });

  it('with sh:sparql are unsupported, as the general engine cannot either', async () => {
    const report = await check(`${SHAPE} ; sh:sparql [ sh:select "SELECT $this WHERE {}" ] .`);
    expect(components(report)).toEqual(['unsupported']);
    expect(report.results[0]!.message).toMatch(/rdf-validate-shacl cannot either: Cannot find validator/);
  });

  it('that refer to themselves are checked by the general engine', async () => {
    const shapes = `${SHAPE} ; sh:node ex:T .
      ex:T sh:property [ sh:path ex:knows ; sh:node ex:T ] , [ sh:path ex:name ; sh:minCount 1 ; sh:message "No name" ] .`;
    expect(compiled(shapes).uncompiled).toMatchObject([{ shape: 'http://example.org/S', engine: true }]);
    const good = 'ex:a a ex:C ; ex:name "A" ; ex:knows ex:b . ex:b ex:name "B" ; ex:knows ex:a .';
    expect(await check(shapes, good)).toMatchObject({
      conforms: true,
      covered: { targeted: ['http://example.org/a'] },
    });
    const bad = await check(shapes, 'ex:a a ex:C ; ex:name "A" ; ex:knows ex:b . ex:b ex:knows ex:a .');
    expect(bad.results).toMatchObject([{ component: 'NodeConstraintComponent', focusNode: 'http://example.org/a' }]);
    const direct = `${SHAPE} ; sh:property ex:P . ex:P sh:path ex:knows ; sh:minCount 1 ; sh:property ex:P .`;
    const results = await check(direct, 'ex:a a ex:C ; ex:knows ex:b .');
    expect(results.results).toMatchObject([
      { focusNode: 'http://example.org/b', path: 'http://example.org/knows', component: 'MinCountConstraintComponent' },
    ]);
  });

  it('that contradict themselves are unsupported', async () => {
    expect(components(await check(`${SHAPE} ; sh:not ex:S .`))).toEqual(['unsupported']);
  });

  it('that keep the general engine busy for ever are given up', async () => {
    const doubled = Array.from({ length: 40 }, (_, at) => `ex:T${at} sh:and ( ex:T${at + 1} ex:T${at + 1} ) .`);
    const report = await check(
      `${SHAPE} ; sh:node ex:T0 . ${doubled.join('\n')} ex:T40 sh:class ex:C ; sh:sparql [] .`,
    );
    expect(components(report)).toEqual(['unsupported']);
    const slow = await check(
      `${SHAPE} ; sh:node ex:T0 ; sh:property [ sh:path ex:q ; sh:node ex:S ] . ${doubled.join('\n')} ex:T40 sh:class ex:C .`,
    );
    expect(slow.results[0]!.message).toMatch(/takes longer than/);
  });
});

describe('shapes and data that would take for ever', () => {
  const soon = async (shapes: string, data?: string): Promise<ShaclReport> => {
    const shape = compiled(shapes);
    const graph = graphOf(PREFIXES + (data ?? 'ex:a a ex:C ; ex:p 1 .'));
    const start = performance.now();
    const report = await shape.validate(graph);
    expect(performance.now() - start).toBeLessThan(8_000);
    return report;
  };

  it('give up a pattern that backtracks, on one text or on many', async () => {
    const shapes = `${SHAPE} ; sh:path ex:p ; sh:pattern "^(a+)+$" .`;
    const text = `${'a'.repeat(60)}b`;
    const report = await soon(shapes, `ex:a a ex:C ; ex:p "aaa", "${text}" .`);
    expect(components(report)).toEqual(['unsupported']);
    expect(report.results[0]!.message).toMatch(/pattern/);
    const many = Array.from({ length: 500 }, (_, at) => `ex:a${at} a ex:C ; ex:p "${text}" .`);
    expect((await soon(shapes, many.join('\n'))).results.length).toBe(500);
    expect((await soon(shapes, 'ex:a a ex:C ; ex:p "aaa" .')).conforms).toBe(true);
  });

  it('never take a test that was given up for a failed one', async () => {
    const report = await soon(
      `${SHAPE} ; sh:path ex:p ; sh:not [ sh:pattern "^(a|a)*$" ] .`,
      `ex:a a ex:C ; ex:p "${'a'.repeat(60)}b" .`,
    );
    expect([report.conforms, components(report)]).toEqual([false, ['unsupported']]);
  });

  it('know other patterns that are slow: optional parts, numbers of times, long texts', async () => {
    for (const pattern of ['^(a?){40}b$', '^(x*){30}y$', '^a*a*a*a*a*a*b$', '^(?:a|a?){35}$', '(\\\\w+)\\\\1\\\\1+$'])
      await soon(
        `${SHAPE} ; sh:path ex:p ; sh:pattern "${pattern}" .`,
        `ex:a a ex:C ; ex:p "${'ax'.repeat(2_000)}!", "${'a'.repeat(40)}!" .`,
      );
    const large = await soon(
      `${SHAPE} ; sh:path ex:p ; sh:pattern "(?:a{1000}){1000}{1000}" .`,
      `ex:a a ex:C ; ex:p "${'a'.repeat(40)}" .`,
    );
    expect(large.conforms).toBe(false);
  });

  it('give up shapes that double at each level', async () => {
    const doubled = Array.from({ length: 60 }, (_, at) => `ex:T${at} sh:and ( ex:T${at + 1} ex:T${at + 1} ) .`);
    const report = await soon(`${SHAPE} ; sh:node ex:T0 . ${doubled.join('\n')} ex:T60 sh:class ex:C .`);
    expect(components(report)).toEqual(['unsupported']);
    const failing = await soon(`${SHAPE} ; sh:not ex:T0 . ${doubled.join('\n')} ex:T60 sh:class ex:D .`);
    expect(failing.conforms).toBe(true);
  });

  it('describe shapes that double at each level in a short text', async () => {
    const doubled = Array.from({ length: 60 }, (_, at) => `ex:T${at} sh:or ( ex:T${at + 1} ex:T${at + 1} ) .`);
    const report = await soon(
      `${SHAPE} ; sh:class ex:D ; sh:not ex:N . ex:N sh:or ( [ sh:class ex:C ] ex:T0 ) . ${doubled.join('\n')} ex:T60 sh:class ex:D .`,
    );
    expect(report.results.length).toBe(2);
    for (const { allowed } of report.results) expect(allowed!.length).toBeLessThan(2_000);
  });

  it('give up comparing all values with all others', async () => {
    const numbers = Array.from({ length: 5_000 }, (_, at) => at).join(', ');
    const report = await soon(
      `${SHAPE} ; sh:path ex:p ; sh:lessThan ex:q .`,
      `ex:a a ex:C ; ex:p ${numbers} ; ex:q ${numbers} .`,
    );
    expect(components(report)).toEqual(['unsupported']);
  });

  it('give up paths over all of a large graph from all of its nodes', async () => {
    const chain = Array.from({ length: 5_000 }, (_, at) => `ex:n${at} a ex:C ; ex:p ex:n${at + 1} .`).join('\n');
    const report = await soon(`${SHAPE} ; sh:path [ sh:zeroOrMorePath ex:p ] ; sh:nodeKind sh:IRI .`, chain);
    expect(components(report)).toContain('unsupported');
    expect([report.results.length, report.more > 0]).toEqual([1_000, true]);
  });

  it('load a list of 100,000 members and shapes nested 10,000 deep', async () => {
    const members = Array.from({ length: 100_000 }, (_, at) => `"v${at}"`).join(' ');
    const report = await soon(`${SHAPE} ; sh:path ex:p ; sh:in ( ${members} ) .`);
    expect(report.results[0]!.allowed).toMatch(/^one of "v0".* and 99988 more$/);
    // Written from the innermost on, they are compiled one by one: only checking them goes deep.
    const chain = Array.from(
      { length: 10_000 },
      (_, at) => `ex:T${at} sh:targetNode ex:x ; sh:node ex:T${at - 1} .`,
    ).slice(1);
    const nested = await soon(`ex:T0 sh:class ex:C . ${chain.join('\n')}`, 'ex:x a ex:C .');
    expect(nested.conforms).toBe(false);
    expect(components(nested).every((component) => component === 'unsupported')).toBe(true);
  });

  it('load shapes that ask for nothing and double at each level', async () => {
    const level = (at: number) => `ex:P${at} sh:path ex:p ; sh:property ex:P${at + 1}, ex:Q${at + 1} .
      ex:Q${at} sh:path ex:p ; sh:property ex:P${at + 1}, ex:Q${at + 1} .`;
    const levels = Array.from({ length: 60 }, (_, at) => level(at)).join('\n');
    const shapes = `${SHAPE} ; sh:property ex:P0 . ${levels} ex:P60 sh:path ex:p . ex:Q60 sh:path ex:p .`;
    expect((await soon(shapes)).covered.targeted).toEqual([]);
  });

  it('give up data that make every class inherit from thousands', async () => {
    const chain = Array.from(
      { length: 5_000 },
      (_, at) => `ex:C${at} rdfs:subClassOf ex:C${at + 1} . ex:i${at} a ex:C${at} .`,
    );
    const report = await soon(`${SHAPE} ; sh:nodeKind sh:IRI .`, chain.join('\n'));
    expect([report.conforms, components(report)]).toEqual([false, ['unsupported']]);
  });

  it('give up nodes with thousands of types or properties that thousands of others refer to', async () => {
    const types = Array.from({ length: 5_000 }, (_, at) => `ex:T${at}`).join(', ');
    const refer = Array.from({ length: 5_000 }, (_, at) => `ex:i${at} a ex:C ; ex:p ex:x .`).join('\n');
    const classes = await soon(`${SHAPE} ; sh:path ex:p ; sh:class ex:D .`, `ex:x a ${types} . ${refer}`);
    expect(components(classes)).toContain('unsupported');
    const properties = Array.from({ length: 5_000 }, (_, at) => `ex:p${at} 1`).join('; ');
    const closed = `ex:N sh:closed true ; sh:ignoredProperties ( ${Array.from({ length: 5_000 }, (_, at) => `ex:p${at}`).join(' ')} )`;
    const report = await soon(`${SHAPE} ; sh:path ex:p ; sh:node ex:N . ${closed} .`, `ex:x ${properties} . ${refer}`);
    expect(components(report)).toContain('unsupported');
  });

  it('give up thousands of shapes for each of thousands of nodes', async () => {
    const shapes = Array.from(
      { length: 3_000 },
      (_, at) => `ex:S${at} sh:targetClass ex:C ; sh:nodeKind sh:IRI .`,
    ).join('\n');
    const nodes = Array.from({ length: 3_000 }, (_, at) => `ex:i${at} a ex:C .`).join('\n');
    expect((await soon(shapes, nodes)).results.at(-1)).toMatchObject({ component: 'unsupported' });
  });

  it('take classes in a circle and values stated many times', async () => {
    const data = `ex:C rdfs:subClassOf ex:D . ex:D rdfs:subClassOf ex:C, ex:D . ex:a a ex:C ; ex:p ${'1, '.repeat(20_000)} 2 .`;
    expect(
      (await soon(`${SHAPE} ; sh:class ex:D ; sh:property [ sh:path ex:p ; sh:maxCount 2 ] .`, data)).conforms,
    ).toBe(true);
  });
});

it('a file that is not Turtle is refused with the line', () => {
  expect(() => compileShapes('@prefix sh: <http://www.w3.org/ns/shacl#> .\nex:S a sh:NodeShape .')).toThrow(/line 2/);
});

it('imports are not followed, but named', () => {
  const { imports } = compiled('<> <http://www.w3.org/2002/07/owl#imports> ex:other .');
  expect(imports).toEqual(['http://example.org/other']);
});

it('a file that is empty, cut off or without shapes', async () => {
  for (const text of ['', '\n', 'ex:a a ex:C .']) expect(compiled(text)).toMatchObject({ count: 0, uncompiled: [] });
  expect(compileShapes('').count).toBe(0);
  expect(() => compiled('ex:S a sh:NodeShape ; sh:property [ sh:path')).toThrow(/line/);
  expect(await compileShapes('').validate(graphOf(''))).toMatchObject({ conforms: true, covered: { targeted: [] } });
});
