import { appendFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config.ts';
import { digestOf } from '../../src/credentials/digest.ts';
import { signJwt } from '../../src/credentials/issuing/sign.ts';
import { didHost } from '../support/did-host.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { claim, clock } from '../support/verifying.ts';
import { kontor, temporary } from './kontor.ts';

/** `kontor shapes`: the real command on a real data folder, and nodes that start on it. */

const PREFIXES = `@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix gx: <https://w3id.org/gaia-x/2511#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix : <https://rules.example/> .
`;
const RULES = `${PREFIXES}
:Seat a sh:NodeShape ; sh:targetClass gx:Participant ;
  sh:property [ sh:path gx:legalAddress ; sh:minCount 1 ;
    sh:node [ sh:property [ sh:path gx:countryCode ; sh:in ( "NO" "SE" ) ] ] ] .
`;
const ONTOLOGY = `${PREFIXES} gx:LegalPerson rdfs:subClassOf gx:Participant .`;

type Answer = Awaited<ReturnType<TestNode['post']>>;

const folders: ReturnType<typeof temporary>[] = [];
let folder: string;
let data: string;
beforeEach(() => {
  const made = temporary();
  folders.push(made);
  folder = made.path;
  data = join(folder, 'data');
  mkdirSync(data);
});
afterAll(() => {
  for (const { remove } of folders) remove();
});

const file = (content: string, name = 'rules.ttl') => {
  writeFileSync(join(folder, name), content);
  return name;
};
const shapes = (...args: string[]) =>
  kontor(['shapes', ...args], { cwd: folder, env: { KONTOR_DATA: data, KONTOR_ALLOW_PRIVATE_NETWORK: 'true' } });
const json = async (...args: string[]) => JSON.parse((await shapes(...args, '--json')).stdout);

describe('kontor shapes', () => {
  it('adds shapes as they are, pinned by their digest, lists them, and removes them', async () => {
    const added = await json('add', 'rules-1', file(RULES));
    expect(added).toMatchObject({ ok: true, changed: true, digest: digestOf(Buffer.from(RULES)), set: { count: 1 } });
    expect(await json('add', 'rules-1', 'rules.ttl')).toMatchObject({ ok: true, changed: false });
    expect(await json('add', 'rules-1', file(`${RULES}#`, 'other.ttl'))).toMatchObject({ code: 'conflict' });
    const listed = await json('list');
    expect(listed.sets).toMatchObject([{ name: 'rules-1', count: 1, uncompiled: [], imports: [] }]);
    expect(listed.bundled.length).toBeGreaterThan(50);
    expect(await json('remove', 'rules-1')).toMatchObject({ ok: true });
    expect(readdirSync(join(data, 'shapes'))).toEqual(['index.json']);
  });

  it.each([
    ['what is no Turtle', 'a b c', /is not Turtle: .*line 1/],
    ['shapes that apply to nothing', `${PREFIXES} :S a sh:NodeShape .`, /no shape that applies/],
  ])('refuses %s', async (_name, text, why) => {
    const { code, stderr } = await shapes('add', 'rules-1', file(text));
    expect([code, stderr]).toEqual([1, expect.stringMatching(why)]);
    expect(await json('list')).toMatchObject({ added: [] });
  });

  it('takes them from an address, and tells what nobody can check', async () => {
    const text = `${RULES} <urn:rules> <http://www.w3.org/2002/07/owl#imports> <https://elsewhere.example/> .
      :Query a sh:NodeShape ; sh:targetClass gx:ServiceOffering ; sh:sparql [ sh:select "SELECT $this {}" ] .`;
    const server = createServer((_request, response) => response.end(text)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://localhost:${(server.address() as AddressInfo).port}/rules.ttl`;
    const { code, stdout } = await shapes('add', 'rules-2', url);
    server.close();
    expect(code).toBe(0);
    expect(stdout).toMatch(/2 shapes with a target/);
    expect(stdout).toMatch(/rules\.example\/Query/);
    expect(stdout).toMatch(/imports https:\/\/elsewhere\.example\/, which is not followed/);
  });
});

describe('a node with added shapes', () => {
  /** What a node that starts on the folder says to companies with a seat there. */
  async function published<T>(look: (post: (country: string) => Promise<Answer>, node: TestNode) => Promise<T>) {
    const [node, host] = [await testNode({ data, clock }), await didHost()];
    const post = async (country: string) => {
      const seat = { type: 'gx:Address', 'gx:countryCode': country };
      const subject = {
        id: host.did,
        type: 'gx:LegalPerson',
        name: 'Fjordsky AS',
        'gx:legalAddress': seat,
        'gx:headquartersAddress': { type: 'gx:Address', 'gx:countryCode': 'NO' },
        'gx:registrationNumber': { id: `${host.url}/number` },
      };
      return node.post(await signJwt(claim(host.did, { credentialSubject: subject }), host.key));
    };
    try {
      return await look(post, node);
    } finally {
      await node.end();
      await host.close();
    }
  }

  it('refuses what they refuse, with place, value and what is allowed; and names what conforms', async () => {
    await json('add', 'rules-1', file(RULES));
    await json('add', 'rules-1', file(ONTOLOGY, 'classes.ttl'), '--ontology');
    await published(async (post, node) => {
      const bad = await post('DE');
      expect(bad.status).toBe(422);
      expect(bad.body.checks).toContainEqual(
        expect.objectContaining({
          id: 'shape.shacl',
          result: 'fail',
          where: '/credentialSubject/gx:legalAddress',
          mend: expect.any(String),
        }),
      );
      const good = await post('NO');
      expect(good.status).toBe(201);
      expect(good.body.checks).toContainEqual(
        expect.objectContaining({ id: 'shape.shacl', result: 'pass', why: expect.stringContaining('rules-1') }),
      );
      expect((await node.get('/api/v1/shapes')).body.items).toContainEqual(
        expect.objectContaining({ name: 'rules-1', digest: digestOf(Buffer.from(RULES)), count: 1 }),
      );
    });
  });

  it('does not take it for conforming that no shape applies', async () => {
    await json('add', 'rules-1', file(RULES));
    // Without the ontology, a gx:LegalPerson is no gx:Participant.
    const { status, body } = await published((post) => post('DE'));
    expect(status).toBe(201);
    expect(body.checks).toContainEqual(
      expect.objectContaining({ id: 'shape.shacl', result: 'warn', why: expect.stringContaining('No shape of') }),
    );
  });

  it('does not start when a file was changed or is gone', async () => {
    const { file: name } = await json('add', 'rules-1', file(RULES));
    appendFileSync(join(data, 'shapes', name), '#');
    await expect(testNode({ data })).rejects.toThrow(ConfigError);
  });
});
