import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { JsonObject } from '../credentials/credential.ts';
import { digestOf } from '../credentials/digest.ts';
import { type ClaimNode, type ClaimValue, isNode, values } from '../credentials/jsonld/claims.ts';
import { localPart } from '../credentials/nearest.ts';
import { acceptsOf } from './accepts.ts';
import { type Place, placeOfProperty, placeOfSubject, placeOfValue, writtenAs } from './place.ts';
import { type Advice, explain, shown } from './shape-errors.ts';
import type { Vocabulary } from './vocabulary.ts';

/** One finding of a shape check; `ok: true` names a shape that holds. */
export type ShapeResult = Finding & ({ ok: true } | { ok: false; mend: string });

interface Finding {
  /** JSON pointer into the document as received (RFC 6901). */
  path: string;
  /** The property in the publisher's spelling. */
  property?: string;
  /** What stands there, shortened. */
  found?: string;
  /** What would be accepted. */
  allowed?: string;
  /** Stable name of the rule: the shape, and the constraint within it, for example `gx:Address#required`. */
  rule: string;
  /** One plain sentence. */
  why: string;
  mend?: string;
}

export interface ShapeInfo {
  /** `$id` of the JSON Schema. */
  id: string;
  /** Types it applies to, shortened. */
  target: string[];
  version: string;
  /** digestMultibase of the file's bytes. */
  digest: string;
  /** Path below shapes/json. */
  file: string;
}

export interface Shapes {
  /**
   * Checks a subject and everything nested in it. Never throws for what a document says.
   *
   * @param context.document the credential as received, for the places named in results
   * @returns at least one result; all `ok` only if at least one shape applied
   */
  check(subject: ClaimNode, context: { document: JsonObject }): ShapeResult[];
  list(): ShapeInfo[];
}

/** A shape: a JSON Schema over one node of a claim tree, with the annotations this module reads. */
export interface ShapeSchema {
  $id: string;
  target: string[];
  version: string;
  /** Applies to subclasses too: for properties that another vocabulary adds to a class. */
  subclasses?: boolean;
  /** No other properties of the target's namespace may stand on the node. */
  closed?: boolean;
  required: string[];
  properties: Record<string, { classes?: string[]; items?: unknown }>;
  anyOf?: unknown[];
}

interface LoadedShape {
  schema: ShapeSchema;
  info: ShapeInfo;
  /** Properties that hold nodes, with the classes that those may be of. */
  nesting: [property: string, classes: string[]][];
  validate(): ValidateFunction;
}

/** Deeper nesting than any vocabulary needs is refused, not followed. */
const MAX_DEPTH = 32;
/** More nodes than fit into a credential of the largest size, even where an untyped node is tried as several classes. */
const MAX_NODES = 20_000;
/** A report longer than this helps nobody. */
const MAX_RESULTS = 100;

/**
 * Reads the JSON Schemas below `dir` (shapes/json). Each is compiled at its first use and kept.
 */
export function loadShapes(dir: string, vocabulary: Vocabulary): Shapes {
  const ajv = new Ajv2020({ allErrors: true, verbose: true, strictTypes: false, strictTuples: false });
  for (const keyword of ['target', 'version', 'closed', 'classes', 'subclasses']) ajv.addKeyword(keyword);
  // A text that must be stated word for word, and that is not ours to print.
  ajv.addKeyword({
    keyword: 'sha256',
    type: 'string',
    validate: (digest: string, text: string) => hash('sha256', text) === digest,
  });
  const shapes: LoadedShape[] = [];
  const enumerations = new Map<string, string[]>();
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
  for (const file of files.sort()) {
    const bytes = readFileSync(join(dir, file));
    const schema = JSON.parse(bytes.toString('utf8')) as ShapeSchema;
    ajv.addSchema(schema);
    if (!schema.target) {
      const { $defs } = schema as unknown as { $defs?: Record<string, { enum?: string[] }> };
      for (const [name, { enum: list }] of Object.entries($defs ?? {}))
        if (list) enumerations.set(`${schema.$id}#/$defs/${name}`, list);
      continue;
    }
    const info = { id: schema.$id, target: schema.target, version: schema.version, digest: digestOf(bytes), file };
    const nesting = Object.entries(schema.properties).flatMap(([property, { classes }]): LoadedShape['nesting'] =>
      classes ? [[property, classes]] : [],
    );
    let compiled: ValidateFunction | undefined;
    const validate = () => (compiled ??= ajv.getSchema(schema.$id)!);
    shapes.push({ schema, info, nesting, validate });
  }
  const byType = new Map<string, LoadedShape[]>();
  /** Shapes of one type: its own, and those that extend an ancestor. */
  const shapesOf = (type: string): LoadedShape[] => {
    let found = byType.get(type);
    if (!found) {
      const lineage = vocabulary.lineage(type);
      found = shapes.filter(({ schema }) =>
        schema.target.some((target) => target === type || (schema.subclasses && lineage.includes(target))),
      );
      if (vocabulary.isClass(type)) byType.set(type, found);
    }
    return found;
  };
  const accepts = acceptsOf(
    vocabulary,
    (ref) => enumerations.get(ref),
    (type) => shapes.find(({ schema }) => !schema.subclasses && schema.target.includes(type))?.schema,
  );
  const walker = { vocabulary, shapesOf, accepts };
  return {
    list: () => shapes.map(({ info }) => info),
    check: (subject, { document }) => checkSubject(walker, subject, document).map((result) => told(result, vocabulary)),
  };
}

