import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Scheme } from '../../src/compliance/scheme.ts';
import type { TrustRule } from '../../src/policy.ts';
import { type TestNode, testNode } from '../support/node.ts';

/** /labels and the page of each scheme, as a real node shows them. */
let node: TestNode;
let schemes: readonly Scheme[];
const body = (scheme: string): TrustRule => ({
  did: 'did:web:body.example',
  name: 'Testing Body',
  role: 'certificate',
  schemes: [scheme],
});

beforeAll(async () => {
  const assessor = { did: 'did:web:assessor.example', name: 'Assessor', role: 'assessment-body' } as const;
  node = await testNode({ policy: { trust: [body('bsi-c5'), assessor] } });
  schemes = node.compliance.schemes();
});
afterAll(() => node.end());

/** What is read on a page, without its marks. */
async function textOf(path: string): Promise<string> {
  const { status, text } = await node.get(path, { accept: 'text/html' });
  expect(status).toBe(200);
  const main = /<main[\s\S]*<\/main>/.exec(text)![0];
  return main
    .replace(/<[^>]+>/g, ' ')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/\s+/g, ' ');
}

it('every scheme has a page that says what it proves and what not, and names its levels', async () => {
  for (const { id, levels } of schemes) {
    const text = await textOf(`/labels/${id}`);
    for (const words of ['What it proves', 'What it does not prove', ...levels.map(({ name }) => name)])
      expect(text, id).toContain(words);
    expect(text, id).not.toMatch(/undefined|\[object|NaN/);
  }
});

it('a scheme of answers shows objectives with their weights by edition, and the answers that do for each level', async () => {
  const text = await textOf('/labels/ec-csf');
  expect(text).toContain('SOV-1 Strategic Sovereignty 8 3 15 % 20 %');
  expect(text).toContain('SOV-1.1 Who decides about the provider is in the EU any any 4, 5 4, 5 5');
  expect(text).toContain('SOV-1.2 Protection against a change of control, part 1 of 2 cannot lower the level');
  expect(text).toContain(
    'SEAL-2 Data Sovereignty an answer to each of the 39 criteria that itself carries SEAL-2 or more',
  );
  expect(text).toContain('The wording belongs to those who made the scheme: Cloud Sovereignty Framework 1.2.1');
  expect(text).toContain('All 39 criteria that can lower the level must be answered');
  expect(text).toContain('Answers count for 12 months');
  // Only who may assess is named.
  expect(text).toContain('Assessor');
  expect(text).not.toContain('Testing Body');
});

it('every scheme links to those who published it, where a page of theirs is known', async () => {
  for (const { id, sources = [] } of schemes) {
    const { text } = await node.get(`/labels/${id}`, { accept: 'text/html' });
    for (const { name, url, read } of sources) {
      expect(text, id).toContain(
        `<a href="${url}" rel="noopener noreferrer">${name.replace('&', '&amp;')}</a> (as of ${read})`,
      );
    }
  }
  expect(schemes.find(({ id }) => id === 'ec-csf')?.sources).toHaveLength(3);
});

it('what a scheme does not prove never stands under what it proves', async () => {
  const { text } = await node.get('/labels/gaia-x-clearing-house', { accept: 'text/html' });
  const [proves = '', not = ''] = /class="proves">([\s\S]*?)<\/section>/
    .exec(text)![1]!
    .split('What it does not prove');
  expect(proves).toContain('gave this version that level');
  expect(proves).not.toContain('linked documents');
  expect(not).toContain('That the linked documents say what they must');
});

it('only a scheme of reports speaks of types', async () => {
  expect(await textOf('/labels/bsi-c5')).toContain('Type 1 sold as Type 2 is refused');
  expect(await textOf('/labels/iso-27001')).not.toContain('Type 1');
});

it('Gaia-X says how its criteria are counted', async () => {
  const text = await textOf('/labels/gaia-x');
  expect(text).toContain(
    '62 criteria Services: 61, Participants: 1. Numbers that are retired are not listed: P1.3.3, P1.3.4, P1.3.5.',
  );
});

it.each<[string, string[]]>([
  [
    'bsi-c5',
    [
      'Type 2 type-2 type-ii typ-2 type2 Somebody on the list below up to 12 months yes',
      '2020 2020 C5:2020 for time from 1 Jan 2020 up to 30 Jun 2027',
      '2025 2025 C5:2025 never: C5:2025 stayed a draft',
      'certified certificate There is no C5 certificate, only a report with an opinion',
      'It is over 12 months after the end of what it reports on at the latest',
      'Testing Body',
    ],
  ],
  [
    'ens',
    ['básica basica básica basic The provider itself; shown as claimed', 'RD 3/2010 RD 3/2010 3/2010 2010 until'],
  ],
  ['iso-27018', ['beside iso-27001 2022 for the same offering', 'An organisation is certified']],
  ['scs-compatible-iaas', ['6 months if issued up to 2026-06-10', 'scs-sovereign']],
  ['csa-star', ['level 2, certification level-2-certification', 'up to 36 months', 'lasts as its level says']],
  ['eucs', ['Why it gives no label yet', 'Nobody on the list below', 'switches it on']],
  ['gaia-x-clearing-house', ['It gives the digest of the version that is listed', 'DOME marketplace']],
  ['pitukri', ['Why it gives no label', 'PiTuKri has no certificate']],
])('the page of %s says from its data what counts and what is refused', async (id, said) => {
  const text = await textOf(`/labels/${id}`);
  for (const words of said) expect(text).toContain(words);
});

it('a scheme is switched on by the trust list, and its page says what nobody may sign for yet', async () => {
  const other = await testNode({ policy: { trust: [body('eucs')] } });
  try {
    const { text } = await other.get('/labels/eucs', { accept: 'text/html' });
    expect(text).toContain('it is switched on here');
    expect(text).toContain('Testing Body');
    const star = (await other.get('/labels/csa-star', { accept: 'text/html' })).text
      .replace(/<[^>]+>/g, ' ')
      .replace(/\s+/g, ' ');
    expect(star).toContain('Nobody on the list below up to 36 months not yet Nobody on the list below may sign it.');
    expect(star).toMatch(/The provider itself; shown as claimed up to 12 months yes/);
  } finally {
    await other.end();
  }
});
