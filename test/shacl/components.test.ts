import { describe, expect, it } from 'vitest';
import { graphOf } from '../../src/compliance/shacl/graph.ts';
import { compileShapes } from '../../src/compliance/shacl/validate.ts';

const PREFIXES = `
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix ex: <http://example.org/> .
`;
const compiled = (shapes: string) => compileShapes(PREFIXES + shapes);
const check = (shapes: string, data: string) => compiled(shapes).validate(graphOf(PREFIXES + data));

/** What a property shape at ex:p says; values that it accepts; values that it does not. Values are lists of objects. */
const AT_A_PROPERTY: [constraint: string, accepted: string[], refused: string[], component: string][] = [
  ['sh:class ex:C', ['ex:c', 'ex:sub'], ['ex:d', '"c"', 'ex:unknown'], 'Class'],
  ['sh:datatype xsd:string', ['"a"', ''], ['"a"@en', '1', 'ex:c'], 'Datatype'],
  ['sh:datatype rdf:langString', ['"a"@en'], ['"a"'], 'Datatype'],
  ['sh:datatype xsd:byte', ['"-128"^^xsd:byte'], ['"128"^^xsd:byte', '"x"^^xsd:byte', '5'], 'Datatype'],
  ['sh:datatype xsd:integer', ['-0012', '123456789012345678901234567890'], ['1.0', '"1.0"^^xsd:integer'], 'Datatype'],
  [
    'sh:datatype xsd:unsignedLong',
    ['"18446744073709551615"^^xsd:unsignedLong'],
    ['"18446744073709551616"^^xsd:unsignedLong', '"-1"^^xsd:unsignedLong'],
    'Datatype',
  ],
  ['sh:datatype xsd:decimal', ['1.50', '"-.5"^^xsd:decimal'], ['"1e0"^^xsd:decimal', '"."^^xsd:decimal'], 'Datatype'],
  ['sh:datatype xsd:double', ['1.5E3', '"-INF"^^xsd:double'], ['"1,5"^^xsd:double'], 'Datatype'],
  ['sh:datatype xsd:boolean', ['true', '"0"^^xsd:boolean'], ['"yes"^^xsd:boolean'], 'Datatype'],
  [
    'sh:datatype xsd:date',
    ['"2024-02-29"^^xsd:date', '"2026-11-21+01:00"^^xsd:date'],
    ['"2026-02-29"^^xsd:date', '"2026-13-01"^^xsd:date'],
    'Datatype',
  ],
  [
    'sh:datatype xsd:dateTime',
    ['"2026-11-21T09:00:00Z"^^xsd:dateTime', '"2026-11-21T24:00:00"^^xsd:dateTime'],
    ['"2026-11-21"^^xsd:dateTime', '"2026-11-21T25:00:00Z"^^xsd:dateTime'],
    'Datatype',
  ],
  [
    'sh:datatype xsd:dateTimeStamp',
    ['"2026-11-21T09:00:00Z"^^xsd:dateTimeStamp'],
    ['"2026-11-21T09:00:00"^^xsd:dateTimeStamp'],
    'Datatype',
  ],
  [
    'sh:datatype xsd:duration',
    ['"P1Y2M3DT4H5M6.7S"^^xsd:duration', '"-PT1S"^^xsd:duration'],
    ['"P"^^xsd:duration', '"P1DT"^^xsd:duration', '"1D"^^xsd:duration'],
    'Datatype',
  ],
  [
    'sh:datatype xsd:base64Binary',
    ['"TWFu"^^xsd:base64Binary', '"TQ=="^^xsd:base64Binary'],
    ['"TWF"^^xsd:base64Binary', '"TR=="^^xsd:base64Binary'],
    'Datatype',
  ],
  ['sh:datatype ex:own', ['"any text"^^ex:own'], ['"any text"'], 'Datatype'],
  ['sh:nodeKind sh:IRI', ['ex:c'], ['[]', '"c"'], 'NodeKind'],
  ['sh:nodeKind sh:BlankNode', ['[]'], ['ex:c', '"c"'], 'NodeKind'],
  ['sh:nodeKind sh:Literal', ['"c"'], ['ex:c', '[]'], 'NodeKind'],
  ['sh:nodeKind sh:BlankNodeOrIRI', ['ex:c', '[]'], ['"c"'], 'NodeKind'],
  ['sh:nodeKind sh:BlankNodeOrLiteral', ['"c"', '[]'], ['ex:c'], 'NodeKind'],
  ['sh:nodeKind sh:IRIOrLiteral', ['ex:c', '"c"'], ['[]'], 'NodeKind'],
  ['sh:minCount 2', ['1, 2', '1, "1"'], ['1', ''], 'MinCount'],
  ['sh:maxCount 1', ['', '1', '1, 1'], ['1, 2'], 'MaxCount'],
  [
    'sh:minInclusive 5',
    ['5', '5.0', '5e0', '"6"^^xsd:byte'],
    ['4.999', '"5"', '"x"^^xsd:integer', 'ex:c', '"NaN"^^xsd:double'],
    'MinInclusive',
  ],
  ['sh:minExclusive 5', ['5.1'], ['5', '5.00'], 'MinExclusive'],
  ['sh:maxInclusive 5', ['5', '-7'], ['5.00000000000000000000001', '"300"^^xsd:byte'], 'MaxInclusive'],
  ['sh:maxExclusive 5', ['4.99999999999999999999999'], ['5', '"INF"^^xsd:float'], 'MaxExclusive'],
  ['sh:minInclusive "b"', ['"b"', '"c"'], ['"a"', '"c"@en'], 'MinInclusive'],
  ['sh:minInclusive true', ['true', '"1"^^xsd:boolean'], ['false'], 'MinInclusive'],
  [
    'sh:maxInclusive "2026-01-01T00:00:00Z"^^xsd:dateTime',
    ['"2026-01-01T01:00:00+01:00"^^xsd:dateTime', '"2025-12-31T00:00:00"^^xsd:dateTime'],
    ['"2026-01-01T00:00:00"^^xsd:dateTime', '"2026-01-01"^^xsd:date'],
    'MaxInclusive',
  ],
  [
    'sh:minInclusive "2026-01-01"^^xsd:date',
    ['"2026-01-01"^^xsd:date', '"12026-01-01"^^xsd:date'],
    ['"2025-12-31"^^xsd:date', '"-2026-01-01"^^xsd:date'],
    'MinInclusive',
  ],
  ['sh:minLength 3', ['"abc"', 'ex:c', '123'], ['"ab"', '[]', '"\u{1f600}\u{1f600}"'], 'MinLength'],
  ['sh:maxLength 2', ['"ab"', '"\u{1f600}\u{1f600}"', ''], ['"abc"', 'ex:c', '[]'], 'MaxLength'],
  ['sh:pattern "^a.c$"', ['"abc"'], ['"ABC"', '"xabc"', '[]'], 'Pattern'],
  ['sh:pattern "^A\\\\p{L}$" ; sh:flags "i"', ['"aé"'], ['"a1"'], 'Pattern'],
  ['sh:pattern "^http://"', ['ex:c'], ['"c"'], 'Pattern'],
  ['sh:pattern "(?:[0-9a-f]{2}\\\\:){5}[0-9a-f]{2}"', ['"00:1a:2b:3c:4d:5e"'], ['"00:1a"'], 'Pattern'],
  ['sh:languageIn ("en" "de")', ['"a"@en', '"a"@DE', '"a"@en-GB'], ['"a"@fr', '"a"', '"a"@eng', 'ex:c'], 'LanguageIn'],
  ['sh:uniqueLang true', ['"a"@en, "a"@de', '"a", "b"'], ['"a"@en, "b"@EN'], 'UniqueLang'],
  ['sh:uniqueLang false', ['"a"@en, "b"@en'], [], 'UniqueLang'],
  ['sh:equals ex:q', ['1, 2'], ['1', '1, 2, 3', ''], 'Equals'],
  ['sh:disjoint ex:q', ['3, 4', ''], ['2, 3'], 'Disjoint'],
  ['sh:lessThan ex:q', ['0', '-1, 0.5', ''], ['1', '"0"', '2'], 'LessThan'],
  ['sh:lessThanOrEquals ex:q', ['1', '0.5'], ['1.5', 'ex:c'], 'LessThanOrEquals'],
  ['sh:not [ sh:class ex:C ]', ['ex:d', '"c"'], ['ex:c'], 'Not'],
  ['sh:and ( [ sh:minLength 2 ] [ sh:maxLength 3 ] )', ['"ab", "abc"'], ['"a"', '"ab", "abcd"'], 'And'],
  ['sh:or ( [ sh:datatype xsd:string ] [ sh:class ex:C ] )', ['"a", ex:c'], ['1', 'ex:d'], 'Or'],
  ['sh:xone ( [ sh:minLength 2 ] [ sh:maxLength 3 ] )', ['"a"', '"abcd"'], ['"ab"'], 'Xone'],
  ['sh:node [ sh:property [ sh:path ex:name ; sh:minCount 1 ] ]', ['ex:c'], ['ex:d', '"c"'], 'Node'],
  ['sh:property [ sh:path ex:name ; sh:minCount 1 ]', ['ex:c'], ['ex:d'], 'MinCount'],
  [
    'sh:qualifiedValueShape [ sh:class ex:C ] ; sh:qualifiedMinCount 1',
    ['ex:c, ex:d'],
    ['ex:d', ''],
    'QualifiedMinCount',
  ],
  [
    'sh:qualifiedValueShape [ sh:class ex:C ] ; sh:qualifiedMaxCount 1',
    ['ex:c, ex:d', ''],
    ['ex:c, ex:sub'],
    'QualifiedMaxCount',
  ],
  ['sh:closed true ; sh:ignoredProperties ( rdf:type ex:name )', ['ex:c', '"c"'], ['ex:d'], 'Closed'],
  ['sh:closed false', ['ex:d'], [], 'Closed'],
  ['sh:hasValue 1', ['1', '1, 2'], ['"1"', '1.0', ''], 'HasValue'],
  ['sh:in (1 "a" ex:c)', ['1, "a", ex:c', ''], ['2', '"a"@en', 'ex:d'], 'In'],
  ['sh:in ()', [''], ['1'], 'In'],
];