/** A finding in the publisher's words. Its rule keeps the names that tell one vocabulary from another. */
function told(result: ShapeResult, { spoken }: Vocabulary): ShapeResult {
  for (const member of ['property', 'found', 'allowed', 'why', 'mend'] as const)
    if (result[member] !== undefined) result[member] = spoken(result[member]);
  return result;
}

interface Walker extends Omit<Advice, 'mayHint'> {
  shapesOf(type: string): LoadedShape[];
}

/** One check, with what it has spent: a hostile document must not cost more than a large honest one. */
interface Run extends Walker, Advice {
  spent: { nodes: number };
}

function checkSubject(walker: Walker, subject: ClaimNode, document: JsonObject): ShapeResult[] {
  const types = subject['@type'] ?? [];
  const place = placeOfSubject(document, subject['@id'], types);
  const own = types.filter((type) => walker.shapesOf(type).some(({ schema }) => !schema.subclasses));
  if (own.length === 0) return [noShape(walker, types, place)];
  let hints = 0;
  // Looking for what was meant costs more than the check itself: a report has room for so many anyway.
  const run: Run = { ...walker, mayHint: () => ++hints <= MAX_RESULTS, spent: { nodes: 0 } };
  const failures = checkNode(run, subject, types, place, 0).slice(0, MAX_RESULTS);
  if (failures.length > 0) return failures;
  return own.map((type) => ({ ok: true, path: place.pointer, rule: type, why: `It has the shape of ${type}` }));
}

/** Conforming means that a shape said so. A document that no shape looks at conforms to nothing. */
function noShape({ vocabulary }: Walker, types: readonly string[], place: Place): ShapeResult {
  const at = placeOfProperty(place, '@type', vocabulary);
  const named = shown(types.join(', '), 300);
  const meant = types
    .slice(0, 10)
    .map((type) => ({ type, near: vocabulary.nearest(type) }))
    .find(({ near }) => near !== undefined && vocabulary.isClass(near));
  // A type within our namespaces has its context already: only its name is wrong.
  const inOurs = meant !== undefined && vocabulary.prefixes.has(meant.type.split(':')[0]!);
  const near = meant && writtenAs(meant.near!, inOurs && plainly(at, meant.type), vocabulary);
  return {
    ok: false,
    path: at.pointer,
    property: at.word,
    found: types.length > 0 ? named : 'nothing',
    ...(near ? { allowed: near } : {}),
    rule: 'shape',
    why: types.length > 0 ? `No shape applies to the type ${named}` : 'No shape applies: the subject has no type',
    mend: near
      ? inOurs
        ? `Write ${near}`
        : `If ${near} is meant, name the context ${vocabulary.originOf(meant.near!)?.context} and write the type as "${near}"`
      : (types.map((type) => underAnotherContext(type, vocabulary)).find((mend) => mend !== undefined) ??
        'Give the subject a type that this node knows; /api/v1/shapes lists them'),
  };
}

