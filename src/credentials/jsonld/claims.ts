/**
 * The claims of a credential after JSON-LD expansion (https://www.w3.org/TR/json-ld11-api/#expansion), with IRIs
 * shortened to the prefixes below. Two spellings of one statement give one tree, and a term that a hostile context
 * maps elsewhere keeps its full, foreign IRI: `gx:` here always means the Gaia-X namespace, never a prefix that the
 * credential declared.
 */
export interface ClaimNode {
  '@id'?: string;
  '@type'?: string[];
  /** Properties by shortened IRI; always arrays, in document order. */
  [property: string]: ClaimValue[] | string[] | string | undefined;
}

export type ClaimValue = string | number | boolean | ClaimNode;

/** Namespaces this node knows, and the prefix each is shown with. Several namespaces may share a prefix. */
const NAMESPACES: readonly (readonly [iri: string, prefix: string])[] = [
  ['https://w3id.org/gaia-x/2511#', 'gx'],
  ['https://w3id.org/gaia-x/development#', 'gx'],
  ['https://w3id.org/gaia-x/2411#', 'gx'],
  // Gaia-X 22.10 writes gx: too, and means other terms.
  ['https://registry.lab.gaia-x.eu/development/api/trusted-shape-registry/v1/shapes/jsonld/trustframework#', 'tagus'],
  ['https://w3id.org/kontor/v1#', 'kontor'],
  ['https://www.w3.org/2018/credentials#', 'cred'],
  ['https://schema.org/', 'schema'],
  ['http://schema.org/', 'schema'],
  ['http://www.w3.org/2006/vcard/ns#', 'vcard'],
  ['https://www.w3.org/2006/vcard/ns#', 'vcard'],
  ['http://www.w3.org/ns/dcat#', 'dcat'],
  ['http://purl.org/dc/terms/', 'dcterms'],
  ['http://www.w3.org/ns/odrl/2/', 'odrl'],
  ['http://www.w3.org/2004/02/skos/core#', 'skos'],
  ['http://qudt.org/schema/qudt/', 'qudt'],
  ['http://www.w3.org/2001/XMLSchema#', 'xsd'],
];

const PREFIXES = new Set(NAMESPACES.map(([, prefix]) => prefix));

/**
 * A full IRI as prefix:name where the namespace is known, else unchanged. An IRI whose *scheme* is one of our
 * prefixes (a `gx:LegalPerson` that no context defined) is no short name: it is set in angle brackets.
 */
export function shorten(iri: string): string {
  const known = shortened.get(iri);
  if (known !== undefined) return known;
  const short = makeShort(iri);
  if (shortened.size >= MAX_SHORTENED) shortened.clear();
  shortened.set(iri, short);
  return short;
}

/** The same few names come again and again. */
const shortened = new Map<string, string>();
const MAX_SHORTENED = 5_000;

function makeShort(iri: string): string {
  for (const [namespace, prefix] of NAMESPACES) {
    if (iri.startsWith(namespace)) return `${prefix}:${iri.slice(namespace.length)}`;
  }
  return PREFIXES.has(iri.slice(0, Math.max(0, iri.indexOf(':')))) ? `<${iri}>` : iri;
}

/** Nested nodes and plain values of one property. */
export function values(node: ClaimNode, property: string): ClaimValue[] {
  const found = node[property];
  return Array.isArray(found) ? (found as ClaimValue[]) : [];
}

export const isNode = (value: ClaimValue): value is ClaimNode => typeof value === 'object';
