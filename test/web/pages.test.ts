import { generateKeyPairSync } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Judgement } from '../../src/catalogue/judgement.ts';
import type { LabelChange } from '../../src/catalogue/label-history.ts';
import type { PlannedOutcome } from '../../src/catalogue/planned.ts';
import { webRoutes } from '../../src/web/routes.ts';
import { BY_STATE, FJORD, LISTINGS } from './fixture/catalogue.ts';
import { FEDERATION } from './fixture/federation.ts';
import { HOSTILE, HOSTILE_LISTING, hostileDeps } from './fixture/hostile.ts';
import { gaiaX } from './fixture/schemes.ts';
import { fixtureDeps, startServer } from './fixture/server.ts';

let base = '';
let close: () => Promise<void>;
beforeAll(async () => {
  ({ url: base, close } = await startServer(fixtureDeps()));
});
afterAll(() => close());

const get = (path: string, init: RequestInit = {}) => fetch(new URL(path, base), { redirect: 'manual', ...init });
const text = async (path: string) => (await get(path)).text();
const PAGES = [
  '/',
  '/?q=kubernetes&country=NO&label=gaia-x:SC&basis=claimed&sort=name',
  '/?q=kubernetes&country=FR',
  '/?limit=2&cursor=2&before=2&utm_source=letter',
  `/credentials/${FJORD.digest}`,
  `/listings/${FJORD.key}`,
  `/listings/${BY_STATE.none.key}`,
  `/listings/${BY_STATE.expired.key}`,
  '/providers',
  '/providers/did:web:nordlys.example',
  '/providers/did:web:localhost%253A8443',
  '/labels',
  '/labels/gaia-x',
  '/federation',
  '/publish',
  '/docs/errors',
  '/docs/checks',
  '/docs/checks/verify.status',
];

describe('every page', () => {
  test.each(PAGES)('%s answers 200 with strict headers', async (path) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    );
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('referrer-policy')).toBe('same-origin');
    const page = await response.text();
    expect(page).not.toMatch(/undefined|\[object |NaN|Invalid Date/);
    expect(page).not.toMatch(/<[^>]+\son[a-z]+=|<[^>]+\sstyle=|<script>|<style/i);
  });

  test.each(PAGES)('%s weighs less than 60 kB with all it needs', async (path) => {
    const page = await text(path);
    const assets = [...page.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map((match) =>
      match[1]!.replaceAll('&amp;', '&'),
    );
    expect(assets.length).toBeGreaterThanOrEqual(3);
    const sizes = await Promise.all(assets.map(async (asset) => gzipSync(await (await get(asset)).bytes()).length));
    const total = gzipSync(page).length + sizes.reduce((sum, size) => sum + size, 0);
    expect(total).toBeLessThan(60_000);
  });

  test('no link leads nowhere', async () => {
    const seen = new Set<string>();
    const queue = [...PAGES];
    const dead: string[] = [];
    while (queue.length > 0 && seen.size < 400) {
      const path = queue.shift()!;
      if (seen.has(path)) continue;
      seen.add(path);
      const response = await get(path);
      if (![200, 410].includes(response.status)) dead.push(`${response.status} ${path}`);
      if (!response.headers.get('content-type')?.startsWith('text/html')) continue;
      const page = await response.text();
      const ids = new Set([...page.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1]));
      for (const [, raw] of page.matchAll(/href="([^"]+)"/g)) {
        const href = raw!.replaceAll('&amp;', '&');
        if (href.startsWith('#')) {
          if (!ids.has(href.slice(1))) dead.push(`${href} on ${path}`);
        } else if (href.startsWith('/') && !/^\/(api\/v1|catalogue|federation\/heads)\b/.test(href))
          queue.push(href.split('#')[0]!);
      }
    }
    expect(dead).toEqual([]);
    expect(seen.size).toBeGreaterThan(40);
  });
});

