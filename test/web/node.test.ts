import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signPresentation } from '../../src/credentials/issuing/sign.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { type TestProvider, testNotary, testProvider } from '../support/provider.ts';
import { launchBrowser } from './browser.ts';

/** The pages of a real node, in a real browser: what a provider and then a buyer do. */
let browser: Browser;
let notary: Awaited<ReturnType<typeof testNotary>>;
let provider: TestProvider;
let node: TestNode;

beforeAll(async () => {
  [browser, notary, provider] = await Promise.all([launchBrowser(), testNotary(), testProvider()]);
  node = await testNode({ policy: { trust: [notary.trust] } });
  for (const document of [await notary.vouch(provider), await provider.person(), await provider.terms()])
    await node.post(document);
});
afterAll(async () => {
  await browser?.close();
  await node?.end();
  await Promise.all([notary.host.close(), provider.host.close()]);
});

async function open(path: string, options: { javaScriptEnabled?: boolean } = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  await page.goto(node.url + path);
  return page;
}
const publish = async (page: Page, text: string, button: 'check' | 'publish') => {
  await page.locator('textarea').fill(text);
  await page.locator(`button[value="${button}"]`).click();
  await page.waitForLoadState();
};

describe.each([true, false])('with script: %s', (javaScriptEnabled) => {
  it('a provider sees what is wrong, then publishes; a buyer finds it and reads why', async () => {
    const slug = javaScriptEnabled ? 'scripted' : 'bare';
    const good = await provider.offering(slug);
    const page = await open('/publish', { javaScriptEnabled });
    await publish(page, `${good.slice(0, -4)}AAAA`, 'check');
    expect(await page.locator('main').innerText()).toContain('The signature was not made by');
    await page.goto(`${node.url}/publish`);
    await publish(page, good, 'check');
    // What passed is folded away, and there to be read.
    expect(await page.locator('main').textContent()).toMatch(/The signature \(vc\+jwt with EdDSA\) is good/);
    expect((await node.get(`/api/v1/listings?q=${slug}`)).body.total).toBe(0);
    await page.goto(`${node.url}/publish`);
    await publish(page, good, 'publish');
    expect((await node.get(`/api/v1/listings?q=${slug}`)).body.total).toBe(1);

    await page.goto(`${node.url}/?q=${slug}&label=gaia-x:SC`);
    await page.getByRole('link', { name: `Offer ${slug}` }).click();
    await page.waitForLoadState();
    const text = await page.locator('main').textContent();
    for (const words of ['Where is our data?', 'Whose law reaches it?', 'P1.3.2', 'verified', 'claimed'])
      expect(text).toContain(words);
    await page.context().close();
  });
});

it('a private key never leaves the page, pasted or as a file; what is none is sent from a file as well', async () => {
  const page = await open('/publish');
  const sent: string[] = [];
  page.on('request', (request) => sent.push(request.method()));
  const key = JSON.stringify(provider.key);
  const warning = page.getByRole('alert');
  const notSent = warning.filter({ hasText: 'it was not sent' });
  await publish(page, key, 'check');
  await notSent.waitFor();
  await page.goto(`${node.url}/publish`);
  await page.locator('input[type=file]').setInputFiles({
    name: 'key.json',
    mimeType: 'application/json',
    buffer: Buffer.from(key),
  });
  await page.locator('button[value="publish"]').click();
  await notSent.waitFor();
  expect(sent).not.toContain('POST');
  await page.locator('input[type=file]').setInputFiles({
    name: 'offer.jwt',
    mimeType: 'text/plain',
    buffer: Buffer.from(await provider.offering('from-a-file')),
  });
  await page.locator('button[value="check"]').click();
  await page.getByText('This would be accepted').waitFor();
  expect(await warning.textContent()).toBe('');
  await page.context().close();
});

it('a presentation of which a part was taken says how many, and what became of each', async () => {
  const bad = `${(await provider.offering('part-bad')).slice(0, -8)}AAAAAAAA`;
  const parts = [await provider.offering('part-one'), await provider.offering('part-two'), bad];
  const page = await open('/publish');
  await publish(page, await signPresentation(parts, provider.key), 'publish');
  const result = page.locator('#result .result').first();
  const text = await result.innerText();
  expect(text).toContain('2 of 3 published');
  expect(text).not.toContain('Nothing was stored');
  expect(text).toMatch(/Credential 1 of 3 \(Offer part-one\): published/);
  expect(text).toMatch(/Credential 3 of 3: refused: The signature was not made by/);
  await page.context().close();
});

it('a provider page says who vouches for the number, and every credential can be read', async () => {
  const page = await open(`/providers/${encodeURIComponent(provider.did)}`);
  const numbers = page.locator('.numbers');
  expect(await numbers.textContent()).toMatch(/^VAT number \S+MVAverified, vouched for by Test notary$/);
  await page.getByRole('link', { name: 'Answers, labels and evidence' }).click();
  await page.waitForLoadState();
  const addresses = (await page.evaluate(
    `[...document.querySelectorAll('a[href^="/credentials/"]')].map((link) => link.href)`,
  )) as string[];
  expect(addresses.length).toBeGreaterThan(1);
  for (const address of new Set(addresses)) {
    const answer = await page.goto(address);
    expect([answer?.status(), await page.locator('pre.json').count()]).toEqual([200, 2]);
  }
  await page.context().close();
});

it('a wrong address is a page, and a program gets a problem document', async () => {
  const page = await open('/listings/nothing');
  expect(await page.locator('h1').innerText()).not.toBe('');
  const { status, headers } = await node.get('/api/v1/listings/nothing', { accept: 'text/html' });
  expect([status, headers.get('content-type')]).toEqual([404, 'application/problem+json; charset=utf-8']);
  await page.context().close();
});
