import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Background,
  background,
  CLAIMS,
  freePort,
  kontor,
  type Ran,
  ROOT,
  startNode,
  temporary,
} from './kontor.ts';

/** The way of one offering, with the real command against a real node: keygen to withdraw, and what goes wrong between. */

const { path: folder, remove } = temporary();
const ESC = String.fromCodePoint(0x1b);
let node: Awaited<ReturnType<typeof startNode>>;
let host: Background;
let did: string;
let base: string;
let key: string;
const run = (...args: string[]): Promise<Ran> =>
  kontor(args, {
    cwd: folder,
    env: { KONTOR_NODE: node.url, KONTOR_KEY: 'company.key.json', KONTOR_ALLOW_PRIVATE_NETWORK: 'true' },
  });
const json = async (...args: string[]) => {
  const ran = await run(...args, '--json');
  return { ...ran, value: JSON.parse(ran.stdout) };
};

beforeAll(async () => {
  const port = await freePort();
  did = `did:web:localhost%3A${port}`;
  base = `http://localhost:${port}`;
  node = await startNode(folder);
  await run('keygen', '--did', did, '--out', 'company.key.json');
  const also = ['--also', 'company.jwt=/company', '--also', 'company.key.json=/key'];
  host = await background(['did', 'company.key.json', '--serve', ...also], 'Hosting', { cwd: folder });
  for (const name of ['company', 'offer']) {
    const claim = readFileSync(join(CLAIMS, `${name}.json`), 'utf8')
      .replaceAll('did:web:localhost%3A8200', did)
      .replaceAll('http://localhost:8200', base);
    writeFileSync(join(folder, `${name}.json`), claim);
  }
});
afterAll(async () => {
  await host?.stop();
  await node?.stop();
  remove();
});

test('serve tells its address, its data and, once, the operator token', () => {
  expect(node.output).toContain(`Kontor listens on 127.0.0.1:${new URL(node.url).port}\n  address ${node.url}\n`);
  expect(node.output).toContain(`new node: nothing stood in ${join(folder, 'data')}`);
  expect(node.output).toContain('policy  none: defaults, open to every publisher');
  expect(node.output).not.toContain('Warning');
  expect(node.output).toContain(join(folder, 'data'));
  expect(node.token).toMatch(/^kontor_[\w-]{32}$/);
});

test('a port in use is one sentence', async () => {
  const { code, stderr } = await kontor(['serve'], {
    cwd: folder,
    env: { KONTOR_PORT: new URL(node.url).port, KONTOR_DATA: join(folder, 'second') },
  });
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^Port \d+ on 127\.0\.0\.1 is in use\.\n/)]);
});

test('a data folder in use is one sentence, and the second node ends', async () => {
  const { code, stderr } = await kontor(['serve'], {
    cwd: folder,
    env: {
      KONTOR_PORT: String(await freePort()),
      KONTOR_URL: node.url,
      KONTOR_DATA: join(folder, 'data'),
      KONTOR_LOG: 'silent',
    },
  });
  expect([code, stderr]).toEqual([2, expect.stringMatching(/Another node serves .*data\./)]);
});

test.each([
  ['http://localhost:9550', /Warning: KONTOR_URL is http:\/\/localhost:9550, but the node listens on port \d+\./],
  ['http://catalogue.example.org', /Warning: KONTOR_URL is http:\/\/.*fetched by https/],
])('serve warns when %s does not lead to it', async (url, warning) => {
  const other = temporary();
  writeFileSync(join(other.path, 'policy.yaml'), 'publishers: [{did: "did:web:a.example"}]\n');
  const odd = await startNode(
    other.path,
    { KONTOR_URL: url, KONTOR_POLICY: join(other.path, 'policy.yaml') },
    'Warning',
  );
  expect(await odd.stop()).toBe(0);
  expect(odd.output).toMatch(warning);
  expect(odd.output).toContain('policy.yaml: 1 publisher, 0 peers, 0 parties may vouch');
  other.remove();
});