/** All failures of a node under the shapes of `types`, and of the nodes nested in it. */
function checkNode(run: Run, node: ClaimNode, types: readonly string[], place: Place, depth: number): ShapeResult[] {
  const { vocabulary } = run;
  if (depth > MAX_DEPTH)
    return [
      {
        ok: false,
        path: place.pointer,
        rule: 'depth',
        why: `It is nested more than ${MAX_DEPTH} levels deep`,
        mend: 'Refer to things by their id instead of nesting them',
      },
    ];
  if (++run.spent.nodes > MAX_NODES)
    return [
      {
        ok: false,
        path: place.pointer,
        rule: 'size',
        why: `It holds more than ${MAX_NODES} objects to check`,
        mend: 'Refer to things by their id instead of nesting them',
      },
    ];
  const failures: ShapeResult[] = [];
  for (const type of types.slice(0, MAX_RESULTS)) {
    if (vocabulary.prefixes.has(type.split(':')[0]!) && !vocabulary.isClass(type))
      failures.push(undefinedTerm(run, type, placeOfProperty(place, '@type', vocabulary)));
  }
  const generations = new Set(types.flatMap((type) => vocabulary.originOf(type)?.generation ?? []));
  if (generations.size > 1) return [mixed(types, [...generations], placeOfProperty(place, '@type', vocabulary))];
  const applying = [...new Set(types.flatMap((type) => run.shapesOf(type)))];
  const plain = withPlainValues(node);
  for (const shape of applying) {
    const validate = shape.validate();
    if (!validate(plain)) failures.push(...explain(validate.errors ?? [], shape.schema, place, run));
  }
  failures.push(...checkTerms(run, node, types, applying, place));
  for (const [property, classes] of applying.flatMap(({ nesting }) => nesting)) {
    const held = values(node, property);
    if (!held.some(isNode)) continue;
    const at = placeOfProperty(place, property, vocabulary);
    for (const [index, value] of held.entries())
      if (isNode(value)) failures.push(...checkNested(run, value, classes, placeOfValue(at, index), at.word, depth));
  }
  return failures;
}

/** Types that each say the whole, in words of different generations: nobody could tell which of them holds. */
const mixed = (types: readonly string[], generations: string[], at: Place & { word: string }): ShapeResult => ({
  ok: false,
  path: at.pointer,
  property: at.word,
  found: shown(types.join(', ')),
  allowed: `types of one of ${generations.join(' and ')}`,
  rule: 'shape',
  why: `Its types are of ${generations.join(' and of ')}, which use the same names for different things`,
  mend: 'Issue a credential for each, or keep the types of one',
});

/** A nested node: a reference passes, a typed node is what it says it is, an untyped one what the property expects. */
function checkNested(
  run: Run,
  node: ClaimNode,
  classes: readonly string[],
  place: Place,
  word: string,
  depth: number,
): ShapeResult[] {
  const { vocabulary } = run;
  const types = node['@type'] ?? [];
  if (types.length === 0) {
    if (
      node['@id'] !== undefined &&
      Object.keys(node).every((key) => ['@id', 'schema:name', 'schema:description'].includes(key))
    )
      return [];
    const attempts = classes.map((expected) => checkNode(run, node, [expected], place, depth + 1));
    return attempts.reduce((best, attempt) => (attempt.length < best.length ? attempt : best));
  }
  if (types.some((type) => classes.some((expected) => vocabulary.isA(type, expected))))
    return checkNode(run, node, types, place, depth + 1);
  const at = placeOfProperty(place, '@type', vocabulary);
  const undefinedTypes = types.filter(
    (type) => vocabulary.prefixes.has(type.split(':')[0]!) && !vocabulary.isClass(type),
  );
  if (undefinedTypes.length > 0) return undefinedTypes.map((type) => undefinedTerm(run, type, at));
  return [
    {
      ok: false,
      path: at.pointer,
      property: word,
      found: shown(types.join(', ')),
      allowed: classes.join(' or '),
      rule: `${classes[0]}#class`,
      why: `${word} must be a ${classes.join(' or a ')}, this is a ${shown(types.join(', '))}`,
      mend: `Give it the type ${classes[0]} or a kind of it, or refer to one by {"id": "..."}`,
    },
  ];
}

