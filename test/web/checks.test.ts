import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../src/credentials/check.ts';
import { signJwt, signPresentation } from '../../src/credentials/issuing/sign.ts';
import { kontor, temporary } from '../cli/kontor.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testProvider } from '../support/provider.ts';

/** One report, three ways to read it: for programs, in the terminal, on the page. */

const { path: folder, remove } = temporary();
let node: TestNode;
let provider: TestProvider;
beforeAll(async () => {
  [node, provider] = await Promise.all([testNode(), testProvider()]);
});
afterAll(async () => {
  await Promise.all([node?.end(), provider?.host.close()]);
  remove();
});

const offer = async () =>
  JSON.parse(Buffer.from((await provider.offering('one')).split('.')[1]!, 'base64url').toString());
const about = async (change: object) => {
  const whole = await offer();
  return provider.sign({ ...whole, credentialSubject: { ...whole.credentialSubject, ...change } });
};
const CASES: Record<string, () => Promise<string>> = {
  'a good offering': () => provider.offering('one'),
  'a changed signature': async () => `${(await provider.offering('one')).slice(0, -6)}AAAAAA`,
  'one that has ended': () =>
    provider.offering('one', { from: new Date(Date.now() - 9e9), until: new Date(Date.now() - 8e9) }),
  "somebody else's subject": () => about({ id: 'https://somebody.example/offer' }),
  'three faults of shape': () => about({ 'gx:colour': 'blue', 'gx:hostedOn': 7, 'kontor:openSource': 'no' }),
  'a presentation': async () =>
    signPresentation([await provider.offering('one'), await about({ 'gx:colour': 'blue' })], provider.key),
  'an issuer that cannot be reached': async () => {
    const did = 'did:web:localhost%3A9';
    return signJwt({ ...(await offer()), issuer: did }, { ...provider.key, did, id: `${did}#key-1` });
  },
};

/** Two judgements are never made at one moment. */
const said = (checks: Check[]) =>
  checks.map(({ result, id, why }) => `${result} ${id} ${why.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'T')}`);
const plain = (html: string) =>
  html
    .replace(/<[^>]*>/g, '')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&amp;', '&');

const page = async (credential: string) => {
  const body = new URLSearchParams({ credential, action: 'check' });
  return (await fetch(`${node.url}/publish`, { method: 'POST', body })).text();
};

describe.each(Object.entries(CASES))('%s', (name, make) => {
  it('has the same checks in the same order and words everywhere', { timeout: 60_000 }, async () => {
    const text = await make();
    const file = join(folder, 'credential.jwt');
    writeFileSync(file, text);
    const mediaType = name === 'a presentation' ? 'application/vp+jwt' : 'application/vc+jwt';
    const { body } = await node.post(text, mediaType, '/api/v1/credentials/check');
    const api = (body.checks as Check[]).filter(({ id }) => id !== 'commit.stored');
    expect(api.length).toBeGreaterThan(1);
    for (const { result, mend } of api) if (result !== 'pass') expect(mend).toMatch(/^[A-Z]/);

    const asked = await kontor(['publish', file, '--node', node.url, '--dry-run', '--json']);
    expect(said(JSON.parse(asked.stdout).checks)).toEqual(said(api));
    const here = await kontor(['check', file, '--json'], { env: { KONTOR_ALLOW_PRIVATE_NETWORK: 'true' } });
    expect(said(JSON.parse(here.stdout).checks)).toEqual(said(api));
    const terminal = await kontor(['publish', file, '--node', node.url, '--dry-run']);
    const printed = [...terminal.stdout.matchAll(/^ {2}(ok|no|\?|!) +((?:parse|verify|shape)\.\S+) +(.*)$/gm)];
    const marks = { ok: 'pass', no: 'fail', '?': 'unknown', '!': 'warn' } as Record<string, string>;
    const lines = printed.map(([, mark, id, why]) => ({ result: marks[mark!], id, why }) as Check);
    expect(said(lines)).toEqual(said(api));

    const shown = [...(await page(text)).matchAll(/<li class="check (\w+)">.*?<p dir="auto">(.*?)<\/p>/gs)].map(
      ([, result, content]) => {
        const [, why, id] = /^(.*) <code class="quiet">(.*)<\/code>$/s.exec(content!)!;
        return { result, id: plain(id!), why: plain(why!) } as Check;
      },
    );
    expect(said(shown.filter(({ id }) => id !== 'commit.stored'))).toEqual(said(api));
  });
});

describe('pages of the checks', () => {
  it('every check on the page of a judgement leads to its own page', async () => {
    const html = await page(await CASES['three faults of shape']!());
    const ids = [...html.matchAll(/<code class="quiet"><a href="\/docs\/checks\/([\w.-]+)">([\w.-]+)<\/a>/g)];
    expect(ids.length).toBe((html.match(/<li class="check /g) ?? []).length);
    for (const [, address, id] of ids) {
      expect(address).toBe(id);
      const { status, text } = await node.get(`/docs/checks/${id}`);
      expect([status, text.includes(`<h1>${id}</h1>`)]).toEqual([200, true]);
    }
  });

  it('the index leads to all, and every link of theirs leads somewhere', async () => {
    const { text } = await node.get('/docs/checks');
    const links = (html: string) => [...html.matchAll(/href="(\/docs\/[^"#]+)/g)].map(([, path]) => path!);
    const pages = [...new Set(links(text))];
    expect(pages.length).toBeGreaterThan(40);
    for (const path of pages) {
      const { status, text: content } = await node.get(path);
      expect([path, status]).toEqual([path, 200]);
      expect(links(content).filter((one) => !pages.includes(one) && one !== '/docs/checks')).toEqual([]);
      // Files of the documentation that a node does not serve are named, not linked.
      expect(content).not.toMatch(/href="(?!https:)[^"]*\.md/);
    }
  });

  it.each([
    'nothing',
    'verify',
    '..%2f..%2fpackage',
    '..%2fapi',
    'verify.signature.md',
    'constructor',
    '%00',
    '%E0%A4%A',
  ])('an id that is none (%s) leads to none', async (id) => {
    const { status, text } = await node.get(`/docs/checks/${id}`, { accept: 'text/html' });
    expect(status).toBe(404);
    expect(text).not.toContain('How to mend');
  });

  it('a refusal in the terminal ends with the address of the page', async () => {
    const file = join(folder, 'bad.jwt');
    writeFileSync(file, await CASES['a changed signature']!());
    const { code, stdout } = await kontor(['publish', file, '--node', node.url]);
    expect(code).toBe(1);
    const [, address] = /^About verify\.signature: (\S+)$/m.exec(stdout)!;
    expect(address).toBe(`${node.url}/docs/checks/verify.signature`);
    expect((await fetch(address!)).status).toBe(200);
  });
});