describe('assets', () => {
  test('are kept for ever under their hash, and answer 304 to their ETag', async () => {
    const href = /href="(\/assets\/kontor\.css\?v=[^"]+)"/.exec(await text('/'))![1]!;
    const response = await get(href);
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const etag = response.headers.get('etag')!;
    expect((await get(href, { headers: { 'If-None-Match': etag } })).status).toBe(304);
    expect((await get('/assets/kontor.css')).headers.get('cache-control')).toBe('no-cache');
    expect((await get('/assets/kontor.css?v=other')).headers.get('cache-control')).toBe('no-cache');
    expect((await get('/assets/tokens.css')).status).toBe(404);
  });
});

describe('search', () => {
  test('shows filters as checkboxes of one GET form, with counts, and chips to remove them', async () => {
    const page = await text('/?country=NO&country=SE&label=gaia-x%3ASC');
    expect(page).toMatch(/<form id="ask" class="ask" action="\/" method="get"/);
    expect(page).toMatch(
      /type="checkbox" id="f-country-NO" form="ask" name="country" value="NO" autocomplete="off" data-auto checked/,
    );
    expect(page).toContain('aria-label="Remove Where the data is: Norway"');
    expect(page).toContain('href="/?country=SE&amp;label=gaia-x%3ASC"');
    expect(page).toMatch(/<button class="btn plain" form="ask">Apply filters<\/button>/);
  });

  test('says how complete the answer is', async () => {
    const page = await text('/');
    expect(page).toContain('from 2 of 5 catalogues');
    expect(page).toContain(
      'newest entry <time datetime="2026-11-21T09:14:00.000Z" title="21 Nov 2026, 09:14 UTC">2 minutes ago</time>',
    );
    expect(page).toContain('Without gamma.example: silent since 21 Nov 2026, 07:02 UTC.');
  });

  test('says which filter to drop when nothing is found, with the count it would give', async () => {
    const page = await text('/?q=kubernetes&country=FR');
    expect(page).toContain('Nothing matches all of it');
    expect(page).toMatch(/<a href="\/\?q=kubernetes">Leave out Where the data is: France<\/a>: <b>4 listings<\/b>/);
    expect(page).toMatch(/<a href="\/\?country=FR">Leave out the words “kubernetes”<\/a>: <b>2 listings<\/b>/);
  });

  test('says so when the catalogue is empty', async () => {
    const app = webRoutes({ ...fixtureDeps({}, []) });
    expect(await (await app.request('/')).text()).toContain('Nothing is listed here yet');
  });

  test('pages forward with the filters kept', async () => {
    const page = await text('/?limit=5&country=NO&country=DE&country=FI&country=FR');
    expect(page).toMatch(
      /rel="next" href="\/\?country=NO&amp;country=DE&amp;country=FI&amp;country=FR&amp;limit=5&amp;cursor=5&amp;before=5"/,
    );
    const second = await text('/?limit=5&country=NO&country=DE&country=FI&country=FR&cursor=5&before=5');
    expect(second).toContain('First page');
    expect(second).toMatch(/6 to \d+ of \d+</);
  });

  test('says which results a page shows, and less where it cannot be told', async () => {
    expect(await text('/?limit=2')).toContain('1 to 2 of ');
    expect(await text('/?limit=2&cursor=4&before=4')).toContain('5 to 6 of ');
    expect(await text('/?limit=2&cursor=4')).toContain('2 of ');
    expect(await text('/?limit=2&cursor=4')).toContain(' shown<');
    expect(await text('/?limit=2&cursor=4&before=9999')).toContain(' shown<');
    expect(await text('/?limit=2&cursor=4&before=-3.5')).toContain(' shown<');
    // On the last page the count is known whatever the address says.
    expect(await text('/?q=kubernetes&limit=3&cursor=3&before=77')).toContain('4 to 4 of 4<');
  });

  test('parameters that are not of a search are left aside; a value that is not known is a 400', async () => {
    const tracked = await get('/?q=kubernetes&utm_source=letter&colour=red');
    expect(tracked.status).toBe(200);
    const found = await tracked.text();
    expect(found).toContain('4 offers');
    expect(found).not.toContain('utm_source');
    const response = await get('/?q=kub%22ernetes&label=gaia-x:L9');
    expect(response.status).toBe(400);
    const page = await response.text();
    expect(page).toContain('This question is not understood');
    expect(page).toMatch(/Known: gaia-x:SC/);
    const typed = 'name="q" type="search" value="kub&quot;ernetes"';
    expect(page).toContain(typed);
    expect(await text('/?q=kub%22er%00netes')).toContain(typed);
  });

  test('an empty answer names the basis among what to leave out, and levels that are not decided', async () => {
    const page = await text('/?q=kubernetes&basis=verified');
    expect(page).toMatch(
      /<a href="\/\?q=kubernetes">Leave out Basis of the label: at least verified<\/a>: <b>4 listings<\/b>/,
    );
    expect(page).not.toContain('this edition decides');
    expect(await text('/?label=gaia-x:L3')).toContain(
      'Gaia-X L3 is not decided here: this edition decides SC, L1 and L2 only.',
    );
  });

  test('where no label can be as sure as was asked for, the empty answer and the filter say why', async () => {
    const words = 'Every level of Gaia-X contains statements that only the provider makes';
    expect(await text('/?label=gaia-x:SC&basis=verified')).toContain(words);
    expect(await text('/?q=kubernetes&basis=verified')).not.toContain(words);
    expect(await text('/')).toMatch(/for="basis" title="[^"]*so that none is verified as a whole\./);
  });

  test('nothing is said to be better than the highest level', async () => {
    const page = await text('/?label=gaia-x:L1&label=gaia-x:L3');
    expect(page).toContain('<span class="v">Gaia-X L1 or better</span>');
    expect(page).toContain('<span class="v">Gaia-X L3</span>');
  });

  test('"EU/EEA only" is said with its qualifier', async () => {
    expect((await text('/')).match(/EU\/EEA only(?!, as (stated|far as))/g)).toBeNull();
    expect(await text('/')).toContain('EU/EEA only, as stated');
  });
});

