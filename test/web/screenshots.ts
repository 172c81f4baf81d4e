import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { launchBrowser } from './browser.ts';

/**
 * Takes a picture of each page in three views: `node test/web/screenshots.ts BASE_URL OUT_DIR [path...]`.
 * Paths default to those that every node has.
 */
const [base = 'http://localhost:8080', out = 'docs/images', ...given] = process.argv.slice(2);
const paths = given.length > 0 ? given : ['/', '/providers', '/labels', '/labels/gaia-x', '/federation', '/publish'];
const VIEWS = [
  { name: 'light', width: 1280, colorScheme: 'light' },
  { name: 'dark', width: 1280, colorScheme: 'dark' },
  { name: 'phone', width: 390, colorScheme: 'light' },
] as const;

mkdirSync(out, { recursive: true });
const browser = await launchBrowser();
for (const { name, width, colorScheme } of VIEWS) {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  for (const path of paths) {
    await page.goto(new URL(path, base).href);
    const file = `${
      path
        .replace(/[^a-z0-9]+/gi, '-')
        .replace(/^-|-$/g, '')
        .slice(0, 40) || 'search'
    }-${name}.png`;
    await page.screenshot({ path: resolve(out, file), fullPage: true });
    console.log(file);
  }
  await page.close();
}
await browser.close();