test('sign, check, publish', async () => {
  expect(await run('sign', 'company.json', '--out', 'company.jwt')).toMatchObject({ code: 0 });
  expect(await run('sign', 'offer.json', '--format', 'di', '--out', 'offer.vc.json')).toMatchObject({ code: 0 });
  const checked = await run('check', 'offer.vc.json');
  expect(checked).toMatchObject({ code: 0, stderr: '' });
  expect(checked.stdout).toContain('good up to label: gx:ServiceOffering "Fjordsky Compute"');
  expect(checked.stdout).toContain('--provider company.jwt');
  const { code, stdout } = await run('publish', 'company.jwt', 'offer.vc.json');
  expect(code).toBe(0);
  key = /\/listings\/([\w-]{22})\n(?![\s\S]*\/listings\/)/.exec(stdout)![1]!;
  expect(stdout).toContain(`Listed at ${node.url}/listings/${key}`);
});

test('did --serve --also hosts a file as it is now, and no private key', async () => {
  const response = await fetch(`${base}/company`);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/vc+jwt']);
  expect(await response.text()).toBe(readFileSync(join(folder, 'company.jwt'), 'utf8').trim());
  for (const path of ['/key', '/other']) expect((await fetch(base + path)).status).toBe(404);
  expect(await run('did', 'company.key.json', '--serve', '--also', 'company.jwt')).toMatchObject({ code: 2 });
});

test('check says offline what the node says', async () => {
  const here = await json('check', 'offer.vc.json', '--provider', 'company.jwt');
  const there = await json('publish', 'offer.vc.json', '--dry-run');
  expect(here.value.provider).toMatchObject([{ file: 'company.jwt', ok: true }]);
  for (const member of ['ok', 'digest', 'stage', 'kind'])
    expect([member, here.value[member]]).toEqual([member, there.value[member]]);
  // Only whether it is held already is for the node alone to know.
  const own = ({ id }: { id: string }) => !id.startsWith('commit.');
  expect(here.value.checks.filter(own)).toEqual(there.value.checks.filter(own));
  expect(here.value.checks.filter(own).length).toBeGreaterThan(5);
  expect(here.value.labels[0].criteria).toEqual(there.value.labels[0].criteria);
});

test.each(['parse', 'verify', 'shape'])('check --stage %s stops there', async (stage) => {
  const { code, value } = await json('check', 'offer.vc.json', '--stage', stage);
  expect(code).toBe(0);
  expect(value).toMatchObject({ ok: true, stage });
  const stages = ['parse', 'verify', 'shape', 'label'];
  for (const { id } of value.checks)
    expect(stages.indexOf(id.split('.')[0])).toBeLessThanOrEqual(stages.indexOf(stage));
  expect(value.labels).toBeUndefined();
});

test('check takes the address of a listing, and the standard input', async () => {
  const listed = await json('check', `${node.url}/listings/${key}`);
  const { stdout } = await kontor(['check', '-', '--json'], {
    cwd: folder,
    env: { KONTOR_ALLOW_PRIVATE_NETWORK: 'true' },
    input: readFileSync(join(folder, 'offer.vc.json'), 'utf8'),
  });
  expect(listed.value).toMatchObject({ ok: true, provider: [{ ok: true }], trust: { entries: 0 } });
  // Its own node publishes an empty list; a label judged by a list of one's own is not called the operator's.
  writeFileSync(join(folder, 'trust.json'), '{"trust": []}');
  expect((await json('check', `${node.url}/listings/${key}`, '--trust', 'trust.json')).value.trust).toBeUndefined();
  expect(JSON.parse(stdout).digest).toBe(listed.value.digest);
});