/** Nodes that values refer to. */
const AROUND = `
  ex:Sub rdfs:subClassOf ex:C .
  ex:c a ex:C ; ex:name "C" .
  ex:sub a ex:Sub ; ex:name "Sub" .
  ex:d a ex:D ; ex:other "D" .
  ex:focus ex:q 1, 2 .
`;

describe('a property shape', () => {
  for (const [constraint, accepted, refused, component] of AT_A_PROPERTY) {
    const shapes = `ex:S sh:targetNode ex:focus ; sh:path ex:p ; ${constraint} .`;
    const with_ = (values: string) => AROUND + (values === '' ? '' : `ex:focus ex:p ${values} .`);
    for (const values of accepted)
      it(`with ${constraint} accepts ${values || 'no value'}`, async () => {
        expect(await check(shapes, with_(values))).toMatchObject({ conforms: true, results: [] });
      });
    for (const values of refused)
      it(`with ${constraint} refuses ${values || 'no value'}`, async () => {
        const { conforms, results } = await check(shapes, with_(values));
        expect(conforms).toBe(false);
        expect(new Set(results.map((result) => result.component))).toEqual(
          new Set([`${component}ConstraintComponent`]),
        );
        for (const { message, mend, allowed } of results) {
          expect(message).toMatch(/^\S.{5,}/);
          expect(mend).toMatch(/^[A-Z].{5,}/);
          expect(allowed).toMatch(/^\S+/);
        }
      });
  }
});

