import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from './browser.ts';
import { BY_STATE, FJORD } from './fixture/catalogue.ts';
import { HOSTILE_LISTING, hostileDeps } from './fixture/hostile.ts';
import { fixtureDeps, startServer } from './fixture/server.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PAGES = [
  '/',
  '/?q=kubernetes&country=NO&label=gaia-x:SC',
  '/?q=kubernetes&country=FR',
  `/listings/${FJORD.key}`,
  `/listings/${BY_STATE.withdrawn.key}`,
  `/listings/${BY_STATE.expired.key}`,
  `/listings/${BY_STATE.none.key}`,
  '/providers',
  '/providers/did:web:nordlys.example',
  '/labels',
  '/labels/gaia-x',
  '/federation',
  '/publish',
  '/docs/errors',
  '/docs/checks',
  '/docs/checks/verify.status',
  '/nowhere',
  '/?q=kubernetes&label=gaia-x:L9',
  '/?limit=2&cursor=2&before=2',
  '/?q=kubernetes&label=gaia-x:L2&basis=verified',
  `/credentials/${FJORD.digest}`,
];

let browser: Browser;
let site: { url: string; close(): Promise<void> };
let hostile: typeof site;
beforeAll(async () => {
  browser = await launchBrowser();
  site = await startServer(fixtureDeps());
  hostile = await startServer(hostileDeps());
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
  await hostile?.close();
});

/** A fresh page; whatever it prints as an error, such as a breach of the content security policy, is collected. */
async function open(
  path: string,
  options: BrowserContextOptions = {},
  base = site.url,
): Promise<{ page: Page; faults: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    // A status of 4xx that the page itself answers with is no fault of the page.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto(new URL(path, base).href);
  return { page, faults };
}