/** Terms of our namespaces must be defined, and belong on this node. Other namespaces are kept and not judged. */
function checkTerms(
  run: Run,
  node: ClaimNode,
  types: readonly string[],
  applying: LoadedShape[],
  place: Place,
): ShapeResult[] {
  const { vocabulary } = run;
  const isAllowed = (property: string) => applying.some(({ schema }) => Object.hasOwn(schema.properties, property));
  // A closed shape lists all that may stand there; on an open one, other terms of its own vocabulary may.
  const own = new Set(types.map((type) => type.split(':')[0]));
  const isClosed = applying.some(({ schema }) => schema.closed);
  const failures: ShapeResult[] = [];
  for (const property of Object.keys(node)) {
    if (failures.length >= MAX_RESULTS) break;
    const prefix = property.split(':')[0]!;
    if (property.startsWith('@') || isAllowed(property) || !vocabulary.prefixes.has(prefix)) continue;
    const at = placeOfProperty(place, property, vocabulary);
    if (!vocabulary.known(property)) failures.push(undefinedTerm(run, property, at));
    else if (isClosed || !own.has(prefix)) {
      const allowed = new Set(applying.flatMap(({ schema }) => Object.keys(schema.properties)));
      failures.push(misplacedTerm(run, types, allowed, property, at));
    }
  }
  return failures;
}

/** Whether a term stands in the document without a prefix. */
const plainly = ({ word, raw }: Place & { word: string }, term: string): boolean =>
  word === localPart(term) || [raw].flat().includes(localPart(term));

function undefinedTerm({ vocabulary, mayHint }: Run, term: string, at: Place & { word: string }): ShapeResult {
  const nearest = mayHint() ? vocabulary.nearest(term) : undefined;
  const near = nearest && writtenAs(nearest, plainly(at, term), vocabulary);
  return {
    ok: false,
    path: at.pointer,
    property: at.word,
    found: term,
    ...(near ? { allowed: near } : {}),
    rule: 'term',
    why: `The term ${term} is not defined${near ? `; did you mean ${near}?` : ''}`,
    mend: near ? `Write ${near}` : (underAnotherContext(term, vocabulary) ?? 'Remove it, or use a defined term'),
  };
}

/** How to mend a name that another generation has. */
function underAnotherContext(term: string, vocabulary: Vocabulary): string | undefined {
  const meant = vocabulary.elsewhere(term);
  const origin = meant && vocabulary.originOf(meant);
  return (
    origin &&
    `${meant} is a word of ${origin.generation}: name the context ${origin.context} alone, or use another word`
  );
}

function misplacedTerm(
  { vocabulary }: Walker,
  types: readonly string[],
  allowed: ReadonlySet<string>,
  property: string,
  at: Place & { word: string },
): ShapeResult {
  const known = types.filter((type) => vocabulary.isClass(type)).join(', ');
  const meant = [...allowed].find((name) => localPart(name) === localPart(property));
  const named = at.word === vocabulary.spoken(property) ? property : `${at.word} (${property})`;
  const [theirs, ours] = [property, known].map((term) => vocabulary.originOf(term)?.generation);
  const mixes = theirs !== undefined && ours !== undefined && theirs !== ours;
  const why = mixes
    ? `${named} is a term of ${theirs}, and this is a ${known} of ${ours}`
    : `${named} does not belong on a ${known}`;
  return {
    ok: false,
    path: at.pointer,
    property: at.word,
    found: shown(at.raw),
    allowed: shown([...allowed].join(', '), 400),
    rule: `${known}#closed`,
    why: `${why}${meant ? `; did you mean ${meant}?` : ''}`,
    mend: meant
      ? `Write ${writtenAs(meant, false, vocabulary)}`
      : mixes
        ? `Use the words of ${ours} only, or issue the credential in those of ${theirs}`
        : 'Remove it, or state it where its vocabulary defines it',
  };
}

/** Enumerated values may be written as a node with its notation (`{"text": "DE"}` in the Gaia-X context). */
function withPlainValues(node: ClaimNode): ClaimNode {
  const plain: ClaimNode = { ...node };
  for (const [key, list] of Object.entries(node)) {
    if (key.startsWith('@') || !Array.isArray(list)) continue;
    plain[key] = (list as ClaimValue[]).map((value) => {
      const notation = isNode(value) ? values(value, 'skos:notation') : [];
      return notation.length === 1 ? notation[0]! : value;
    });
  }
  return plain;
}