describe('listing', () => {
  test('answers the twelve questions, each with its basis, and leaves none out', async () => {
    const page = await text(`/listings/${FJORD.key}`);
    for (const { question } of FJORD.answers) expect(page).toContain(question.replace("'", '&#39;'));
    expect(page.match(/<tr class="unknown">/g)).toHaveLength(1);
  });

  test('shows what is missing for the next level before what is met', async () => {
    const page = await text(`/listings/${FJORD.key}`);
    expect(page).toContain('Gaia-X: why SC, and what is missing for L1');
    expect(page.indexOf('Missing for L1')).toBeLessThan(page.indexOf('Met: 47 criteria'));
    expect(page).toContain('<b>To meet it:</b>');
  });

  test('draws the chain from label to trust anchor', async () => {
    const page = await text(`/listings/${FJORD.key}`);
    const chain = [
      'Label Gaia-X SC',
      'did:web:notary.example',
      'VAT number',
      'Counts for<br>Gaia-X SC: P1.3.2',
      'notary for registration numbers',
    ];
    const trail = page.slice(page.indexOf('id="evidence"'));
    const places = chain.map((link) => trail.indexOf(link));
    expect(places.every((place, index) => place > (places[index - 1] ?? -1))).toBe(true);
    expect(trail).toContain('Nobody but the provider stands behind this part.');
    expect(trail).toContain('Not on this node&#39;s trust list');
  });

  test('gives the exact commands that repeat the check: against its answers first, then from one file', async () => {
    const page = await text(`/listings/${FJORD.key}`);
    const commands = [...page.matchAll(/<pre[^>]*><code>([^<]*)/g)].map((match) => match[1]);
    expect(commands.slice(0, 2)).toEqual([
      `./kontor check https://alpha.example/listings/${FJORD.key}`,
      `./kontor verify ${FJORD.key}.bundle.json`,
    ]);
    expect(page).toContain(
      `<a href="/api/v1/listings/${FJORD.key}/evidence" download="${FJORD.key}.bundle.json">Download the evidence (one file)</a>`,
    );
    expect(page).toContain(
      `curl -s https://alpha.example/api/v1/credentials/${FJORD.digest} -o credential.jwt\n./kontor check credential.jwt`,
    );
    expect(page).toContain(`href="/api/v1/credentials/${FJORD.digest}" download="credential.jwt">Download`);
    expect(page).toContain(
      'curl -s https://alpha.example/api/v1/trust -o trust.json\n./kontor check credential.jwt --provider evidence-1.vc evidence-2.vc evidence-3.vc --trust trust.json',
    );
    expect(page).not.toContain('KONTOR_ALLOW_PRIVATE_NETWORK');
  });

  test('where the node is on a private network, the commands may reach it', async () => {
    const deps = fixtureDeps();
    const app = webRoutes({ ...deps, node: { ...deps.node, privateNetwork: true } });
    const page = await (await app.request(`/listings/${FJORD.key}`)).text();
    expect(page.match(/KONTOR_ALLOW_PRIVATE_NETWORK=true \.\/kontor check credential\.jwt/g)?.length).toBe(4);
    expect(page).not.toMatch(/[\n>]\.\/kontor check/);
  });

  test('tells how labels came and went, and why, among the versions', async () => {
    const change = { scheme: 'gaia-x', basis: 'claimed', version: FJORD.digest, label: null, validUntil: null };
    const gained = { ...change, at: '2026-11-02T08:00:00.000Z', level: 'SC', former: null, reason: 'SC reached' };
    const reason = `SC lost: the kontor:Certificate by did:web:notary.example was revoked by its issuer`;
    const lost = { ...change, at: '2026-11-20T08:00:00.000Z', level: null, former: 'SC', basis: 'unknown', reason };
    const many = Array.from({ length: 50 }, () => gained);
    const shown = async (changes: LabelChange[]) => {
      const page = await (
        await webRoutes(fixtureDeps({ changes: async () => changes })).request(`/listings/${FJORD.key}`)
      ).text();
      return page.slice(page.indexOf('id="history"'), page.indexOf('id="verify"'));
    };
    const page = await shown([gained, lost]);
    expect(page).toMatch(
      /<span class="lost">Gaia-X SC lost: the Certificate by <span title="did:web:notary.example">Nordic Company Notary<\/span> was revoked by its issuer/,
    );
    expect(page.indexOf('Gaia-X SC lost')).toBeLessThan(page.indexOf('<span class="held">Gaia-X SC reached<'));
    const bounded = await shown(many);
    expect(bounded.match(/<li /g)).toHaveLength(40);
    expect(bounded).toContain(`${50 + FJORD.versions.length - 40} earlier acts not shown`);
    expect(bounded).toContain(`/api/v1/listings/${FJORD.key}/labels/changes`);
  });

  test('says what a plan of the operator will do to it', async () => {
    const plan = { id: 'p1', from: '2026-12-21T00:00:00.000Z' };
    const { key, id, name } = FJORD;
    const one = (effect: string, from: object, to: object) =>
      ({ plan, effect, key, id, name, provider: '', scheme: 'gaia-x', from, to, why: [] }) as unknown as PlannedOutcome;
    const [sc, none] = [
      { level: 'SC', basis: 'claimed' },
      { level: null, basis: 'unknown' },
    ];
    const planned = async () => [
      one('loses', sc, none),
      one('gains', none, sc),
      one('weaker', { ...sc, basis: 'verified' }, sc),
      one('shorter', { ...sc, until: '2027-01-30T00:00:00Z' }, { ...sc, until: '2027-01-10T00:00:00Z' }),
    ];
    const page = await (await webRoutes(fixtureDeps({ planned })).request(`/listings/${key}`)).text();
    const said = [...page.matchAll(/21 Dec 2026<\/time><\/b>: ([^<]*)\./g)].map((match) => match[1]!.trim());
    expect(said).toEqual([
      'Gaia-X SC is lost',
      'Gaia-X SC is reached',
      'Gaia-X SC will be claimed, in place of verified',
      'Gaia-X SC ends on 10 Jan 2027, in place of 30 Jan 2027',
    ]);
  });

  test('says on whose word the criteria are met, in the section and at the mark', async () => {
    const page = await text(`/listings/${FJORD.key}`);
    expect(page).toContain('47 of 47 criteria met: 4 verified, 43 on the provider&#39;s word.');
    expect(page).toMatch(/class="mark claimed" title="[^"]*47 of 47 criteria met: 4 verified/);
  });

  test('labels of a catalogue that is no authority are said to count for nothing, each catalogue once', async () => {
    const page = await text(`/listings/${FJORD.key}`);
    const others = page.slice(page.indexOf('id="others"'), page.indexOf('id="credential"'));
    expect(others).toContain(
      'It is no authority here: whatever it has verified, its labels count for nothing at this node.',
    );
    expect(others).not.toContain('class="mark');
  });

  test('what was only looked at is not said to be rested on', async () => {
    const page = await text(`/listings/${FJORD.key}`);
    expect(page).toContain('Rests on');
    const [decision] = FJORD.decisions;
    const criteria = decision!.criteria.map((one) => ({ ...one, result: 'unmet' as const }));
    const open = { ...FJORD, decisions: [{ ...decision!, criteria }] };
    const unmet = await (await webRoutes(fixtureDeps({}, [open])).request(`/listings/${FJORD.key}`)).text();
    expect(unmet).toContain('Looked at');
    expect(unmet).not.toContain('Rests on');
  });

  test('a report that states no level is called a report, and subcontractors stand among those behind it', async () => {
    const rules = {
      ...gaiaX,
      id: 'bsi-c5',
      title: 'BSI C5',
      kind: 'certificates' as const,
      levels: [{ id: 'type-2', name: 'Type 2', decided: true }],
    };
    const report = { ...rules, rules: { kind: 'certificates', document: 'report' } as never };
    const held = {
      scheme: 'bsi-c5',
      issuer: 'did:web:a.example',
      basis: 'attested' as const,
      validUntil: FJORD.validUntil,
      digest: FJORD.digest,
    };
    const facts = {
      ...FJORD.facts,
      subContractors: [
        { name: 'Kai Drift AS', jurisdictions: ['NO'], communicationMethods: 0, informationDocuments: 0 },
      ],
    };
    const item = { ...FJORD, facts, certifications: [held, { ...held, level: 'type-2' }] };
    const page = await (
      await webRoutes(fixtureDeps({ schemes: [gaiaX, report] }, [item])).request(`/listings/${FJORD.key}`)
    ).text();
    expect(page).toMatch(/<span>BSI C5<\/span><b>report<\/b>/);
    expect(page).toMatch(/<span>BSI C5<\/span><b>Type 2<\/b>/);
    expect(page).toMatch(/subcontractor<\/td><td class="strong" dir="auto">Kai Drift AS</);
  });

  test('says so where the identity of the provider is not proven', async () => {
    const words = 'The identity of its provider is not proven here.';
    expect(await text(`/listings/${FJORD.key}`)).not.toContain(words);
    const [decision, ...rest] = FJORD.decisions;
    const criteria = decision!.criteria.map((one) =>
      one.id === 'P1.3.2' ? { ...one, result: 'unmet' as const, why: 'No notary confirms a number.' } : one,
    );
    const doubtful = { ...FJORD, decisions: [{ ...decision!, criteria }, ...rest] };
    const page = await (await webRoutes(fixtureDeps({}, [doubtful])).request(`/listings/${FJORD.key}`)).text();
    expect(page).toContain(`${words} No notary confirms a number. <a href="#label-gaia-x">See why</a>`);
  });

  test('a trailing slash leads to the page without it', async () => {
    const response = await get(`/listings/${FJORD.key}/`);
    expect([response.status, response.headers.get('location')]).toEqual([301, `/listings/${FJORD.key}`]);
    const docs = await get('/docs');
    expect([docs.status, docs.headers.get('location')]).toEqual([301, '/docs/errors']);
  });

  test('a credential is shown decoded, the raw bytes one link further', async () => {
    expect(await text(`/listings/${FJORD.key}`)).toContain(`href="/credentials/${FJORD.digest}"`);
    const page = await text(`/credentials/${FJORD.digest}`);
    for (const words of [
      FJORD.provider.did,
      FJORD.type,
      '1 Nov 2026, 07:58 UTC',
      '30 Jan 2027',
      `  &quot;name&quot;: &quot;${FJORD.name}&quot;`,
      `href="/api/v1/credentials/${FJORD.digest}" download="credential.jwt"`,
    ])
      expect(page).toContain(words);
    const unknown = await get(`/credentials/${FJORD.digest.slice(0, -1)}`);
    expect(unknown.status).toBe(404);
    expect(await unknown.text()).toContain('No credential with this digest is held here.');
  });

  test.each([
    [new Uint8Array([0xff, 0x00, 0x7b]), 'It cannot be shown as text.'],
    [Buffer.from('{"type":7,"issuer":[],"validFrom":"soon","proof":"x"}'), 'What it says'],
    [Buffer.from(JSON.stringify({ credentialSubject: { text: 'x'.repeat(200_000) } })), 'The rest is left out here.'],
  ])('odd bytes are shown as far as they can be (%#)', async (bytes, words) => {
    const deps = fixtureDeps();
    const object = async () => ({ bytes, mediaType: 'application/vc', kind: 'listing' });
    const response = await webRoutes({ ...deps, reader: { ...deps.reader, object } }).request('/credentials/x');
    expect(response.status).toBe(200);
    const page = await response.text();
    expect(page).toContain(words);
    expect(page.length).toBeLessThan(60_000);
  });

  test('a withdrawn listing is a 410 that says so and keeps its history', async () => {
    const response = await get(`/listings/${BY_STATE.withdrawn.key}`);
    expect(response.status).toBe(410);
    const page = await response.text();
    expect(page).toContain('This listing was withdrawn');
    expect(page).toContain('the region closes');
    expect(page).not.toContain('What buyers ask');
  });

  test('an expired listing shows its labels as lapsed', async () => {
    const page = await text(`/listings/${BY_STATE.expired.key}`);
    expect(page).toContain('This listing has expired');
    expect(page).toMatch(/class="mark lapsed"/);
    expect(page).not.toMatch(/class="mark (verified|claimed)"/);
  });

  test('a label that has ended is shown as lapsed whatever basis it carried', async () => {
    const late = webRoutes(fixtureDeps({ clock: () => new Date('2027-02-01T00:00:00Z') }));
    const page = await (await late.request(`/listings/${FJORD.key}`)).text();
    expect(page).toMatch(/class="mark lapsed" title="alpha grants Gaia-X SC, it ended on 30 Jan 2027/);
  });

  test('an unknown key is a 404 in the same look', async () => {
    const response = await get('/listings/AAAAAAAAAAAAAAAAAAAAAA');
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('No listing is held under this key.');
    expect((await get('/nowhere')).status).toBe(404);
  });
});

