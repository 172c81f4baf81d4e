import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import jsonld from 'jsonld';
import { describe, expect, test } from 'vitest';
import { generate } from '../shapes/tools/gaia-x.ts';
import { loadContexts } from '../src/credentials/jsonld/contexts.ts';
import { claimsOf, compliance, credentialOf } from './support/offering.ts';
import { TAGUS } from './support/tagus.ts';

/** The official Gaia-X 25.11 files. They are no part of the project; without them there is nothing to compare with. */
const OFFICIAL = resolve(import.meta.dirname, '../../shared/data/gaia-x-2511');
const SHAPES = resolve(import.meta.dirname, '../shapes');
const DEVELOPMENT = 'https://w3id.org/gaia-x/development#';
const EDITION = 'https://w3id.org/gaia-x/2511#';
const CREDENTIALS = 'https://www.w3.org/ns/credentials/v2';

const ours = loadContexts(join(SHAPES, 'contexts'));

/** N-Quads of a document. The loader gives no tag, so that nothing is shared between the two contexts compared. */
async function quads(document: object, gaiaX: object): Promise<string> {
  const documentLoader = async (url: string) => {
    const context = [DEVELOPMENT, EDITION].includes(url) ? gaiaX : ours.get(url);
    if (!context) throw new Error(`${url} is not held`);
    return { contextUrl: null, documentUrl: url, document: context };
  };
  return jsonld.canonize(document, {
    documentLoader,
    algorithm: 'RDFC-1.0',
    format: 'application/n-quads',
    safe: false,
  });
}

describe.runIf(existsSync(OFFICIAL))('our contexts against the official ones', () => {
  const official = existsSync(OFFICIAL)
    ? JSON.parse(readFileSync(join(OFFICIAL, 'gx.context.jsonld'), 'utf8'))
    : { '@context': {} };

  /** The official context under the other of its two namespaces. */
  const officialEdition = JSON.parse(JSON.stringify(official).replaceAll(DEVELOPMENT, EDITION));

  const same = async (document: { '@context': unknown }) => {
    const expected = await quads(document, official);
    expect(await quads(document, ours.get(DEVELOPMENT)!)).toBe(expected);
    const edition = JSON.parse(JSON.stringify(document).replaceAll(DEVELOPMENT, EDITION));
    expect(await quads(edition, ours.get(EDITION)!)).toBe(await quads(edition, officialEdition));
    return expected;
  };

  const instances = existsSync(OFFICIAL)
    ? readdirSync(join(OFFICIAL, 'tests'), { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.json'),
      )
    : [];
  test.each(instances)('%s says the same under both', async (name) => {
    const { '@context': inline, ...instance } = JSON.parse(readFileSync(join(OFFICIAL, 'tests', name), 'utf8'));
    // With the instance's own prefixes first, so that the context under test decides what it defines.
    const statements = await same({ '@context': [inline, DEVELOPMENT], ...instance });
    expect(statements.split('\n').length).toBeGreaterThan(4);
  });

  const terms = Object.entries(official['@context']).filter(([, definition]) => typeof definition === 'object');
  const properties = terms.filter(([term]) => /^[a-z]/.test(term)) as [string, { '@context'?: object }][];
  const classes = terms.filter(([term]) => /^[A-Z]/.test(term)).map(([term]) => term);

  test('every unprefixed property, with texts, numbers, references and enumeration nodes', async () => {
    expect(properties.length).toBeGreaterThan(300);
    for (const values of [
      (term: string) => `value of ${term}`,
      () => 7.5,
      () => true,
      (term: string) => `https://example.org/${term}`,
      (term: string) => ({ text: term, description: `meaning of ${term}`, meaning: `https://example.org/${term}` }),
    ]) {
      const subject = Object.fromEntries(properties.map(([term]) => [term, values(term)]));
      const statements = await same({
        '@context': [CREDENTIALS, DEVELOPMENT],
        type: 'VerifiableCredential',
        credentialSubject: { id: 'https://example.org/subject', type: 'ServiceOffering', ...subject },
      } as never);
      expect(statements.split('\n').length).toBeGreaterThan(200);
    }
  });

  test('every unprefixed class, and a term nobody defined', async () => {
    expect(classes.length).toBeGreaterThan(150);
    await same({
      '@context': [CREDENTIALS, DEVELOPMENT],
      type: 'VerifiableCredential',
      credentialSubject: {
        id: 'https://example.org/subject',
        type: classes,
        madeUp: 'kept under the namespace',
        'gx:prefixed': { type: 'Address' },
      },
    } as never);
  });

  test('a context that maps one term elsewhere is noticed', async () => {
    const altered = structuredClone(ours.get(DEVELOPMENT)) as { '@context': Record<string, unknown> };
    altered['@context'].vatID = { '@id': 'https://example.org/vat' };
    const document = { '@context': DEVELOPMENT, '@id': 'https://example.org/s', vatID: 'NO1' };
    expect(await quads(document, altered)).not.toBe(await quads(document, official));
  });

  test('the committed files are what the tool makes of the official facts', () => {
    const files = generate(OFFICIAL);
    expect(files.size).toBeGreaterThan(160);
    for (const [path, content] of files)
      expect(JSON.parse(readFileSync(join(SHAPES, path), 'utf8')), path).toEqual(content);
    expect(readdirSync(join(SHAPES, 'json/gaia-x-2511')).length).toBe(
      [...files.keys()].filter((path) => path.startsWith('json/')).length,
    );
  });

  test('no descriptive text of the official files is carried over', () => {
    const prose = [
      ...readFileSync(join(OFFICIAL, 'gx.shacl.ttl'), 'utf8').matchAll(/sh:description "([^"]{30,})"/g),
    ].map((match) => match[1]!);
    expect(prose.length).toBeGreaterThan(500);
    const written = readdirSync(SHAPES, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.json(ld)?$/.test(name))
      .map((name) => readFileSync(join(SHAPES, name), 'utf8'))
      .join('\n');
    expect(prose.filter((text) => written.includes(text))).toEqual([]);
  });
});

