import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { kontor, temporary } from '../cli/kontor.ts';
import { make, makeRoot } from '../support/certificates.ts';
import { type DidHost, didHost } from '../support/did-host.ts';

/** `kontor trust`: the real command on a real policy file. */

const { path: folder, remove } = temporary();
const policy = join(folder, 'data/policy.yaml');
const YEAR_MS = 365 * 86_400_000;
const dates = { notBefore: new Date(Date.now() - 1_000_000), notAfter: new Date(Date.now() + YEAR_MS) };
const makeCa = (subject: string) => makeRoot({ subject, organisation: 'Trust AS', ...dates });

const trust = (...args: string[]) =>
  kontor(['trust', ...args], {
    cwd: folder,
    env: { KONTOR_DATA: join(folder, 'data'), KONTOR_ALLOW_PRIVATE_NETWORK: 'true' },
  });
const json = async (...args: string[]) => {
  const { code, stdout } = await trust(...args, '--json');
  return { code, value: JSON.parse(stdout) };
};

const policyCheck = async () => {
  const env = { KONTOR_DATA: join(folder, 'data') };
  const { code, stdout } = await kontor(['policy', 'check', '--json'], { cwd: folder, env });
  return { code, value: JSON.parse(stdout) };
};

let host: DidHost;
let root: Awaited<ReturnType<typeof makeCa>>;
let leaf: typeof root;
beforeAll(async () => {
  mkdirSync(join(folder, 'data'));
  host = await didHost();
  root = await makeCa('Root');
  leaf = await make(root, {
    subject: 'localhost',
    san: ['localhost'],
    organisation: 'Fjordsky AS',
    keyUsage: 0x80,
    ...dates,
  });
  writeFileSync(join(folder, 'root.pem'), root.pem);
  writeFileSync(join(folder, 'chain.pem'), leaf.pem + root.pem);
  const id = `${host.did}#key-1`;
  const method = {
    id,
    type: 'JsonWebKey',
    controller: host.did,
    publicKeyJwk: { ...leaf.jwk, x5u: `${host.url}/chain.pem` },
  };
  const document = { id: host.did, verificationMethod: [method], assertionMethod: [id] };
  host.files.set('/.well-known/did.json', { type: 'application/did+json', body: JSON.stringify(document) });
  host.files.set('/chain.pem', { type: 'application/x-pem-file', body: leaf.pem + root.pem });
});
afterAll(async () => {
  await host.close();
  remove();
});
const POLICY = `# Ours.
publishers: open # for now
trust: []
# trust:
#   - did: did:web:example
limits:
  bodyBytes: 1000000 # largest
`;
beforeEach(() => writeFileSync(policy, POLICY));

it('add and remove change the list and leave comments as they were', async () => {
  const added = await trust(
    ...['add', 'did:web:auditor.example', '--role', 'assessment-body', '--name', 'Auditor'],
    ...['--scheme', 'iso-27001', '--scheme', 'c5', '--from', '2026-01-01', '--until', '2030-12-31'],
  );
  expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining('Auditor may vouch for certificates') });
  expect(readFileSync(policy, 'utf8')).toBe(
    POLICY.replace(
      'trust: []\n',
      `trust:
  - did: did:web:auditor.example
    name: Auditor
    role: assessment-body
    schemes:
      - iso-27001
      - c5
    from: 2026-01-01
    until: 2030-12-31
`,
    ),
  );
  const { value } = await json('list');
  expect(value.trust).toMatchObject([{ role: 'assessment-body', schemes: ['iso-27001', 'c5'], running: true }]);
  expect((await trust('remove', 'did:web:auditor.example', '--role', 'certificate')).code).toBe(1);
  expect((await trust('remove', 'did:web:auditor.example')).code).toBe(0);
  expect(readFileSync(policy, 'utf8')).toBe(POLICY);
});

it('add warns of a scheme that nothing here asks for', async () => {
  const { value } = await json('add', 'did:web:auditor.example', '--role', 'certificate', '--scheme', 'iso-270001');
  expect(value.doubts).toEqual([
    expect.stringMatching(/^No scheme here asks for certificates of "iso-270001"; known are .*iso-27001/),
  ]);
  const good = await json('add', 'did:web:other.example', '--role', 'certificate', '--scheme', 'iso-27001');
  expect(good.value.doubts).toEqual([]);
});

it('add refuses what the policy would refuse, and the file stays', async () => {
  expect((await trust('add', 'did:web:a', '--role', 'king')).stderr).toContain('clearing-house');
  expect((await trust('add', 'did:web:a/b', '--role', 'certificate')).stderr).toContain('"did:web:a/b" is no DID.');
  const wrong = await trust('add', 'did:web:a', '--role', 'certificate', '--until', '31.12.2027');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('is no date')]);
  expect(readFileSync(policy, 'utf8')).toBe(POLICY);
});