test('check of what was fetched tells nobody to sign, and judges no label without a trust list', async () => {
  const [header, payload] = readFileSync(join(folder, 'company.jwt'), 'utf8').split('.');
  // A node of an older version: all as before, but it does not say whom its operator trusts.
  const old = createServer(async ({ url = '/' }, response) => {
    if (url === '/broken.jwt') return response.end(`${header}.${payload}.${'A'.repeat(86)}`);
    const answer = url === '/api/v1/trust' ? await fetch(`${node.url}/api/v1/none`) : await fetch(`${node.url}${url}`);
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type')! }).end(await answer.text());
  }).listen(0, '127.0.0.1');
  await once(old, 'listening');
  const url = `http://localhost:${(old.address() as AddressInfo).port}`;
  try {
    const broken = await run('check', `${url}/broken.jwt`);
    expect([broken.code, broken.stdout]).toEqual([1, expect.stringMatching(/It is for its issuer to mend\.\n$/)]);
    expect(broken.stdout).not.toMatch(/sign it again|kontor publish/);
    const listing = await run('check', `${url}/listings/${key}`);
    expect(listing.stdout).toContain('Label not judged: no trust list was given.');
    expect(listing.stdout).not.toContain('no level');
    expect((await json('check', `${url}/listings/${key}`)).value.labels).toBeUndefined();
  } finally {
    old.close();
  }
});

test('check --did needs no host, --at judges as of that time', async () => {
  writeFileSync(join(folder, 'did.json'), (await run('did', 'company.key.json')).stdout);
  // Without the permission nothing on loopback is asked, so the document can only come from the file.
  const offline = (...args: string[]) => kontor(['check', 'company.jwt', ...args, '--json'], { cwd: folder });
  expect(JSON.parse((await offline()).stdout).ok).toBe(false);
  expect(JSON.parse((await offline('--did', 'did.json')).stdout).ok).toBe(true);
  expect(JSON.parse((await offline('--did', 'did.json', '--at', '2099-01-01')).stdout)).toMatchObject({
    ok: false,
    code: 'expired',
  });
});

