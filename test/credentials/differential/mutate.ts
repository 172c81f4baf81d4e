import type { JsonObject } from '../../../src/credentials/credential.ts';

/** A repeatable source of numbers in [0, 1): mulberry32. */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Place {
  holder: Record<string, unknown>;
  key: string;
  value: unknown;
}

function* places(value: unknown): Generator<Place> {
  if (value === null || typeof value !== 'object') return;
  for (const [key, inner] of Object.entries(value)) {
    yield { holder: value as Record<string, unknown>, key, value: inner };
    yield* places(inner);
  }
}

const LETTERS = ['a', 'Z', '0', ' ', ':', '/', '#', '@', 'é', '\u0301', '\ud83d\ude00', '"', '\\', '\n', '%', '_'];
const VALUES: unknown[] = [
  null,
  true,
  0,
  -0,
  1,
  1.5,
  1e21,
  '',
  'x',
  [],
  {},
  [null],
  'did:web:x.example',
  '2026-13-01T00:00:00Z',
  { '@value': 'x' },
  { '@value': 'x', '@language': 'en' },
  { '@value': 5, '@type': 'xsd:string' },
  { '@value': true, '@type': 'http://www.w3.org/2001/XMLSchema#string' },
  { '@value': 'x', '@type': 'http://www.w3.org/1999/02/22-rdf-syntax-ns#langString' },
  { '@value': 0.1 },
  { '@value': '1e3', '@type': 'http://www.w3.org/2001/XMLSchema#double' },
  { '@id': 'urn:x' },
  { '@list': ['a', 'b'] },
  { '@set': ['a'] },
  { id: '_:b0' },
];
const KEYS = [
  '@id',
  '@type',
  'id',
  'type',
  '@graph',
  '@included',
  'name',
  'description',
  'foo',
  'gx:name',
  'schema:name',
  'urn:x:y',
  '@context',
  '@nest',
  '@reverse',
  '@index',
  'cred:issuer',
  'proof',
  'https://x.example/p',
  'sec:created',
];
const CONTEXTS: unknown[] = [
  'https://www.w3.org/2018/credentials/v1',
  'https://www.w3.org/ns/credentials/v2',
  'https://w3id.org/gaia-x/development#',
  'https://w3id.org/gaia-x/2511#',
  'https://w3id.org/kontor/v1',
  'https://w3id.org/security/data-integrity/v2',
  'https://unknown.example/',
  { foo: 'https://x.example/foo' },
  { did: 'https://x.example/did/' },
  { '@vocab': 'https://x.example/' },
  { name: 'https://x.example/name' },
  { created: 'https://x.example/created' },
  { DataIntegrityProof: 'https://x.example/proof' },
  null,
  { '@base': 'https://x.example/' },
  { '@language': 'de' },
];

/** Changes one to three things of a document: letters, values, members, contexts, the proof; also what means nothing, such as order. */
export function mutate(original: JsonObject, random: () => number): JsonObject {
  const document = structuredClone(original);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  for (let times = 1 + Math.floor(random() * 2.2); times > 0; times--) {
    const all = [...places(document)];
    const { holder, key, value } = pick(random() < 0.25 ? [...places(document.proof ?? {})] : all) ?? pick(all)!;
    const change = pick(CHANGES);
    change({ document, holder, key, value, pick, random });
  }
  return document;
}

interface Change extends Place {
  document: JsonObject;
  pick: <T>(list: readonly T[]) => T;
  random: () => number;
}

const CHANGES: ((change: Change) => void)[] = [
  ({ holder, key, value, pick, random }) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const at = Math.floor(random() * (text.length + 1));
    holder[key] = text.slice(0, at) + pick(LETTERS) + text.slice(at + (random() < 0.6 ? 1 : 0));
  },
  ({ holder, key, pick }) => {
    holder[key] = structuredClone(pick(VALUES));
  },
  ({ holder, key }) => {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  },
  ({ holder, pick }) => {
    holder[pick(KEYS)] = structuredClone(pick(VALUES));
  },
  ({ holder, key, value, pick }) => {
    if (Array.isArray(holder)) return;
    delete holder[key];
    holder[pick([...KEYS, `${key}x`, key.toUpperCase(), `gx:${key}`])] = value;
  },
  // What means the same: one value or a list of it, another order of members, a list turned round.
  ({ holder, key, value }) => {
    holder[key] = Array.isArray(value) && value.length === 1 ? value[0] : [value];
  },
  ({ holder }) => {
    if (Array.isArray(holder)) holder.reverse();
    else
      for (const [name, inner] of Object.entries(holder).reverse()) {
        delete holder[name];
        holder[name] = inner;
      }
  },
  ({ document, pick, random }) => {
    const list = [document['@context']].flat();
    if (random() < 0.5) list.splice(Math.floor(random() * (list.length + 1)), 0, structuredClone(pick(CONTEXTS)));
    else list.splice(Math.floor(random() * list.length), 1);
    document['@context'] = list;
  },
  ({ holder, key, document, pick }) => {
    const other = pick([...places(document)]);
    [holder[key], other.holder[other.key]] = [structuredClone(other.value), structuredClone(holder[key])];
  },
  ({ holder, key, value }) => {
    if (value !== null && typeof value === 'object' && !Array.isArray(value))
      holder[key] = [value, structuredClone(value)];
  },
  ({ holder, key, value, pick }) => {
    if (typeof value === 'string') holder[key] = { [pick(['@value', '@id', 'id'])]: value };
  },
];
