import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shorten } from '../../src/credentials/jsonld/claims.ts';
import { type Blank, isBlank, isLiteral, type Properties, parseTurtle, type Term } from './turtle.ts';

/**
 * Turns the facts of the official Gaia-X 25.11 files (term names, IRIs, datatypes, cardinalities, enumerations, class
 * hierarchy) into our own contexts, vocabulary and JSON Schemas over claim trees. No descriptive text is taken over.
 */
type Json = { [key: string]: unknown };

const SH = 'http://www.w3.org/ns/shacl#';
const RDFS = 'http://www.w3.org/2000/01/rdf-schema#';
const XSD = 'http://www.w3.org/2001/XMLSchema#';
const OFFICIAL = 'https://w3id.org/gaia-x/development#';
const SHAPES = 'https://w3id.org/kontor/shapes';

/**
 * The context URLs under which Loire documents are written; each is its own namespace. 24.11 is read by the words of
 * 25.11: what both have, they call the same.
 */
const CONTEXTS = {
  'gaia-x-development': OFFICIAL,
  'gaia-x-2511': 'https://w3id.org/gaia-x/2511#',
  'gaia-x-2411': 'https://w3id.org/gaia-x/2411#',
};

/** Enumerations that several properties share, known by their first value. The others are called after their property. */
const ENUMERATIONS: Record<string, string> = {
  AF: 'country-alpha-2',
  AFG: 'country-alpha-3',
  '4': 'country-numeric',
  'application/1d-interleaved-parityfec': 'media-type',
  BE10: 'nuts-2-region',
  Glide: 'spdx-licence',
  'AD-02': 'subdivision',
};

/** JSON Schema definition in values.json for each datatype. */
const DATATYPES: Record<string, string> = {
  [`${XSD}string`]: 'string',
  [`${XSD}anyURI`]: 'anyURI',
  [`${XSD}boolean`]: 'boolean',
  [`${XSD}integer`]: 'integer',
  [`${XSD}float`]: 'float',
  [`${XSD}dateTime`]: 'dateTime',
  [`${XSD}date`]: 'date',
  'http://qudt.org/schema/qudt/floatPercentage': 'float',
  'https://www.w3.org/2018/credentials#sriString': 'string',
};

/**
 * Bounds that follow from what a figure is and that the official shapes leave out: a share is at most the whole, and a
 * site never draws less power than its computers. Without them an impossible figure would be compared and pass.
 */
const BOUNDS: Record<string, Json> = {
  'gx:renewableEnergy': { $ref: `${SHAPES}/values#/$defs/share` },
  'gx:hourlyCarbonFreeEnergy': { $ref: `${SHAPES}/values#/$defs/share` },
  'gx:powerUsageEffectiveness': { minimum: 1 },
  'gx:waterUsageEffectiveness': { minimum: 0 },
};

const one = (properties: Properties, name: string): Term | undefined => properties.get(SH + name)?.[0];
const text = (term: Term | undefined): string | undefined =>
  isLiteral(term) ? term.value : typeof term === 'string' ? term : undefined;