describe('a refusal', () => {
  test('ends with 1 and tells place, found, allowed, mend; nothing is listed', async () => {
    const claim = JSON.parse(readFileSync(join(folder, 'offer.json'), 'utf8'));
    claim.credentialSubject.id = `${base}/offers/broken`;
    delete claim.credentialSubject.providedBy;
    writeFileSync(join(folder, 'broken.json'), JSON.stringify(claim));
    await run('sign', 'broken.json', '--out', 'broken.jwt');
    for (const command of ['check', 'publish']) {
      const { code, stdout } = await run(command, 'broken.jwt');
      expect(code).toBe(1);
      expect(stdout).toMatch(/broken\.jwt {2}refused at shape \(shape\)/);
      expect(stdout).toMatch(/\n {2}no {2}shape\.\S+ .*providedBy[\s\S]*\n +mend +\S/);
      expect(stdout).toContain('Next: mend the claim');
    }
    expect((await json('search')).value.items.map((item: { key: string }) => item.key)).toEqual([key]);
  });

  test('the headline counts the rest', async () => {
    const claim = JSON.parse(readFileSync(join(folder, 'broken.json'), 'utf8'));
    claim.credentialSubject.name = 17;
    writeFileSync(join(folder, 'worse.json'), JSON.stringify(claim));
    await run('sign', 'worse.json', '--out', 'worse.jwt');
    const { stdout } = await run('check', 'worse.jwt');
    const failed = stdout.match(/^ {2}no {2}/gm)!.length;
    expect(failed).toBeGreaterThan(1);
    expect(stdout).toMatch(new RegExp(`^worse\\.jwt {2}refused at shape .*; and ${failed - 1} more\n`));
    expect((await run('check', 'broken.jwt')).stdout).not.toMatch(/; and \d+ more/);
  });

  test('what no other signature mends is not to be signed again', async () => {
    const other = temporary();
    writeFileSync(join(other.path, 'policy.yaml'), 'publishers: []\n');
    const closed = await startNode(other.path, { KONTOR_POLICY: join(other.path, 'policy.yaml') });
    const remote = await startNode(join(other.path, '..'), {
      KONTOR_DATA: join(other.path, 'remote'),
      KONTOR_ALLOW_PRIVATE_NETWORK: 'false',
    });
    const missing = `${did}:nowhere`;
    await run('keygen', '--did', missing, '--out', 'missing.key.json');
    writeFileSync(join(folder, 'missing.json'), JSON.stringify({ type: 'gx:LegalPerson', id: missing, name: 'M' }));
    await run('sign', 'missing.json', '--key', 'missing.key.json', '--out', 'missing.jwt');
    try {
      for (const [args, next] of [
        [['company.jwt', '--node', closed.url], 'Next: ask the operator of the node to admit you'],
        [['company.jwt', '--node', remote.url], 'its operator sets KONTOR_ALLOW_PRIVATE_NETWORK=true'],
        [['missing.jwt'], 'Next: host the DID document'],
      ] as const) {
        const { code, stdout } = await run('publish', ...args);
        expect([code, stdout]).toEqual([1, expect.stringContaining(next)]);
        expect(stdout).not.toContain('mend the claim');
      }
    } finally {
      await closed.stop();
      await remote.stop();
      other.remove();
    }
  });

  test('of a presentation tells what is listed all the same, and to make it again', async () => {
    const jwt = readFileSync(join(folder, 'company.jwt'), 'utf8').trim();
    writeFileSync(join(folder, 'cut.jwt'), jwt.replace(/[^.]*$/, 'AAAA'));
    await run('present', 'cut.jwt', 'offer.vc.json', '--out', 'part.vp.jwt');
    const { code, stdout } = await run('publish', 'part.vp.jwt');
    expect(code).toBe(1);
    expect(stdout).toContain('The signature has 3 bytes, EdDSA needs 64: it was cut off');
    expect(stdout).toMatch(
      /\nListed at \S+ as "Fjordsky Compute"\nNext: mend .*, and make the presentation again, then \.\/kontor check part\.vp\.jwt\n$/,
    );
    expect(stdout.match(/^Labels$/gm)).toHaveLength(1);
  });

  test('of nothing, and of too much, has a line that says what to do', async () => {
    writeFileSync(join(folder, 'empty.jwt'), '');
    writeFileSync(join(folder, 'big.jwt'), 'a'.repeat(1_100_000));
    for (const [file, next] of [
      ['empty.jwt', 'Next: send the file that holds'],
      ['big.jwt', 'Next: send fewer credentials at once'],
    ] as const) {
      const { stdout } = await run('publish', file);
      expect(stdout).toMatch(/no {2}parse\.size/);
      expect(stdout).toContain(next);
    }
  });

  test("of a page's address as that of a node names the base", async () => {
    const { code, stderr } = await run('publish', 'company.jwt', '--node', `${node.url}/publish`);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`Use ${node.url}.`)]);
  });

  test('one bad file does not stop the others; --json gives a line a file', async () => {
    writeFileSync(join(folder, 'rubbish.json'), '{"a": 1, "a": 2}');
    const { code, stdout } = await run('publish', 'rubbish.json', 'company.jwt', '--json');
    expect(code).toBe(1);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { file: 'rubbish.json', ok: false, code: 'malformed', checks: expect.any(Array) },
      { file: 'company.jwt', ok: true, known: true },
    ]);
  });
});

test('search, show and explain, for people and for programs', async () => {
  const found = await run('search', 'fjordsky', '--country', 'NO');
  expect(found.stdout).toMatch(/^1 listing from 1 of 1 catalogue, newest entry \d+ \w{3} \d{4}, \d\d:\d\d UTC\n/);
  expect(found.stdout).toContain(`key ${key}`);
  expect(await run('search', '--country', 'Norway')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('two capital letters'),
  });
  const shown = await run('show', key);
  for (const part of ['Fjordsky AS', 'current', 'data', 'Labels', did, `kontor explain ${key}`])
    expect(shown.stdout).toContain(part);
  expect((await json('show', `${node.url}/listings/${key}`)).value).toMatchObject({ key, name: 'Fjordsky Compute' });
  // By the id of its subject, whose issuer is looked for or given.
  expect((await json('show', `${base}/offers/vm`)).value.key).toBe(key);
  expect((await json('show', `${base}/offers/vm`, '--issuer', did)).value.key).toBe(key);
  expect(await run('show', `${base}/offers/none`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--issuer'),
  });
  const explained = await run('explain', key);
  expect(explained.stdout).toMatch(/gaia-x \[----\] no level/);
  expect(explained.stdout).toContain('P1.3.2');
  expect((await json('explain', key, '--scheme', 'gaia-x')).value).toMatchObject([{ scheme: 'gaia-x', level: null }]);
  expect(await run('explain', key, '--scheme', 'none')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('gaia-x'),
  });
  // A key may begin with a hyphen, wherever it stands.
  for (const unknown of ['A'.repeat(22), `-h${'A'.repeat(20)}`, `--${'A'.repeat(20)}`])
    expect(await run('show', unknown, '--json')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('No listing is held under this key'),
    });
});