describe('provider', () => {
  test('registration numbers carry their basis and who vouches', async () => {
    const page = await text('/providers/did:web:nordlys.example');
    expect(page).toMatch(/VAT number <code class="break">NO\d+<\/code>/);
    expect(page).toContain(', vouched for by Nordic Company Notary');
    expect(page).toMatch(/5967007LIEEXZX4LPK21<\/code>.*claimed.*; nobody on the trust list vouches for it/);
    expect(page).not.toContain('RegistrationNumber');
  });
});

describe('federation', () => {
  test('says what was done about a log that told two stories, and about a peer that was caught', async () => {
    const page = await text('/federation');
    expect(page).toContain('listings it carried stand, because their providers signed them.');
    expect(page).toContain('What it sent was thrown away.');
    expect(page).not.toContain('signs nothing');
  });

  test('says at the top why this node signs nothing, and names a log that cannot be verified', async () => {
    const [beta, ...rest] = FEDERATION.origins;
    const status = {
      ...FEDERATION,
      own: { ...FEDERATION.own, blocked: 'It was restored from <an older copy>.' },
      origins: [{ ...beta!, state: 'unverified' as const }, ...rest],
    };
    const deps = fixtureDeps({ federation: () => Promise.resolve(status) });
    const page = await (await webRoutes(deps).request('/federation')).text();
    const said = page.indexOf('It was restored from &lt;an older copy&gt;.');
    expect(said).toBeGreaterThan(page.indexOf('This node signs nothing'));
    expect(said).toBeLessThan(page.indexOf('Who follows whom'));
    expect(page).toContain('<span>not verifiable</span>');
  });
});

