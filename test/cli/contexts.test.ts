import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config.ts';
import { digestOf } from '../../src/credentials/digest.ts';
import { signDataIntegrity } from '../../src/credentials/issuing/sign.ts';
import { loadContexts } from '../../src/credentials/jsonld/contexts.ts';
import { testNode } from '../support/node.ts';
import { testProvider } from '../support/provider.ts';
import { kontor, temporary } from './kontor.ts';

/** `kontor contexts`: the real command on a real data folder, and nodes that start on it. */

const URL = 'https://vocabulary.example/harbours/v1';
const HARBOURS = JSON.stringify({ '@context': { berths: 'https://vocabulary.example/harbours#berths' } });
const BUNDLED = resolve(import.meta.dirname, '../../shapes/contexts');

const folders: ReturnType<typeof temporary>[] = [];
let folder: string;
beforeEach(() => {
  const made = temporary();
  folders.push(made);
  folder = made.path;
  mkdirSync(join(folder, 'data'));
});
afterAll(() => {
  for (const { remove } of folders) remove();
});

const file = (content: string, name = 'harbours.jsonld') => {
  writeFileSync(join(folder, name), content);
  return name;
};
const contexts = (...args: string[]) =>
  kontor(['contexts', ...args], { cwd: folder, env: { KONTOR_DATA: join(folder, 'data') } });
const json = async (...args: string[]) => {
  const { code, stdout } = await contexts(...args, '--json');
  return { code, value: JSON.parse(stdout) };
};
const kept = () => join(folder, 'data/contexts');
const index = () => JSON.parse(readFileSync(join(kept(), 'index.json'), 'utf8'));

describe('kontor contexts', () => {
  it('adds a context pinned by its digest, lists it, and removes it again', async () => {
    expect((await json('list')).value).toMatchObject({ ok: true, added: [] });
    const added = await json('add', URL, file(HARBOURS));
    expect(added).toMatchObject({
      code: 0,
      value: { changed: true, digest: digestOf(Buffer.from(HARBOURS)), doubts: [] },
    });
    expect(index()).toEqual({ [URL]: { file: added.value.file, digest: added.value.digest } });
    expect(readFileSync(join(kept(), added.value.file), 'utf8')).toBe(HARBOURS);
    const { value: listed } = await json('list');
    expect(listed.added).toEqual([{ url: URL, file: added.value.file, digest: added.value.digest, doubts: [] }]);
    expect(listed.bundled).toContain('https://www.w3.org/ns/credentials/v2');
    expect((await contexts('remove', URL)).code).toBe(0);
    expect([index(), existsSync(join(kept(), added.value.file))]).toEqual([{}, false]);
    expect(await contexts('remove', URL)).toMatchObject({ code: 1, stderr: expect.stringContaining('was not added') });
  });

  it('adds the same once, and never puts another in its place', async () => {
    await contexts('add', URL, file(HARBOURS));
    expect((await json('add', URL, file(HARBOURS))).value).toMatchObject({ ok: true, changed: false });
    const other = await contexts('add', URL, file(`${HARBOURS}\n`));
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('remove it first')]);
    const bundled = await contexts('add', 'https://www.w3.org/ns/credentials/v2', file(HARBOURS));
    expect([bundled.code, bundled.stderr]).toEqual([1, expect.stringContaining('is bundled')]);
    expect(readdirSync(kept())).toHaveLength(2);
  });

  it('warns of a context that swallows every word, wherever it says so', async () => {
    const doubts = async (context: object, name: string) =>
      (await json('add', `https://vocabulary.example/${name}`, file(JSON.stringify({ '@context': context })))).value
        .doubts;
    const swallows = [expect.stringContaining('@vocab')];
    expect(await doubts({ '@vocab': 'https://vocabulary.example/#' }, 'plain')).toEqual(swallows);
    const scoped = { '@vocab': 'https://vocabulary.example/#' };
    expect(await doubts({ Port: { '@id': 'https://vocabulary.example/#Port', '@context': scoped } }, 'deep')).toEqual(
      swallows,
    );
    expect(await doubts({ '@vocab': null }, 'none')).toEqual([]);
    expect((await contexts('list')).stdout.match(/@vocab/g)).toHaveLength(2);
  });

  it.each([
    ['no JSON', 'berths', 2, 'is not JSON'],
    ['no context', '{"berths": 1}', 2, 'has no "@context"'],
    ['one that JSON-LD cannot read', '{"@context": {"berths": {"@id": 7}}}', 1, 'not a context that can be used'],
    [
      'one that names a context nobody holds',
      '{"@context": ["https://else.example/"]}',
      1,
      'https://else.example/ is not held',
    ],
  ])('refuses %s, and changes nothing', async (_name, content, code, why) => {
    const ran = await contexts('add', URL, file(content));
    expect([ran.code, ran.stderr]).toEqual([code, expect.stringContaining(why)]);
    expect(existsSync(kept())).toBe(false);
  });

  it('says when a file is no longer what was pinned', async () => {
    const { value } = await json('add', URL, file(HARBOURS));
    appendFileSync(join(kept(), value.file), ' ');
    const listed = await json('list');
    expect(listed).toMatchObject({ code: 1, value: { ok: false } });
    expect(listed.value.added[0].problem).toContain('is not what was pinned');
    expect((await contexts('list')).stdout).toContain('is not what was pinned');
  });
});

describe('a node', () => {
  it('takes a credential under an added context, and none without it', { timeout: 60_000 }, async () => {
    await contexts('add', URL, file(HARBOURS));
    const provider = await testProvider();
    const [payload] = [(await provider.offering('harbour')).split('.')[1]!];
    const offer = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const named = {
      ...offer,
      '@context': [...offer['@context'], URL],
      credentialSubject: { ...offer.credentialSubject, berths: 12 },
    };
    const signed = JSON.stringify(await signDataIntegrity(named, provider.key, loadContexts(BUNDLED, kept())));
    const [without, node] = [await testNode(), await testNode({ data: join(folder, 'data') })];
    const refused = await without.post(signed, 'application/vc');
    expect([refused.status, refused.body.checks.at(-1)]).toMatchObject([
      422,
      { id: 'verify.context', result: 'fail', found: URL, mend: expect.stringContaining('kontor contexts add') },
    ]);
    const taken = await node.post(signed, 'application/vc');
    expect([taken.status, taken.body.detail]).toEqual([201, undefined]);
    await Promise.all([without.end(), node.end(), provider.host.close()]);
  });

  it('does not start when the file of a context was changed, or is gone', async () => {
    const { value } = await json('add', URL, file(HARBOURS));
    const start = () => testNode({ data: join(folder, 'data') });
    appendFileSync(join(kept(), value.file), ' ');
    await expect(start()).rejects.toThrow(ConfigError);
    await expect(start()).rejects.toThrow(/is not what was pinned for https:\/\/vocabulary\.example/);
    const served = await kontor(['serve'], {
      env: { KONTOR_DATA: join(folder, 'data'), KONTOR_PORT: '0', KONTOR_URL: 'http://localhost:8080' },
    });
    expect([served.code, served.stderr]).toEqual([2, expect.stringContaining('is not what was pinned')]);
    writeFileSync(join(kept(), 'index.json'), JSON.stringify({ [URL]: { ...value, file: 'gone.jsonld' } }));
    await expect(start()).rejects.toThrow(/gone\.jsonld.* cannot be read/);
    writeFileSync(join(kept(), 'index.json'), JSON.stringify({ [URL]: 'harbours.jsonld' }));
    await expect(start()).rejects.toThrow(/is not of the form/);
  });
});