describe('a node shape', () => {
  const cases: [constraint: string, accepted: string, refused: string][] = [
    ['sh:class ex:C', 'ex:n ex:p 1 ; a ex:C', 'ex:n ex:p 1 ; a ex:D'],
    ['sh:nodeKind sh:IRI', 'ex:n ex:p 1', '_:n ex:p 1'],
    ['sh:pattern "/n$"', 'ex:n ex:p 1', 'ex:m ex:p 1'],
    ['sh:in ( ex:n )', 'ex:n ex:p 1', 'ex:m ex:p 1'],
    ['sh:hasValue ex:n', 'ex:n ex:p 1', 'ex:m ex:p 1'],
    ['sh:equals ex:self', 'ex:n ex:p 1 ; ex:self ex:n', 'ex:n ex:p 1 ; ex:self ex:n, ex:m'],
    ['sh:disjoint ex:self', 'ex:n ex:p 1 ; ex:self ex:m', 'ex:n ex:p 1 ; ex:self ex:n'],
    ['sh:closed true ; sh:property [ sh:path ex:p ]', 'ex:n ex:p 1', 'ex:n ex:p 1 ; ex:q 1'],
    ['sh:not [ sh:class ex:C ]', 'ex:n ex:p 1', 'ex:n ex:p 1 ; a ex:C'],
    ['sh:xone ( [ sh:class ex:C ] [ sh:class ex:D ] )', 'ex:n ex:p 1 ; a ex:C', 'ex:n ex:p 1 ; a ex:C, ex:D'],
  ];
  for (const [constraint, accepted, refused] of cases)
    it(`with ${constraint} accepts and refuses`, async () => {
      const shapes = `ex:S sh:targetSubjectsOf ex:p ; ${constraint} .`;
      expect((await check(shapes, `${accepted} .`)).conforms).toBe(true);
      expect((await check(shapes, `${refused} .`)).conforms).toBe(false);
    });

  it('with sh:equals misses the focus node among the values of the property', async () => {
    const { results } = await check('ex:S sh:targetNode ex:n ; sh:equals ex:self .', 'ex:n ex:self ex:m .');
    expect(results.map(({ value }) => value)).toEqual(['http://example.org/n', 'http://example.org/m']);
  });
});