describe('publish', () => {
  const send = (fields: Record<string, string | File>, headers: Record<string, string> = {}) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    return get('/publish', { method: 'POST', body: form, headers });
  };

  test('a pasted credential is checked, and nothing is stored', async () => {
    const response = await send({ credential: '{"fine":1}', action: 'check' });
    expect(response.status).toBe(200);
    const page = await response.text();
    expect(page).toContain('This would be accepted');
    expect(page).toContain('Not stored: this was a check');
    expect(page).toContain('Missing for L1: 6 criteria');
  });

  test('a file is published, and the text field gives back its bytes', async () => {
    const response = await send({ file: new File(['{"fine":1}\n'], 'offer.json'), credential: '', action: 'publish' });
    expect(response.status).toBe(201);
    const page = await response.text();
    expect(page).toContain('Published');
    expect(page).toContain(`href="/listings/${FJORD.key}"`);
    expect(page).toContain('data-drop>\n{&quot;fine&quot;:1}\n</textarea>');
  });

  test('a refusal has the status of its code, and shows field, found, allowed, mend', async () => {
    const response = await send({ credential: '{"broken":1}', action: 'publish' });
    expect(response.status).toBe(422);
    const page = await response.text();
    for (const part of [
      '/credentialSubject/kontor:dataLocation/0/kontor:country',
      '&quot;Norway&quot;',
      'Two capital letters',
      'Write &quot;NO&quot; and sign again.',
    ])
      expect(page).toContain(part);
    expect(page).toContain('href="/docs/errors#shape"');
  });

  test('what is neither JWT nor JSON, nothing, and too much are said so', async () => {
    expect((await send({ credential: 'hello', action: 'check' })).status).toBe(400);
    expect((await send({ credential: '   ', action: 'check' })).status).toBe(400);
    expect((await send({ credential: 'x'.repeat(1_000_001), action: 'check' })).status).toBe(413);
    const tooLarge = await send({ file: new File(['x'.repeat(1_500_000)], 'x'), action: 'check' });
    expect(tooLarge.status).toBe(413);
    expect(await tooLarge.text()).toMatch(/What was sent has 1[.,]5 MB\. This node takes documents up to/);
    expect((await send({ file: new File(['x'.repeat(4_000_000)], 'x'), action: 'check' })).status).toBe(413);
    expect((await send({ credential: '{}', action: 'burn' })).status).toBe(400);
  });

  test('a private key is refused by name, pasted or as a file, and not shown again', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const { d } = privateKey.export({ format: 'jwk' });
    const multikey = '{"type":"Multikey","secretKeyMultibase":"z3u2en7t5LR2WtQH5PfFqMqwVHgeXouLzo6haApm8XHqvjxq"}';
    for (const text of [pem, JSON.stringify(privateKey.export({ format: 'jwk' })), multikey]) {
      const given: Record<string, string | File>[] = [
        { credential: text },
        { credential: '', file: new File([text], 'key.json') },
      ];
      for (const fields of given) {
        const response = await send({ ...fields, action: 'publish' });
        const page = await response.text();
        expect([response.status, page]).toEqual([400, expect.stringContaining('It must be replaced now')]);
        for (const secret of [d!, pem.split('\n')[1]!, 'z3u2en7']) expect(page).not.toContain(secret);
      }
    }
  });

  test('a refusal is headed by what failed, counts the rest, and breaks within no date', async () => {
    const judgement: Judgement = {
      ok: false,
      code: 'proof',
      detail: 'The key did:web:a.example#key-1 ended',
      digest: 'uEiA',
      stage: 'verify',
      checks: [
        {
          id: 'verify.key',
          result: 'fail',
          why: 'The key ended',
          found: 'read at 2026-11-21T12:00:00.000Z',
          mend: 'x',
        },
        { id: 'verify.status', result: 'fail', why: 'The list is too short', mend: 'y' },
      ],
    };
    const app = webRoutes(fixtureDeps({ check: async () => judgement }));
    const body = new URLSearchParams({ credential: '{}', action: 'check' });
    const page = await (await app.request('/publish', { method: 'POST', body })).text();
    expect(page).toContain('<b>Refused: The key does not count for this</b>');
    expect(page).toContain('#key-1 ended; and 1 more</p>');
    expect(page).toContain('read at <span class="whole">2026-11-21T12:00:00.000Z</span>');
  });

  test('a form of another site is refused', async () => {
    const response = await send({ credential: '{}', action: 'publish' }, { 'Sec-Fetch-Site': 'cross-site' });
    expect(response.status).toBe(400);
  });

  test('the bytes reach the node exactly as pasted', async () => {
    const seen: string[] = [];
    const deps = fixtureDeps();
    const app = webRoutes({
      ...deps,
      check: async (bytes, mediaType) => {
        seen.push(mediaType, new TextDecoder().decode(bytes));
        return deps.check(bytes, mediaType);
      },
    });
    const form = new FormData();
    form.append('credential', '{\r\n"a":1\r\n}');
    form.append('action', 'check');
    await app.request('/publish', { method: 'POST', body: form });
    expect(seen).toEqual(['application/vc', '{\n"a":1\n}']);
  });
});

