import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