test('a name that talks to the terminal is written out, in text and in JSON', async () => {
  const claim = JSON.parse(readFileSync(join(folder, 'offer.json'), 'utf8'));
  claim.credentialSubject.id = `${base}/offers/evil`;
  claim.credentialSubject.name = `Evil${ESC}[2J${ESC}]0;title\u0007\u202egnp`;
  writeFileSync(join(folder, 'evil.json'), JSON.stringify(claim));
  await run('sign', 'evil.json', '--out', 'evil.jwt');
  const outputs = [
    await run('check', 'evil.jwt'),
    await run('publish', 'evil.jwt'),
    await run('search', 'evil'),
    await json('search', 'evil'),
  ];
  const [, published] = outputs;
  const evil = /\/listings\/([\w-]{22})/.exec(published!.stdout)![1]!;
  outputs.push(
    await run('show', evil),
    await json('show', evil),
    await run('explain', evil),
    await run('withdraw', evil),
  );
  // Not even when the environment asks for colour: a pipe is read by a program.
  outputs.push(await kontor(['search'], { cwd: folder, env: { KONTOR_NODE: node.url, FORCE_COLOR: '1' } }));
  for (const { code, stdout, stderr } of outputs) {
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  }
  expect(outputs[2]!.stdout).toContain('Evil<U+001B>[2J');
});

describe('peers', () => {
  test('changing needs the token, looking does not', async () => {
    expect((await json('peers', 'list')).value).toEqual([]);
    expect((await run('peers', 'status')).stdout).toContain('No other catalogue is known.');
    expect(await run('peers', 'add', 'http://localhost:9', '--token', 'kontor_wrong')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--token or KONTOR_TOKEN'),
    });
    expect(await run('peers', 'add', 'http://localhost:9/path', '--token', node.token)).toMatchObject({ code: 2 });
    expect(await run('peers', 'add', 'http://localhost:9', '--token', node.token)).toMatchObject({ code: 0 });
    expect((await json('peers', 'list')).value).toMatchObject([{ url: 'http://localhost:9', source: 'operator' }]);
    expect(await run('peers', 'remove', 'http://localhost:9', '--token', node.token)).toMatchObject({ code: 0 });
    expect(await run('peers', 'remove', 'http://localhost:9', '--token', node.token)).toMatchObject({ code: 1 });
  });

  test('what a peer does not answer is told: add says so, sync ends with 1', async () => {
    const plain = node.url.replace('http:', 'https:');
    const token = ['--token', node.token];
    // Plain HTTP under an https address.
    const added = await run('peers', 'add', plain.replace('localhost', '127.0.0.1'), ...token);
    expect([added.code, added.stdout]).toEqual([0, expect.stringContaining('it does not speak TLS; is it http://?')]);
    expect(added.stdout).toContain('It does not answer yet: ');
    const synced = await run('peers', 'sync', ...token);
    expect([synced.code, synced.stdout]).toEqual([1, expect.stringMatching(/\n {2}no {2}https:.*does not speak TLS/)]);
    const asJson = await json('peers', 'sync', ...token);
    expect(asJson).toMatchObject({ code: 1, value: { ok: false, errors: [{ why: expect.any(String) }] } });
    await run('peers', 'remove', plain.replace('localhost', '127.0.0.1'), ...token);
    expect(await run('peers', 'sync', ...token)).toMatchObject({ code: 0 });
    expect((await run('search', '--node', plain)).stderr).toContain('it does not speak TLS; is it http://?');
  });

  test('adding a peer of the policy file says so', async () => {
    const third = temporary();
    writeFileSync(join(third.path, 'policy.yaml'), `peers: [{url: "${node.url}"}]\n`);
    const other = await startNode(third.path, { KONTOR_POLICY: join(third.path, 'policy.yaml') });
    const { stdout } = await kontor(['peers', 'add', node.url], {
      env: { KONTOR_NODE: other.url, KONTOR_TOKEN: other.token },
    });
    expect(stdout).toContain(`${node.url} stands in the policy file of ${other.url} already; nothing was added.`);
    await other.stop();
    third.remove();
  });

  test('a second node pulls what the first one lists', async () => {
    const second = temporary();
    const other = await startNode(second.path);
    try {
      const there = { env: { KONTOR_NODE: other.url, KONTOR_TOKEN: other.token } };
      expect(await kontor(['peers', 'add', node.url], there)).toMatchObject({ code: 0 });
      const { code, stdout } = await kontor(['peers', 'sync', node.url, '--json'], there);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ ok: true, rejected: [] });
      await expect
        .poll(
          async () =>
            JSON.parse((await kontor(['search', '--json'], there)).stdout).items.map(
              (item: { key: string }) => item.key,
            ),
          { timeout: 10_000 },
        )
        .toEqual([key]);
      expect((await kontor(['peers', 'status'], there)).stdout).toMatch(/following, newest sign of life/);
    } finally {
      await other.stop();
      second.remove();
    }
  });
});