it('add says what is hardly meant, and does nothing twice', async () => {
  const add = () => trust('add', 'did:web:a', '--role', 'certificate', '--until', '2020-01-01');
  expect((await add()).stdout).toContain('ended on 2020-01-01');
  expect((await json('list')).value.trust).toMatchObject([{ running: false }]);
  expect((await add()).stdout).toContain('nothing was changed');
  expect((await json('list')).value.trust).toHaveLength(1);
});

it('anchors: added, listed, checked against, removed', async () => {
  const target = host.did;
  const before = await json('check', target);
  expect(before).toMatchObject({ code: 1, value: { ok: false, checks: [{ id: 'verify.chain', result: 'fail' }] } });

  const added = await json('anchors', 'add', 'root.pem');
  expect(added.value).toMatchObject({ ok: true, anchors: [{ subject: 'O=Trust AS, CN=Root', doubts: [] }] });
  expect(readFileSync(policy, 'utf8')).toContain(`anchors:\n  files:\n    - ${join(folder, 'root.pem')}\n`);
  expect((await trust('anchors', 'add', 'root.pem')).stdout).toContain('nothing was changed');

  const { value: list } = await json('list');
  expect(list.anchors).toMatchObject([
    { subject: 'O=Trust AS, CN=Root', running: true, file: join(folder, 'root.pem') },
  ]);
  const shown = await trust('list');
  expect(shown.stdout).toContain('O=Trust AS, CN=Root  counts');
  expect(shown.stdout).toContain(list.anchors[0].fingerprint.slice(0, 16));

  expect(await json('check', target)).toMatchObject({
    code: 0,
    value: {
      ok: true,
      anchored: [{ key: `${host.did}#key-1`, organisation: 'Fjordsky AS', anchor: 'O=Trust AS, CN=Root' }],
    },
  });
  expect((await json('check', 'chain.pem')).code).toBe(0);

  expect((await trust('anchors', 'remove', 'abc')).code).toBe(2);
  expect((await trust('anchors', 'remove', '00000000')).code).toBe(1);
  const removed = await json('anchors', 'remove', list.anchors[0].fingerprint.slice(0, 12));
  expect(removed).toMatchObject({ code: 0, value: { removed: [join(folder, 'root.pem')] } });
  expect((await json('check', 'chain.pem')).code).toBe(1);
}, 60_000);

it('check asks private hosts that the node may ask, over https, and each key once', async () => {
  const site = await makeRoot({ subject: 'localhost', san: ['localhost'], ...dates, keyUsage: 0x86 });
  const tls = { cert: site.pem, key: await privatePem(site) };
  let document = '';
  const server = createServer(tls, (_, response) => {
    response.setHeader('content-type', 'application/did+json').end(document);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const did = `did:web:localhost%3A${port}`;
  const publicKeyJwk = { ...leaf.jwk, x5c: [leaf.base64] };
  const method = { id: `${did}#key-1`, type: 'JsonWebKey', controller: did, publicKeyJwk };
  document = JSON.stringify({
    id: did,
    verificationMethod: [null, method],
    assertionMethod: [method, null],
    authentication: [`${did}#key-1`],
  });
  writeFileSync(policy, `anchors: { files: [${JSON.stringify(join(folder, 'root.pem'))}] }\n`);
  writeFileSync(join(folder, 'site.pem'), site.pem);
  const check = (env: Record<string, string>) =>
    kontor(['trust', 'check', did, '--json'], {
      cwd: folder,
      env: { KONTOR_DATA: join(folder, 'data'), NODE_EXTRA_CA_CERTS: join(folder, 'site.pem'), ...env },
    });
  const [closed, open] = [await check({}), await check({ KONTOR_ALLOW_HOSTS: 'localhost' })];
  server.close();
  server.closeAllConnections();
  expect([closed.code, JSON.parse(closed.stdout).ok]).toEqual([1, false]);
  expect(open.stderr).toBe('');
  const { ok, checks, anchored } = JSON.parse(open.stdout);
  expect([ok, checks.length, anchored.length]).toEqual([true, 1, 1]);
}, 60_000);

/** The private key of a certificate, in PEM form. */
async function privatePem({ keys }: typeof root): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
}

it('did --chain puts certificates beside the key that is theirs, and beside no other', async () => {
  const run = (...args: string[]) => kontor(args, { cwd: folder });
  const jwk = await crypto.subtle.exportKey('jwk', leaf.keys.privateKey);
  writeFileSync(
    join(folder, 'leaf.jwk'),
    JSON.stringify({ kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y, d: jwk.d, kid: `${host.did}#key-1` }),
  );
  await run('keygen', '--did', host.did, '--fragment', 'key-2', '--out', 'other.key.json');
  const { verificationMethod } = JSON.parse(
    (await run('did', 'other.key.json', 'leaf.jwk', '--chain', 'chain.pem')).stdout,
  );
  expect(verificationMethod).toMatchObject([
    { type: 'Multikey' },
    { type: 'JsonWebKey', publicKeyJwk: { x: jwk.x, x5c: [leaf.base64, root.base64] } },
  ]);
  expect(JSON.stringify(verificationMethod)).not.toContain(jwk.d);
  expect((await run('did', 'leaf.jwk', '--chain', 'chain.pem')).stderr).toBe('');
  const { pem } = await makeCa('Somebody else');
  writeFileSync(join(folder, 'torn.pem'), leaf.pem + pem);
  expect(await run('did', 'leaf.jwk', '--chain', 'torn.pem')).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^Warning: the chain does not hold, at certificate 2 of 2: It did not issue/),
  });
  for (const [file, why] of [
    ['chain.pem', 'begins with a certificate of another key: O=Fjordsky AS, CN=localhost'],
    ['other.key.json', 'no certificate in PEM form'],
  ] as const)
    expect(await run('did', 'other.key.json', '--chain', file)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(why),
    });
});