describe('a path', () => {
  const data = `
    ex:a ex:p ex:b . ex:b ex:p ex:c . ex:c ex:p ex:a . ex:b ex:q ex:d . ex:e ex:q ex:a .
  `;
  const cases: [path: string, from: string, found: string, words: string][] = [
    ['ex:p', 'a', 'b', 'http://example.org/p'],
    ['[ sh:inversePath ex:p ]', 'a', 'c', 'inverse of http://example.org/p'],
    ['( ex:p ex:q )', 'a', 'd', 'http://example.org/p / http://example.org/q'],
    ['[ sh:inversePath ( ex:p ex:q ) ]', 'd', 'a', 'inverse of (http://example.org/p / http://example.org/q)'],
    ['[ sh:alternativePath ( ex:p ex:q ) ]', 'b', 'cd', 'http://example.org/p or http://example.org/q'],
    ['[ sh:zeroOrMorePath ex:p ]', 'a', 'abc', 'http://example.org/p any number of times'],
    ['[ sh:oneOrMorePath ex:p ]', 'a', 'abc', 'http://example.org/p once or more'],
    ['[ sh:oneOrMorePath ex:q ]', 'a', '', 'http://example.org/q once or more'],
    ['[ sh:zeroOrOnePath ex:p ]', 'a', 'ab', 'http://example.org/p once or not at all'],
    [
      '( [ sh:zeroOrOnePath ex:p ] [ sh:inversePath ex:q ] )',
      'a',
      'e',
      'http://example.org/p once or not at all / inverse of http://example.org/q',
    ],
    [
      '( [ sh:alternativePath ( ex:p [ sh:inversePath ex:q ] ) ] ex:p )',
      'a',
      'c',
      '(http://example.org/p or inverse of http://example.org/q) / http://example.org/p',
    ],
  ];
  for (const [path, from, found, words] of cases)
    it(`${path} from ${from} finds ${found || 'nothing'}`, async () => {
      const values = [...found].map((name) => `ex:${name}`);
      const shapes = `ex:S sh:targetNode ex:${from} ; sh:path ${path} ; sh:maxCount ${values.length} ; sh:in ( ${values.join(' ')} )`;
      const all = values.map((value) => ` ; sh:hasValue ${value}`).join('');
      expect((await check(`${shapes}${all} .`, data)).results).toEqual([]);
      const { results } = await check(`ex:S sh:targetNode ex:${from} ; sh:path ${path} ; sh:hasValue ex:none .`, data);
      expect(results[0]!.path).toBe(words);
    });
});

describe('a target', () => {
  const data = 'ex:Sub rdfs:subClassOf ex:C . ex:a a ex:C ; ex:p ex:b . ex:b a ex:Sub . ex:d a ex:D .';
  const cases: [target: string, targeted: string[]][] = [
    ['sh:targetClass ex:C', ['a', 'b']],
    ['sh:targetClass ex:D, ex:C ; sh:targetNode ex:a', ['a', 'b', 'd']],
    ['a rdfs:Class, sh:NodeShape', []],
    ['sh:targetNode ex:b, ex:elsewhere', ['b']],
    ['sh:targetSubjectsOf ex:p', ['a']],
    ['sh:targetObjectsOf ex:p', ['b']],
  ];
  for (const [target, targeted] of cases)
    it(`${target} applies to ${targeted.join(', ') || 'nothing'}`, async () => {
      const { covered } = await check(`ex:S ${target} ; sh:nodeKind sh:IRI .`, data);
      expect(covered.targeted).toEqual(targeted.map((name) => `http://example.org/${name}`));
    });

  it('of a class that is a shape is its instances, and those of its subclasses', async () => {
    const shapes = 'ex:C a rdfs:Class, sh:NodeShape ; sh:property [ sh:path ex:p ; sh:minCount 1 ] .';
    const { results, covered } = await check(shapes, data);
    expect(results.map(({ focusNode }) => focusNode)).toEqual(['http://example.org/b']);
    expect(covered.targeted.length).toBe(2);
  });

  it('uses the subclasses of an ontology', async () => {
    const shapes = compileShapes(
      `${PREFIXES} ex:S sh:targetClass ex:Top ; sh:class ex:Top ; sh:nodeKind sh:Literal .`,
      {
        ontology: [
          ['http://example.org/C', 'http://example.org/Mid'],
          ['http://example.org/Mid', 'http://example.org/Top'],
          ['http://example.org/Top', 'http://example.org/C'],
        ],
      },
    );
    const { results } = await shapes.validate(graphOf(PREFIXES + data));
    expect(results.map(({ component }) => component)).toEqual([
      'NodeKindConstraintComponent',
      'NodeKindConstraintComponent',
    ]);
  });
});