describe('docs/vocabulary.md', () => {
  const read = (path: string) => readFileSync(join(SHAPES, path), 'utf8');
  const page = read('../docs/vocabulary.md');
  const vocabulary = JSON.parse(read('vocabulary/kontor-v1.json')) as Record<'classes' | 'properties', object>;
  const sections = page.split(/^##+ /m);
  const rowsOf = (section: string) =>
    [...section.matchAll(/^\| `(kontor:\w+)` \| (.*?) \| (\S+) \|/gm)].map(([, name, values, count]) => ({
      name: name!,
      values: values!,
      count: count!,
    }));

  test('names every term of ours, and none that is not', () => {
    const named = new Set([...page.matchAll(/kontor:\w+/g)].map(([name]) => name));
    const defined = [...Object.keys(vocabulary.classes), ...Object.keys(vocabulary.properties)];
    expect([...named].sort()).toEqual(defined.sort());
    const rows = new Set(sections.flatMap(rowsOf).map(({ name }) => name));
    expect(Object.keys(vocabulary.properties).filter((name) => !rows.has(name))).toEqual([]);
  });

  interface Schema {
    target: string[];
    properties: Record<string, { minItems?: number; maxItems?: number; items: { enum?: string[] } }>;
  }
  test.each(readdirSync(join(SHAPES, 'json/kontor-v1')))('says of %s what the schema says', (file) => {
    const { target, properties } = JSON.parse(read(`json/kontor-v1/${file}`)) as Schema;
    const section = sections.find((one) => one.split('\n')[0]!.includes(`\`${target[0]}\``) && rowsOf(one).length > 0);
    const expected = Object.entries(properties).map(([name, { minItems: least = 0, maxItems: most = '*' }]) => ({
      name,
      count: least === most ? `${most}` : `${least}..${most}`,
    }));
    const rows = rowsOf(section ?? '');
    expect(rows.map(({ name, count }) => ({ name, count }))).toEqual(expected);
    for (const { name, values } of rows)
      for (const one of properties[name]!.items.enum ?? []) expect(values).toContain(`\`${one}\``);
  });

  test('its examples are JSON, and what they say has the shape of its type', async () => {
    const examples = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) => JSON.parse(text!));
    expect(examples).toHaveLength(4);
    const subjects = examples.flatMap((one) => one.credentialSubject ?? Object.values(one));
    for (const subject of subjects as object[]) {
      const document = credentialOf({ id: 'https://cloud.example/x', ...subject });
      const results = compliance.shapes.check(await claimsOf(document), { document });
      expect(results).toEqual([expect.objectContaining({ ok: true })]);
    }
  });

  test('names every context of a generation of Gaia-X', () => {
    const urls = Object.entries(JSON.parse(read('contexts/index.json')) as Record<string, string>);
    const loire = urls.filter(([, file]) => /^gaia-x-(\d+|development)/.test(file)).map(([url]) => url);
    expect(loire.length).toBe(3);
    for (const url of [...loire, TAGUS]) expect(page).toContain(`\`${url}\``);
  });
});

describe('the contexts bundled', () => {
  test('each URL has its file, and ours protects its two terms', async () => {
    for (const url of [DEVELOPMENT, EDITION, 'https://w3id.org/gaia-x/2411#', TAGUS, 'https://w3id.org/kontor/v1'])
      expect(ours.has(url), url).toBe(true);
    const [label] = (await jsonld.expand(
      {
        '@context': [CREDENTIALS, 'https://w3id.org/kontor/v1'],
        type: ['VerifiableCredential', 'TrustLabelCredential'],
        credentialSubject: { 'kontor:level': 'SC' },
      },
      { documentLoader: async (url) => ({ contextUrl: null, documentUrl: url, document: ours.get(url) }), safe: true },
    )) as Record<string, unknown>[];
    expect(label!['@type']).toContain('https://w3id.org/kontor/v1#TrustLabelCredential');
    expect(JSON.stringify(label)).toContain('https://w3id.org/kontor/v1#level');
  });
});