it('an anchor that shares its file stays until the file is changed', async () => {
  mkdirSync(join(folder, 'data/anchors'), { recursive: true });
  writeFileSync(join(folder, 'data/anchors/all.pem'), root.pem + (await makeCa('Second')).pem);
  const { value } = await json('anchors', 'add', 'data/anchors/all.pem');
  expect(readFileSync(policy, 'utf8')).toContain('- anchors/all.pem');
  const { code, stderr } = await trust('anchors', 'remove', value.anchors[0].fingerprint);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/all\.pem with 1 other.*\nTake the certificate out/)]);
});

it('what is no anchor, no chain, no file, no key with a chain is one sentence', async () => {
  writeFileSync(join(folder, 'page.html'), '<html>');
  const said = [
    await trust('anchors', 'add', 'page.html'),
    await trust('anchors', 'add', 'none.pem'),
    await trust('check', 'page.html'),
    await trust('check', 'none.pem'),
    await trust('check', 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'),
  ];
  expect(said.map(({ code }) => code)).toEqual([1, 2, 1, 2, 1]);
  for (const { stderr } of said) expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(2);
  expect(readFileSync(policy, 'utf8')).toBe(POLICY);
});

it('a certificate that stands behind nobody is added with a word, and listed and checked with it', async () => {
  const past = { notBefore: new Date(Date.now() - 2 * YEAR_MS), notAfter: new Date(Date.now() - YEAR_MS) };
  writeFileSync(join(folder, 'old.pem'), (await makeRoot({ subject: 'Old', ...past })).pem);
  writeFileSync(join(folder, 'leaf.pem'), leaf.pem);
  expect((await trust('anchors', 'add', 'leaf.pem')).stdout).toContain('no certificate authority');
  expect((await trust('anchors', 'add', 'old.pem')).stdout).toContain('It expired on');
  const { stdout } = await trust('list');
  expect(stdout).toMatch(/O=Fjordsky AS, CN=localhost {2}counts\n.*\n.*!.*It is no certificate authority/);
  expect(stdout).toMatch(/CN=Old {2}counts not now\n.*\n.*!.*It expired on .*stands behind nobody/);
  const checked = await policyCheck();
  expect(checked.value.doubts).toEqual([
    expect.stringMatching(/CN=localhost in .*leaf\.pem: It is no certificate authority/),
    expect.stringMatching(/CN=Old in .*old\.pem: It expired on/),
  ]);
});

it('policy check opens the files of anchors, and says which cannot be read', async () => {
  writeFileSync(join(folder, 'data/page.html'), '<html>');
  writeFileSync(policy, 'anchors: { files: [none.pem, page.html], require: true }\n');
  const { value } = await policyCheck();
  expect(value).toMatchObject({
    ok: true,
    doubts: [
      expect.stringMatching(/none\.pem cannot be read: there is no such file$/),
      expect.stringMatching(/page\.html holds no certificate/),
      expect.stringMatching(/No trust anchor counts.*nobody can be verified/),
    ],
  });
  writeFileSync(policy, `anchors: { files: [${JSON.stringify(join(folder, 'root.pem'))}], require: true }\n`);
  expect((await policyCheck()).value.doubts).toEqual([]);
});

it('the last anchor is not removed in silence where every key needs one', async () => {
  const files = [join(folder, 'root.pem'), join(folder, 'second.pem')];
  writeFileSync(files[1]!, (await makeCa('Second')).pem);
  writeFileSync(policy, `anchors: { files: ${JSON.stringify(files)}, require: true }\n`);
  const [first, second] = (await json('list')).value.anchors;
  expect((await json('anchors', 'remove', first.fingerprint)).value.doubts).toEqual([]);
  const { code, stdout } = await trust('anchors', 'remove', second.fingerprint);
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(
      /No trust anchor counts.*nobody can be verified.*kontor trust anchors add FILE\.pem, or by require: false/,
    ),
  ]);
  expect((await trust('list')).stdout).toContain('nobody can be verified');
});
