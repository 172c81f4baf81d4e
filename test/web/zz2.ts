import { launchBrowser } from './browser.ts';
const b = await launchBrowser();
for (const [text, name, scheme, width] of [['{"broken":1}', 'refused', 'light', 1280], ['{"a":1}', 'ok', 'dark', 1280], ['{"broken":1}', 'refused-phone', 'light', 390]] as const) {
  const p = await b.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
  await p.goto('http://127.0.0.1:8099/publish');
  await p.fill('textarea', text);
  await p.click('button[value=check]');
  await p.waitForSelector('.result');
  await p.screenshot({ path: `/tmp/shots/pub-${name}.png`, fullPage: true });
}
const p = await b.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: 'dark' });
await p.goto('http://127.0.0.1:8099/');
await p.click('summary.mark >> nth=1');
await p.screenshot({ path: `/tmp/shots/note.png` });
const q = await b.newPage({ viewport: { width: 390, height: 844 } });
await q.goto('http://127.0.0.1:8099/?q=kubernetes&country=NO');
await q.click('.sheet > summary');
await q.screenshot({ path: `/tmp/shots/sheet.png`, fullPage: true, clip: {x:0,y:0,width:390,height:1400} });
await b.close();
