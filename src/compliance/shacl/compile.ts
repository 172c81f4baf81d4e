import { type Graph, listOf } from './graph.ts';
import * as logic from './logic.ts';
import { compilePath, parsePath, pathText } from './paths.ts';
import { compilePattern } from './pattern.ts';
import type { Constraint, Shape } from './run.ts';
import * as sets from './sets.ts';
import { datatypeOf, isIri, isLiteral, languageOf, SH, shown, type Term, textOf, XSD } from './terms.ts';
import * as values from './values.ts';

/** Why a shape cannot be compiled. */
export class Refused extends Error {
  /** The node of the shapes graph where it is so. */
  readonly at: Term;
  /** Whether the general engine may know what to do; what it would pass over in silence is not given to it. */
  readonly engine: boolean;

  constructor(at: Term, reason: string, engine = false) {
    super(reason);
    this.at = at;
    this.engine = engine;
  }
}

/** What SHACL Core lets a shape say that constrains nothing, or that is read with another parameter. */
const PASSIVE = new Set(
  [
    ...['name', 'description', 'order', 'group', 'defaultValue', 'message', 'severity', 'deactivated', 'path'],
    ...['targetClass', 'targetNode', 'targetSubjectsOf', 'targetObjectsOf', 'property'],
    ...['flags', 'ignoredProperties', 'qualifiedMinCount', 'qualifiedMaxCount', 'qualifiedValueShapesDisjoint'],
    // Rules make statements, they check none (https://www.w3.org/TR/shacl-af/#rules).
    'rule',
  ].map((name) => SH + name),
);

/** Constraints of which a shape may have several of a kind; of all others, only one (https://www.w3.org/TR/shacl/#syntax-rules). */
const REPEATABLE = new Set(
  [
    'class',
    'pattern',
    'equals',
    'disjoint',
    'lessThan',
    'lessThanOrEquals',
    'not',
    'and',
    'or',
    'xone',
    'node',
    'hasValue',
  ].map((name) => SH + name),
);
/** The value nodes of a node shape are the focus node alone: these would say nothing of it. */
const ONLY_PROPERTY = new Set(
  ['minCount', 'maxCount', 'lessThan', 'lessThanOrEquals', 'uniqueLang', 'qualifiedValueShape'].map(
    (name) => SH + name,
  ),
);
/** What the general engine may know. */
const FOR_ENGINE = new Set([`${SH}sparql`, `${SH}js`]);

const SH_PARAMETER = `${SH}parameter`;
const SH_PATH = `${SH}path`;
const TRUE = `"true"^^${XSD}boolean`;
/** Deeper nesting than any shape needs. */
const MAX_DEPTH = 100;

/** Compiles the shapes of one shapes graph; what several shapes refer to is compiled once. */
export class Compiler {
  readonly #shapes: Graph;
  /** Parameters of constraint components that the shapes graph brings along. */
  readonly #custom: ReadonlySet<Term>;
  readonly #compiled = new Map<Term, Shape | Refused>();
  readonly #open = new Set<Term>();

  constructor(shapes: Graph) {
    this.#shapes = shapes;
    const custom = new Set<Term>();
    for (const subject of shapes.subjectsOf(SH_PARAMETER))
      for (const parameter of shapes.out(subject, SH_PARAMETER))
        for (const path of shapes.out(parameter, SH_PATH)) custom.add(path);
    this.#custom = custom;
  }