/** axe-core over the page as it stands, every fold open, by the rules of WCAG 2.2 AA and its best practices. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(`for (const fold of document.querySelectorAll('details:not(.mark-box)')) fold.open = true`);
  await page.evaluate(AXE);
  const results = (await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`,
  )) as AxeResults;
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`),
  );
}

describe.each(['light', 'dark'] as const)('accessible in the %s scheme', (colorScheme) => {
  // One page for all addresses: a new browser context for each would take most of the time.
  let shared: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    shared = await open('/', { colorScheme, bypassCSP: true });
  });
  afterAll(() => shared.page.context().close());

  test.each(PAGES)('%s', async (path) => {
    await shared.page.goto(new URL(path, site.url).href);
    expect(await violations(shared.page)).toEqual([]);
    expect(shared.faults).toEqual([]);
  });

  test('the answer to a refused credential, and an open note', async () => {
    const { page } = await open('/publish', { colorScheme, bypassCSP: true });
    await page.fill('textarea', '{"broken":1}');
    await page.click('button[value=check]');
    await page.waitForSelector('.notice.bad');
    expect(await violations(page)).toEqual([]);
    await page.goto(site.url);
    await page.click('summary.mark');
    expect(await violations(page)).toEqual([]);
    await page.context().close();
  });
});

describe('on a phone of 390 px', () => {
  test('every page fits its width', async () => {
    const { page } = await open('/', { viewport: { width: 390, height: 844 } });
    const wide: string[] = [];
    for (const path of PAGES) {
      await page.goto(new URL(path, site.url).href);
      if ((await page.evaluate('document.documentElement.scrollWidth')) !== 390) wide.push(path);
    }
    expect(wide).toEqual([]);
    await page.context().close();
  });

  test('the filters are a sheet that opens', async () => {
    const { page } = await open('/', { viewport: { width: 390, height: 844 }, javaScriptEnabled: false });
    expect(await page.isVisible('#f-country-NO')).toBe(false);
    await page.click('.sheet > summary');
    expect(await page.isVisible('#f-country-NO')).toBe(true);
    await page.context().close();
  });

  test('with script, the sheet ends in a button that leads to the results', async () => {
    const { page } = await open('/?q=kubernetes', { viewport: { width: 390, height: 844 } });
    expect(await page.isVisible('text=Show 4 offers')).toBe(false);
    await page.click('.sheet > summary');
    await page.click('text=Show 4 offers');
    expect(await page.isVisible('#f-country-NO')).toBe(false);
    expect(await page.evaluate(`document.querySelector('.answer').getBoundingClientRect().top`)).toBeLessThan(844);
    await page.context().close();
  });

  test('no label of the federation map is cut off', async () => {
    const { page } = await open('/federation', { viewport: { width: 390, height: 844 } });
    const cut = await page.evaluate(`(() => {
      const map = document.querySelector('.map svg').getBoundingClientRect();
      return [...document.querySelectorAll('.map text')].map((one) => one.getBoundingClientRect())
        .filter((box) => box.top < map.top || box.left < 0 || box.right > innerWidth || box.bottom > map.bottom).length;
    })()`);
    expect(cut).toBe(0);
    await page.context().close();
  });

  test('dependencies are stacked, and no word of theirs is broken', async () => {
    const { page } = await open(`/listings/${FJORD.key}`, { viewport: { width: 390, height: 844 } });
    const heights = (await page.evaluate(
      `[...document.querySelectorAll('#dependencies .kind')].map((cell) => cell.getBoundingClientRect().height)`,
    )) as number[];
    expect(heights).toHaveLength(4);
    expect(Math.max(...heights)).toBeLessThan(30);
    expect(
      await page.evaluate(
        `(() => { const box = document.querySelector('#dependencies .scroll'); return box.scrollWidth - box.clientWidth; })()`,
      ),
    ).toBe(0);
    await page.context().close();
  });
});

describe('without script', () => {
  const plain = { javaScriptEnabled: false };

  test('searching, filtering and dropping a filter work', async () => {
    const { page } = await open('/', plain);
    await page.fill('#q', 'kubernetes');
    await page.press('#q', 'Enter');
    await page.waitForURL(/q=kubernetes/);
    expect(await page.textContent('.found')).toBe('4 offers');
    await page.check('#f-country-NO');
    await page.click('text=Apply filters');
    await page.waitForURL(/country=NO/);
    expect(await page.textContent('.found')).toBe('1 offer');
    await page.click('[aria-label="Remove Where the data is: Norway"]');
    expect(await page.textContent('.found')).toBe('4 offers');
    await page.context().close();
  });

  test('a credential is checked and published, pasted or as a file', async () => {
    const { page } = await open('/publish', plain);
    await page.fill('textarea', '{"broken":1}');
    await page.click('button[value=check]');
    expect(await page.textContent('.notice')).toContain('Refused');
    await page.fill('textarea', '');
    await page.setInputFiles('input[type=file]', {
      name: 'offer.json',
      mimeType: 'application/json',
      buffer: Buffer.from('{"fine":1}'),
    });
    await page.click('button[value=publish]');
    expect(await page.textContent('.notice')).toContain('Published');
    await page.click('text=Open the listing');
    expect(await page.textContent('h1')).toBe(FJORD.name);
    await page.context().close();
  });

  test('the reasons of a mark open', async () => {
    const { page } = await open('/', plain);
    await page.click('summary.mark');
    expect(await page.isVisible('.mark-note >> nth=0')).toBe(true);
    await page.context().close();
  });
});

describe('with script', () => {
  test('a changed filter asks at once and keeps the focus', async () => {
    const { page, faults } = await open('/');
    expect(await page.isVisible('text=Apply filters')).toBe(false);
    await page.focus('#f-country-NO');
    await page.keyboard.press('Space');
    await page.waitForURL(`${site.url}/?country=NO`);
    expect(await page.evaluate('document.activeElement.id')).toBe('f-country-NO');
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('after Back the boxes show what was asked, not what was ticked last', async () => {
    const { page } = await open('/?q=kubernetes');
    await page.check('#f-country-NO');
    await page.waitForURL(/country=NO/);
    await page.goBack();
    await page.waitForURL(/q=kubernetes$/);
    expect(await page.isChecked('#f-country-NO')).toBe(false);
    // The same where the browser brings back the page as it was left.
    await page.evaluate(`document.getElementById('f-country-NO').checked = true; document.getElementById('sort').disabled = true;
      dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))`);
    expect(await page.isChecked('#f-country-NO')).toBe(false);
    expect(await page.isEnabled('#sort')).toBe(true);
    await page.context().close();
  });

  test('a note opens by keyboard and closes on Escape', async () => {
    const { page } = await open('/');
    await page.focus('summary.mark');
    await page.keyboard.press('Enter');
    expect(await page.isVisible('.mark-note >> nth=0')).toBe(true);
    await page.keyboard.press('Escape');
    expect(await page.isVisible('.mark-note >> nth=0')).toBe(false);
    expect(await page.evaluate(`document.activeElement.className`)).toContain('mark');
    await page.context().close();
  });

  test('the colours can be chosen, and stay chosen', async () => {
    const { page } = await open('/', { colorScheme: 'light' });
    const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const before = await ground();
    await page.click('#theme');
    await page.click('#theme');
    expect(await page.textContent('#theme')).toBe('Colours: dark');
    expect(await ground()).not.toBe(before);
    await page.goto(new URL('/labels', site.url).href);
    expect(await ground()).not.toBe(before);
    await page.context().close();
  });

  test('a file can be dropped on the field', async () => {
    const { page } = await open('/publish');
    await page.evaluate(`{
      const data = new DataTransfer();
      data.items.add(new File(['{"broken":1}'], 'offer.json'));
      document.querySelector('textarea').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    }`);
    expect(await page.textContent('#chosen')).toBe('Chosen: offer.json');
    await page.click('button[value=check]');
    expect(await page.textContent('.notice')).toContain('Refused');
    await page.context().close();
  });
});

describe('hostile text (H-166)', () => {
  const paths = [
    '/',
    `/listings/${HOSTILE_LISTING.key}`,
    '/providers',
    '/providers/did:web:evil.example',
    '/federation',
  ];

  test.each(paths)('runs nothing, loads nothing and breaks no layout on %s, even without the policy', async (path) => {
    const { page, faults } = await open(path, { bypassCSP: true }, hostile.url);
    expect(await page.evaluate('window.pwned')).toBeUndefined();
    expect(
      await page.evaluate(
        `document.querySelectorAll('main script, main img, main iframe, main [onload], main [onerror]').length`,
      ),
    ).toBe(0);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(1280);
    expect(faults).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await page.context().close();
  });

  test('runs nothing in the answer to a submission', async () => {
    const { page } = await open('/publish', { bypassCSP: true }, hostile.url);
    await page.fill('textarea', '{</textarea><script>window.pwned=1</script>');
    await page.click('button[value=check]');
    await page.waitForSelector('.notice');
    expect(await page.evaluate('window.pwned')).toBeUndefined();
    expect(await page.inputValue('textarea')).toBe('{</textarea><script>window.pwned=1</script>');
    await page.context().close();
  });
});