describe('failure', () => {
  test('is a 500 page that tells nothing of the inside', async () => {
    const reported: unknown[] = [];
    const broken = fixtureDeps({ report: (error) => reported.push(error) });
    broken.reader = { ...broken.reader, listing: () => Promise.reject(new Error('SECRET at /var/lib')) };
    const response = await webRoutes(broken).request('/listings/x');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('SECRET');
    expect(reported).toHaveLength(1);
  });

  test('a failing federation status still gives the page', async () => {
    const broken = fixtureDeps({ federation: () => Promise.reject(new Error('down')) });
    expect((await webRoutes(broken).request('/')).status).toBe(500);
  });
});

describe('hostile text (H-166)', () => {
  const app = webRoutes(hostileDeps());
  const paths = [
    '/',
    `/?q=${encodeURIComponent(HOSTILE.slice(0, 400).replaceAll('\u0000', ''))}`,
    `/listings/${HOSTILE_LISTING.key}`,
    `/credentials/${HOSTILE_LISTING.digest}`,
    '/providers',
    '/providers/did:web:evil.example',
    '/federation',
    '/labels',
  ];

  const inert = (page: string) => {
    expect(page).not.toMatch(/<script>|<img |<svg\/onload|<b>x<\/b>/);
    expect(page).not.toMatch(/href="\s*(javascript|data|vbscript):/i);
    // Values that a form must send back unchanged stay as they are; they are not shown as text.
    const shown = page.replace(/ value="[^"]*"/g, '').replace(/<textarea[^>]*>[^<]*/, '');
    expect(shown).not.toMatch(/[\u202A-\u202E\u2066-\u2069\u200B\u0000]/);
    expect(page.length).toBeLessThan(400_000);
  };

  test.each(paths)('is inert on %s', async (path) => {
    const response = await app.request(path);
    expect(response.status).toBe(200);
    inert(await response.text());
  });

  test.each(['check', 'publish'])('is inert in the answer to %s', async (action) => {
    const form = new FormData();
    form.append('credential', `{${HOSTILE.replaceAll('\u0000', '').replace(/[\u202E\u2066\u200B]/g, '')}`);
    form.append('action', action);
    inert(await (await app.request('/publish', { method: 'POST', body: form })).text());
  });

  test('an address is linked only where it is http or https', async () => {
    const page = await (await app.request(`/listings/${HOSTILE_LISTING.key}`)).text();
    const targets = [...page.matchAll(/href="([^"]*)"/g)].map((match) => match[1]!);
    expect(targets.filter((href) => !/^(#|\/|https?:\/\/)/.test(href))).toEqual([]);
  });
});

test('the fixture holds every state that pages show', () => {
  expect(new Set(LISTINGS.map((item) => item.state))).toEqual(new Set(['current', 'withdrawn', 'expired']));
});