  /** @throws Refused */
  shape(id: Term): Shape {
    const known = this.#compiled.get(id);
    if (known instanceof Refused) throw known;
    if (known) return known;
    if (this.#open.has(id)) throw new Refused(id, 'it refers to itself, for which SHACL defines no meaning', true);
    if (this.#open.size >= MAX_DEPTH) throw new Refused(id, `shapes are nested more than ${MAX_DEPTH} levels deep`);
    this.#open.add(id);
    try {
      const shape = this.#compile(id);
      this.#compiled.set(id, shape);
      return shape;
    } catch (error) {
      if (error instanceof Refused) this.#compiled.set(id, error);
      throw error;
    } finally {
      this.#open.delete(id);
    }
  }

  #compile(id: Term): Shape {
    if (isLiteral(id)) throw new Refused(id, `${shown(id)} stands where a shape is expected`);
    const severity = this.#one(id, 'severity') ?? `${SH}Violation`;
    const shape: Shape = {
      id,
      severity: severity.startsWith(SH) ? severity.slice(SH.length) : severity,
      deactivated: this.#one(id, 'deactivated') === TRUE,
      constraints: [],
      properties: [],
      asks: false,
    };
    const message = this.#message(id);
    if (message !== undefined) shape.message = message;
    const node = this.#one(id, 'path');
    if (node !== undefined) {
      const path = parsePath(this.#shapes, node);
      if (typeof path === 'string') throw new Refused(id, `sh:path is ${path}`);
      shape.path = { walk: compilePath(path), text: pathText(path) };
      if (path.kind === 'predicate') shape.path.property = path.iri;
    }
    if (shape.deactivated) return shape;
    for (const [predicate, objects] of this.#shapes.about(id) ?? []) {
      if (PASSIVE.has(predicate)) continue;
      if (Object.hasOwn(COMPONENTS, predicate)) {
        if (objects.length > 1 && !REPEATABLE.has(predicate))
          throw new Refused(id, `${shown(predicate)} is stated ${objects.length} times`);
        if (!shape.path && ONLY_PROPERTY.has(predicate))
          throw new Refused(id, `${shown(predicate)} stands at a shape without sh:path`);
        for (const object of objects) shape.constraints.push(...COMPONENTS[predicate]!(this.#reader(id), object));
      } else if (predicate.startsWith(SH) || this.#custom.has(predicate))
        throw new Refused(id, `${shown(predicate)} is not part of SHACL Core`, FOR_ENGINE.has(predicate));
    }
    for (const property of this.#shapes.out(id, `${SH}property`)) {
      if (this.#shapes.out(property, SH_PATH).length === 0)
        throw new Refused(id, 'sh:property names something that has no sh:path');
      shape.properties.push(this.shape(property));
    }
    shape.asks = shape.constraints.length > 0 || shape.properties.some(({ asks }) => asks);
    return shape;
  }

  #reader(id: Term): Reader {
    return {
      id,
      shapes: this.#shapes,
      shape: (inner) => this.shape(inner),
      one: (name) => this.#one(id, name),
      list: (value) => {
        const members = listOf(this.#shapes, value);
        if (typeof members === 'string') throw new Refused(id, `what should be a list is ${members}`);
        return members;
      },
    };
  }

  #one(id: Term, name: string): Term | undefined {
    const [value, ...more] = this.#shapes.out(id, SH + name);
    if (more.length > 0) throw new Refused(id, `sh:${name} is stated ${more.length + 1} times`);
    return value;
  }

  /** In English or no particular language, if there is a choice. */
  #message(id: Term): string | undefined {
    const messages = this.#shapes.out(id, `${SH}message`);
    const best = messages.find((text) => /^(?:en\b.*)?$/.test(languageOf(text) ?? '')) ?? messages[0];
    return best === undefined ? undefined : textOf(best);
  }
}

/** What a component's parameters are read with. */
interface Reader {
  id: Term;
  shapes: Graph;
  shape(id: Term): Shape;
  /** The only value of another parameter. */
  one(name: string): Term | undefined;
  list(value: Term): Term[];
}

type Component = (reader: Reader, value: Term) => Constraint[];

function iri({ id }: Reader, value: Term): Term {
  if (!isIri(value)) throw new Refused(id, `${shown(value)} stands where an IRI is expected`);
  return value;
}

function count({ id }: Reader, value: Term): number {
  const number = Number(textOf(value));
  if (datatypeOf(value) !== `${XSD}integer` || !Number.isSafeInteger(number) || number < 0)
    throw new Refused(id, `${shown(value)} stands where a whole number is expected`);
  return number;
}

function text({ id }: Reader, value: Term): string {
  if (!isLiteral(value)) throw new Refused(id, `${shown(value)} stands where a text is expected`);
  return textOf(value);
}

const range =
  (side: Parameters<typeof values.inRange>[0]): Component =>
  (reader, value) => {
    const constraint = values.inRange(side, value);
    if (!constraint) throw new Refused(reader.id, `values cannot be ordered against ${shown(value)}`);
    return [constraint];
  };

const shapesOf = (reader: Reader, value: Term) => reader.list(value).map((member) => reader.shape(member));

/** https://www.w3.org/TR/shacl/#core-components, by parameter. */
const COMPONENTS: Record<string, Component> = Object.fromEntries(
  Object.entries({
    class: (reader, value) => [values.hasClass(iri(reader, value))],
    datatype: (reader, value) => [values.hasDatatype(iri(reader, value))],
    nodeKind: (reader, value) => {
      const constraint = value.startsWith(SH) ? values.hasNodeKind(value.slice(SH.length)) : undefined;
      if (!constraint) throw new Refused(reader.id, `${shown(value)} is no kind of node`);
      return [constraint];
    },
    minCount: (reader, value) => [sets.minCount(count(reader, value))],
    maxCount: (reader, value) => [sets.maxCount(count(reader, value))],
    minInclusive: range('MinInclusive'),
    minExclusive: range('MinExclusive'),
    maxInclusive: range('MaxInclusive'),
    maxExclusive: range('MaxExclusive'),
    minLength: (reader, value) => [values.minLength(count(reader, value))],
    maxLength: (reader, value) => [values.maxLength(count(reader, value))],
    pattern: (reader, value) => {
      const flags = textOf(reader.one('flags') ?? '""');
      const test = compilePattern(text(reader, value), flags);
      if (typeof test === 'string') throw new Refused(reader.id, `sh:pattern has ${test}`);
      return [values.matchesPattern(test, textOf(value), flags)];
    },
    languageIn: (reader, value) => [values.languageIn(reader.list(value).map((member) => text(reader, member)))],
    uniqueLang: (_reader, value) => (value === TRUE ? [sets.uniqueLang()] : []),
    equals: (reader, value) => [sets.equals(iri(reader, value))],
    disjoint: (reader, value) => [sets.disjoint(iri(reader, value))],
    lessThan: (reader, value) => [values.lessThan(iri(reader, value), false)],
    lessThanOrEquals: (reader, value) => [values.lessThan(iri(reader, value), true)],
    not: (reader, value) => [logic.not(reader.shape(value))],
    and: (reader, value) => [logic.and(shapesOf(reader, value))],
    or: (reader, value) => [logic.or(shapesOf(reader, value))],
    xone: (reader, value) => [logic.xone(shapesOf(reader, value))],
    node: (reader, value) => [logic.node(reader.shape(value))],
    qualifiedValueShape: (reader, value) => {
      const shape = reader.shape(value);
      const siblings = reader.one('qualifiedValueShapesDisjoint') === TRUE ? siblingsOf(reader, value) : [];
      return (['Min', 'Max'] as const).flatMap((side) => {
        const limit = reader.one(`qualified${side}Count`);
        return limit === undefined ? [] : [logic.qualified(side, count(reader, limit), shape, siblings)];
      });
    },
    closed: (reader, value) => {
      if (value !== TRUE) return [];
      const ignored = reader.one('ignoredProperties');
      const paths = reader.shapes.out(reader.id, `${SH}property`).flatMap((each) => reader.shapes.out(each, SH_PATH));
      return [sets.closed(new Set([...paths.filter(isIri), ...(ignored === undefined ? [] : reader.list(ignored))]))];
    },
    hasValue: (_reader, value) => [sets.hasValue(value)],
    in: (reader, value) => [values.isIn(reader.list(value))],
  } satisfies Record<string, Component>).map(([name, component]) => [SH + name, component]),
);

/** https://www.w3.org/TR/shacl/#dfn-sibling-shapes */
function siblingsOf({ id, shapes, shape }: Reader, own: Term): Shape[] {
  const parents = shapes.in(id, `${SH}property`);
  const all = parents
    .flatMap((parent) => shapes.out(parent, `${SH}property`))
    .flatMap((property) => shapes.out(property, `${SH}qualifiedValueShape`));
  return [...new Set(all)].filter((sibling) => sibling !== own).map(shape);
}