const number = (term: Term | undefined): number | undefined => (isLiteral(term) ? Number(term.value) : undefined);
const blanks = (terms: Term[] | undefined): Blank[] => (terms ?? []).flat().filter(isBlank) as Blank[];
const local = (iri: string) => iri.replace(/^.*[#/]/, '');

/**
 * @param source folder with gx.context.jsonld, gx.shacl.ttl, gx.owl.ttl and VERSION
 * @returns the content of each generated file, by its path below shapes/
 */
export function generate(source: string): Map<string, Json> {
  const read = (name: string) => readFileSync(join(source, name), 'utf8');
  const version = read('VERSION').trim();
  const official = (JSON.parse(read('gx.context.jsonld')) as Json)['@context'] as Json;
  const shapes = parseTurtle(read('gx.shacl.ttl'));
  const ontology = parseTurtle(read('gx.owl.ttl'));

  const files = new Map<string, Json>();
  for (const [name, namespace] of Object.entries(CONTEXTS))
    files.set(`contexts/${name}.jsonld`, context(official, namespace));

  const enumerations: Json = {};
  const used = new Map<string, Set<string>>();
  for (const shape of shapes.values()) {
    const target = text(one(shape, 'targetClass'))!;
    const schema = schemaOf(target, shape, version, enumerations);
    used.set(shorten(target), new Set(Object.keys(schema.properties as Json)));
    files.set(`json/gaia-x-2511/${local(target)}.json`, schema);
  }
  files.set('json/gaia-x-2511/enumerations.json', {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `${SHAPES}/gaia-x-2511/enumerations`,
    version,
    $defs: enumerations,
  });
  files.set('vocabulary/gaia-x-2511.json', vocabulary(official, ontology, used, version));
  return files;
}

/** Our context: the same expansion for every term, nothing else. */
function context(official: Json, namespace: string): Json {
  const terms: Json = {};
  for (const [term, definition] of Object.entries(official)) {
    if (typeof definition === 'string') {
      terms[term] = definition === OFFICIAL ? namespace : definition;
      continue;
    }
    const { '@id': id, '@type': type, '@context': scoped } = definition as Json;
    terms[term] =
      type || scoped
        ? { '@id': id, ...(type ? { '@type': type } : {}), ...(scoped ? { '@context': scoped } : {}) }
        : { '@id': id };
  }
  return { '@context': terms };
}

function schemaOf(target: string, shape: Properties, version: string, enumerations: Json): Json {
  const constraints = blanks(shape.get(`${SH}property`));
  const properties: Json = {};
  const required: string[] = [];
  for (const { properties: constraint } of constraints.sort((a, b) =>
    pathOf(a.properties).localeCompare(pathOf(b.properties), 'en'),
  )) {
    const path = pathOf(constraint);
    properties[path] = propertySchema(constraint, enumerations);
    if ((number(one(constraint, 'minCount')) ?? 0) > 0) required.push(path);
  }
  const either = one(shape, 'or');
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `${SHAPES}/gaia-x-2511/${local(target)}`,
    target: [shorten(target)],
    version,
    // A shape that states its properties only within sh:or cannot be closed: its list is not the whole list.
    closed: text(one(shape, 'closed')) === 'true' && !either,
    type: 'object',
    required,
    properties,
    ...(Array.isArray(either)
      ? { anyOf: blanks(either).map(({ properties: inner }) => logic(inner, enumerations)) }
      : {}),
  };
}

const pathOf = (constraint: Properties): string => shorten(text(one(constraint, 'path')) ?? '');

function propertySchema(constraint: Properties, enumerations: Json): Json {
  const alternatives = Array.isArray(one(constraint, 'or'))
    ? blanks(one(constraint, 'or') as Term[])
    : [{ properties: constraint }];
  const classes = alternatives
    .map(({ properties }) => text(one(properties, 'class')))
    .filter((iri) => iri !== undefined);
  const literals = alternatives.flatMap(({ properties }) =>
    literalSchema(properties, pathOf(constraint), enumerations),
  );
  const distinct = [...new Map(literals.map((schema) => [JSON.stringify(schema), schema])).values()];
  const options = [...distinct, ...(classes.length > 0 ? [{ $ref: `${SHAPES}/values#/$defs/node` }] : [])];
  const min = number(one(constraint, 'minCount'));
  const max = number(one(constraint, 'maxCount'));
  return {
    type: 'array',
    ...(min ? { minItems: min } : {}),
    ...(max === undefined ? {} : { maxItems: max }),
    ...(options.length === 1 ? { items: options[0] } : options.length > 1 ? { items: { anyOf: options } } : {}),
    ...(classes.length > 0 ? { classes: classes.map(shorten) } : {}),
  };
}

function literalSchema(constraint: Properties, path: string, enumerations: Json): Json[] {
  const allowed = one(constraint, 'in');
  if (Array.isArray(allowed))
    return [{ $ref: `${SHAPES}/gaia-x-2511/enumerations#/$defs/${enumeration(allowed, path, enumerations)}` }];
  const datatype = text(one(constraint, 'datatype'));
  if (!datatype) return [];
  // A colon needs no escape, and JSON Schema's Unicode patterns allow none.
  const pattern = text(one(constraint, 'pattern'))?.replaceAll('\\:', ':');
  const minimum = number(one(constraint, 'minInclusive'));
  const maximum = number(one(constraint, 'maxInclusive'));
  return [
    {
      $ref: `${SHAPES}/values#/$defs/${DATATYPES[datatype] ?? 'string'}`,
      ...(pattern === undefined ? {} : { pattern }),
      ...(minimum === undefined ? {} : { minimum }),
      ...(maximum === undefined ? {} : { maximum }),
      ...(BOUNDS[path] ?? {}),
    },
  ];
}

function enumeration(list: Term[], path: string, enumerations: Json): string {
  const values = list.map((term) => text(term)!);
  const base = ENUMERATIONS[values[0]!] ?? local(path.replace(/^\w+:/, ''));
  for (let at = 1; ; at++) {
    const name = at === 1 ? base : `${base}-${at}`;
    const known = enumerations[name] as { enum: string[] } | undefined;
    if (known && JSON.stringify(known.enum) !== JSON.stringify(values)) continue;
    enumerations[name] = { enum: values };
    return name;
  }
}

/** sh:and, sh:or, sh:not over property constraints. */
function logic(node: Properties, enumerations: Json): Json {
  const both = one(node, 'and');
  const either = one(node, 'or');
  const negated = one(node, 'not');
  if (Array.isArray(both)) return { allOf: blanks(both).map(({ properties }) => logic(properties, enumerations)) };
  if (Array.isArray(either)) return { anyOf: blanks(either).map(({ properties }) => logic(properties, enumerations)) };
  if (isBlank(negated)) return { not: logic(negated.properties, enumerations) };
  const path = pathOf(node);
  const required = (number(one(node, 'minCount')) ?? 0) > 0 ? { required: [path] } : {};
  return { properties: { [path]: propertySchema(node, enumerations) }, ...required };
}

function vocabulary(
  official: Json,
  ontology: Map<string, Properties>,
  used: Map<string, Set<string>>,
  version: string,
): Json {
  const iriOf = (id: string): string => {
    const [, prefix, name] = /^([\w-]+):(.*)$/.exec(id) ?? [];
    return prefix === undefined ? OFFICIAL + id : `${official[prefix] ?? `${prefix}:`}${name}`;
  };
  const properties: Record<string, string[]> = {};
  const classes: Record<string, { parents: string[] }> = {};
  const parentsOf = (iri: string) =>
    (ontology.get(iri)?.get(`${RDFS}subClassOf`) ?? [])
      .filter((term) => typeof term === 'string' && term !== iri && ontology.has(term))
      .map((term) => shorten(term as string));
  const addClass = (name: string) => {
    if (classes[name]) return;
    const iri = [...ontology.keys()].find((key) => shorten(key) === name);
    classes[name] = { parents: iri ? parentsOf(iri) : [] };
    for (const parent of classes[name].parents) addClass(parent);
  };
  for (const target of used.keys()) addClass(target);
  for (const [term, definition] of Object.entries(official)) {
    if (typeof definition === 'string') continue;
    const name = shorten(iriOf((definition as Json)['@id'] as string));
    if (/^[A-Z]/.test(term)) addClass(name);
    else properties[name] = [...(properties[name] ?? []), term];
  }
  for (const path of [...used.values()].flatMap((set) => [...set])) properties[path] ??= [];
  const sorted = <T>(record: Record<string, T>) =>
    Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    name: 'gaia-x-2511',
    version,
    prefix: 'gx',
    context: OFFICIAL,
    generation: 'Gaia-X Loire (24.11, 25.11)',
    kinds: {
      'data-product': ['gx:DataProduct'],
      participant: ['gx:Participant'],
      offering: ['gx:ServiceOffering', 'gx:DigitalServiceOffering'],
      resource: ['gx:Resource'],
      evidence: ['gx:RegistrationNumber', 'gx:Issuer'],
    },
    classes: sorted(classes),
    properties: sorted(properties),
  };
}
