import { launchBrowser } from './browser.ts';

// url width scheme out y height
const [url, width, scheme, out, y, h, action] = process.argv.slice(2);
const b = await launchBrowser();
const p = await b.newPage({ viewport: { width: +width!, height: 900 }, colorScheme: scheme as 'light' });
await p.goto(url!);
if (action)
  for (const a of action.split(';')) {
    if (a.startsWith('all:')) for (const e of await p.locator(a.slice(4)).all()) await e.click();
    else await p.click(a);
  }
await p.waitForTimeout(200);
const H = await p.evaluate('document.documentElement.scrollHeight');
await p.screenshot({
  path: out!,
  fullPage: true,
  clip: { x: 0, y: +y!, width: +width!, height: Math.min(+h!, (H as number) - +y!) },
});
console.log(H, await p.evaluate('document.documentElement.scrollWidth'));
await b.close();