describe('withdraw', () => {
  test('only with the key of the issuer', async () => {
    await run('keygen', '--did', 'did:key', '--out', 'stranger.key.json');
    expect(await run('withdraw', key, '--key', 'stranger.key.json')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('only its issuer'),
    });
    expect(await run('withdraw', `${base}/offers/vm`, '--key', 'stranger.key.json')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('holds no listing'),
    });
  });

  test('by id, with a reason; it is gone from search and stays readable', async () => {
    const { code, stdout } = await run('withdraw', `${base}/offers/vm`, '--reason', 'Replaced');
    expect([code, stdout]).toEqual([0, expect.stringContaining('"Fjordsky Compute" is withdrawn')]);
    expect(stdout).toContain('  withdrawn: "Fjordsky Compute"');
    expect((await run('explain', key)).stdout).toMatch(/^Withdrawn on \d+ \w+ \d+, .*; no label counts\.\n/);
    const twice = await run('withdraw', `${base}/offers/vm`);
    expect([twice.code, twice.stdout]).toEqual([
      0,
      expect.stringMatching(/^"Fjordsky Compute" was withdrawn already, on \d+ \w+ \d+, .*; nothing was sent/),
    ]);
    const again = await run('publish', 'offer.vc.json');
    expect(again.stdout).not.toContain('accepted');
    expect(again.stdout).toMatch(/mend +It was withdrawn as of 20\S+: .* validFrom after that/);
    expect((await json('search')).value.items).toEqual([]);
    expect((await json('show', key)).value.state).toBe('withdrawn');
  });
});

test('SIGTERM ends a node with 0', async () => {
  const other = temporary();
  const ending = await startNode(other.path);
  expect(await ending.stop()).toBe(0);
  other.remove();
});

test('a node that was started over a channel ends when its starter is gone', async () => {
  const other = temporary();
  const child = fork(join(ROOT, 'src/main.ts'), ['serve'], {
    execPath: join(ROOT, 'node_modules/node/bin/node'),
    cwd: other.path,
    env: { KONTOR_PORT: String(await freePort()), KONTOR_LOG: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  await once(child.stdout!, 'data');
  child.disconnect();
  expect(await exited).toEqual([0, null]);
  other.remove();
});