describe('a report', () => {
  it('says which nodes with a type no shape applies to, and that nothing was checked', async () => {
    const { covered, conforms } = await check(
      'ex:S sh:targetClass ex:X ; sh:class ex:Y .',
      'ex:a a ex:C . ex:b ex:p 1 .',
    );
    expect(conforms).toBe(true);
    expect(covered).toEqual({
      targeted: [],
      untargeted: [{ node: 'http://example.org/a', types: ['http://example.org/C'] }],
    });
  });

  it('does not count shapes that are deactivated or ask for nothing', async () => {
    const shapes =
      'ex:S sh:targetClass ex:C ; sh:deactivated true ; sh:class ex:D . ex:T sh:targetClass ex:C ; sh:closed false .';
    expect(compiled(shapes).count).toBe(0);
    expect((await check(shapes, 'ex:a a ex:C .')).covered.targeted).toEqual([]);
  });

  it('takes severity and message from the shape, and English if there is a choice', async () => {
    const shapes =
      'ex:S sh:targetClass ex:C ; sh:class ex:D ; sh:severity sh:Warning ; sh:message "Nein"@de, "No"@en .';
    const { conforms, results } = await check(shapes, 'ex:a a ex:C .');
    expect([conforms, results[0]!.severity, results[0]!.message]).toEqual([false, 'Warning', 'No']);
  });

  it('says what was found, what would be accepted and what to write', async () => {
    const { results } = await check(
      `ex:S sh:targetClass ex:C ; sh:closed true ; sh:ignoredProperties ( rdf:type ) ;
        sh:property [ sh:path ex:url ; sh:datatype xsd:anyURI ] , [ sh:path ex:country ; sh:in ( "Norway" "Sweden" ) ] ,
          [ sh:path ex:name ; sh:minCount 1 ] .`,
      'ex:a a ex:C ; ex:url "https://x.example/" ; ex:country "Norwai" ; ex:nam "A" .',
    );
    const by = new Map(results.map((result) => [result.property!.slice('http://example.org/'.length), result]));
    expect(by.get('url')).toMatchObject({
      found: '"https://x.example/"',
      allowed: 'a value of type xsd:anyURI',
      mend: 'Write {"@value": "https://x.example/", "@type": "xsd:anyURI"}',
    });
    expect(by.get('country')).toMatchObject({
      allowed: 'one of "Norway", "Sweden"',
      mend: 'Write "Norway", if that is meant',
    });
    expect(by.get('name')).toMatchObject({
      message: 'http://example.org/name is missing',
      mend: 'Add http://example.org/name',
    });
    expect(by.get('nam')).toMatchObject({
      message: 'http://example.org/nam is no property that is allowed here',
      mend: 'Write http://example.org/name if that is meant, or remove http://example.org/nam',
    });
  });

  it('tells for sh:node what is wrong with the value', async () => {
    const { results } = await check(
      'ex:S sh:targetNode ex:a ; sh:path ex:p ; sh:node ex:T . ex:T sh:property [ sh:path ex:q ; sh:minCount 1 ] .',
      'ex:a ex:p ex:b .',
    );
    expect(results).toMatchObject([
      {
        component: 'NodeConstraintComponent',
        details: [{ component: 'MinCountConstraintComponent', focusNode: 'http://example.org/b' }],
      },
    ]);
  });

  it('counts siblings out with sh:qualifiedValueShapesDisjoint', async () => {
    const fingers = (thumb: string) => `
      ex:S sh:targetNode ex:hand ; sh:property
        [ sh:path ex:digit ; sh:qualifiedValueShape [ sh:class ex:Thumb ] ; sh:qualifiedMinCount 1 ; sh:qualifiedValueShapesDisjoint ${thumb} ] ,
        [ sh:path ex:digit ; sh:qualifiedValueShape [ sh:class ex:Finger ] ; sh:qualifiedMinCount 1 ] .`;
    const data = 'ex:hand ex:digit ex:d . ex:d a ex:Thumb, ex:Finger .';
    expect((await check(fingers('false'), data)).conforms).toBe(true);
    expect((await check(fingers('true'), data)).conforms).toBe(false);
  });
});
