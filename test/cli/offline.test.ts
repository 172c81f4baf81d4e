import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLAIMS, kontor, temporary } from './kontor.ts';

const { path: folder, remove } = temporary();
afterAll(remove);
const run = (...args: string[]) => kontor(args, { cwd: folder });
const DID = 'did:web:cloud.example';

const COMMANDS = [
  'serve',
  'init',
  'rotate-key',
  'policy check',
  'contexts list',
  'contexts add',
  'contexts remove',
  'schemes list',
  'schemes test',
  'schemes add',
  'peers list',
  'peers status',
  'peers add',
  'peers remove',
  'peers sync',
  'keygen',
  'did',
  'sign',
  'status-list',
  'present',
  'check',
  'publish',
  'withdraw',
  'search',
  'show',
  'explain',
];

describe('help', () => {
  test.each(COMMANDS)('%s --help describes it with an example and ends with 0', async (command) => {
    const { code, stdout, stderr } = await run(...command.split(' '), '--help');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`Usage: kontor ${command}`);
    expect(stdout).toMatch(new RegExp(`Examples:\\n(.*\\n)*.*\\$ .*kontor ${command}`));
  });

  test('every command is in the overview', async () => {
    const { stdout } = await run('--help');
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command.split(' ')[0]}\\b`, 'm'));
  });
});

describe('wrong usage ends with 2 and says what is accepted', () => {
  test.each([
    ['no command', [], 'Usage: kontor'],
    ['an unknown command', ['serch'], 'Did you mean search?'],
    ['an unknown option', ['search', '--colour'], 'unknown option'],
    ['a missing argument', ['publish'], 'missing required argument'],
    ['a missing option', ['keygen'], "required option '--did"],
    ['a value out of range', ['search', '--limit', '0'], 'from 1 to 100'],
    ['a value that is no choice', ['check', 'x', '--stage', 'all'], 'parse, verify, shape, label'],
    ['a time that is none', ['check', 'x', '--at', 'noon'], 'ISO time'],
    ['a file that is not there', ['check', 'nothing.jwt'], 'There is no file nothing.jwt'],
    ['a folder for a file', ['check', '.'], 'is a folder'],
    ['no key', ['sign', 'nothing.json'], 'KONTOR_KEY'],
    ['a DID that is none', ['keygen', '--did', 'did:web:a/b'], 'did:web'],
    ['a listing that is none', ['show', 'abc'], 'neither the key'],
    ['a node that is none', ['search', '--node', 'ftp://x'], 'not the address of a node'],
    ['no token', ['peers', 'sync'], 'KONTOR_TOKEN'],
  ])('%s', async (_, args, expected) => {
    const { code, stdout, stderr } = await run(...args);
    expect(stderr).toContain(expected);
    expect([code, stdout]).toEqual([2, '']);
  });

  test('with --json the reason is JSON', async () => {
    const { code, stdout } = await run('check', 'nothing.jwt', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, code: 'usage', detail: 'There is no file nothing.jwt.' });
  });

  test('a configuration that cannot be used is listed line by line', async () => {
    const { code, stderr } = await kontor(['serve'], {
      cwd: folder,
      env: { KONTOR_PORT: 'x', KONTOR_LOG: 'loud', KONTOR_DATE: '1' },
    });
    expect(code).toBe(2);
    for (const name of ['KONTOR_PORT', 'KONTOR_LOG', 'KONTOR_DATE is not known']) expect(stderr).toContain(name);
  });
});

describe('a start that fails names the file and what to do', () => {
  const serve = (data: string) =>
    kontor(['serve'], {
      cwd: folder,
      env: { KONTOR_DATA: data, KONTOR_PORT: '0', KONTOR_URL: 'http://localhost:8080' },
    });

  test('the data folder is a file, or lies in one', async () => {
    writeFileSync(join(folder, 'a-file'), '');
    expect(await serve('a-file')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/KONTOR_DATA is ".*a-file", which is a file; a folder is accepted/),
    });
    for (const command of ['serve', 'init'])
      expect(await kontor([command], { cwd: folder, env: { KONTOR_DATA: 'a-file/data' } })).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/a-file.* cannot be made, for part of its path is a file/),
      });
  });

  test.each(['serve', 'init'])('%s: no folder can be made at KONTOR_DATA', async (command) => {
    expect(await kontor([command], { cwd: folder, env: { KONTOR_DATA: '/proc/x' } })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        '/proc/x cannot be made: no folder can be made there. Choose another KONTOR_DATA',
      ),
    });
  });

  test('the key was restored without the database: no second log is begun, and nothing is signed', async () => {
    const [data, restored] = [join(folder, 'whole'), join(folder, 'restored')];
    await kontor(['init'], { cwd: folder, env: { KONTOR_DATA: data } });
    mkdirSync(restored);
    for (const file of ['identity.json', 'policy.yaml']) copyFileSync(join(data, file), join(restored, file));
    // The second time an empty database stands there.
    for (const command of ['serve', 'serve', 'init'])
      expect(await kontor([command], { cwd: folder, env: { KONTOR_DATA: restored } })).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(
          /has signed the log localhost:8080\/catalogue\/1, but the database .* is empty.*put the newest copies of the database and of log\.lock there, or, .*another KONTOR_URL/,
        ),
      });
    expect(existsSync(join(restored, 'log.lock'))).toBe(false);
    for (const file of ['kontor.db', 'log.lock']) copyFileSync(join(data, file), join(restored, file));
    expect(await kontor(['init'], { cwd: folder, env: { KONTOR_DATA: restored } })).toMatchObject({ code: 0 });
  });

  test.each(['policy.yaml', 'kontor.db', 'log.lock', 'identity.json'])('%s is a folder', async (file) => {
    const data = join(folder, `folder-${file}`);
    await kontor(['init'], { cwd: folder, env: { KONTOR_DATA: data } });
    rmSync(join(data, file));
    mkdirSync(join(data, file));
    const { code, stderr } = await serve(data);
    expect([code, stderr]).toEqual([2, expect.stringMatching(new RegExp(`${file}.*\\bfolder\\b|folder\\b.*${file}`))]);
    expect(stderr).not.toMatch(/EISDIR|KONTOR_LOG=debug/);
  });

  test('the shapes are not whole', async () => {
    const shapes = join(folder, 'shapes');
    mkdirSync(join(shapes, 'contexts'), { recursive: true });
    writeFileSync(join(shapes, 'contexts/index.json'), '{');
    const { code, stderr } = await kontor(['serve'], {
      cwd: folder,
      env: { KONTOR_DATA: join(folder, 'shapeless'), KONTOR_SHAPES: shapes },
    });
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/A file of .*shapes is no JSON.*Put the folder "shapes"/),
    ]);
  });

  test('the database is broken', async () => {
    const data = join(folder, 'broken');
    expect(await kontor(['init'], { cwd: folder, env: { KONTOR_DATA: data } })).toMatchObject({ code: 0 });
    writeFileSync(join(data, 'kontor.db'), 'This is no database. '.repeat(500));
    const { code, stderr } = await serve(data);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`${data}/kontor.db is not a database`)]);
  });

  test('the lock file is broken', async () => {
    const data = join(folder, 'locked');
    await kontor(['init'], { cwd: folder, env: { KONTOR_DATA: data } });
    writeFileSync(join(data, 'log.lock'), '{');
    expect(await serve(data)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^The lock file .*log\.lock cannot be read[\s\S]*When the node refuses to sign/),
    });
  });
});

test('init warns of an address by http that is not of this machine', async () => {
  const init = (url: string) =>
    kontor(['init', '--url', url, '--data', join(folder, new URL(url).host)], { cwd: folder });
  expect((await init('http://catalogue.example.org')).stdout).toContain(
    'did:web:catalogue.example.org is fetched by https: nobody can check what this node signs. Set https:// there.',
  );
  expect((await init('https://catalogue2.example.org')).stdout).not.toContain('fetched by https');
});

test.each([
  ['an unknown command', ['policy', 'chek'], /^unknown command 'chek'/],
  ['an unknown option', ['policy', 'check', '--nope'], /^unknown option '--nope'/],
  ['a bad argument', ['trust', 'add', 'web:a', '--role', 'certificate'], /^"web:a" is no DID\.$/],
])('--json answers %s in JSON too', async (_, args, detail) => {
  const ran = await kontor([...args, '--json'], { cwd: folder });
  expect({ ...ran, stdout: JSON.parse(ran.stdout) }).toEqual({
    code: 2,
    stderr: '',
    stdout: { ok: false, code: 'usage', detail: expect.stringMatching(detail), mend: expect.any(String) },
  });
});

describe('the command that init prints', () => {
  const next = async (env: Record<string, string>, ...args: string[]) =>
    /^Next: (.*)$/m.exec((await kontor(['init', ...args], { cwd: folder, env })).stdout)?.[1];

  test.each([
    [
      'http://localhost:9550',
      'KONTOR_URL=http://localhost:9550 KONTOR_PORT=9550 KONTOR_ALLOW_PRIVATE_NETWORK=true KONTOR_DATA=made-0 ./kontor serve',
    ],
    [
      'http://localhost:8080',
      'KONTOR_URL=http://localhost:8080 KONTOR_ALLOW_PRIVATE_NETWORK=true KONTOR_DATA=made-1 ./kontor serve',
    ],
    ['https://a.example', 'KONTOR_URL=https://a.example KONTOR_DATA=made-2 ./kontor serve'],
  ])('for %s', async (url, expected) => {
    const data = /KONTOR_DATA=(\S+)/.exec(expected)![1]!;
    expect(await next({}, '--url', url, '--data', data)).toBe(expected);
    // Told by the environment it is the same.
    expect(await next({ KONTOR_URL: url, KONTOR_DATA: data })).toBe(expected);
  });
});

test('a node that does not answer is one sentence and what to do, and ends with 1', async () => {
  const { code, stdout, stderr } = await run('search', '--node', 'http://127.0.0.1:9');
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^No node answers at http:\/\/127\.0\.0\.1:9: .+\.\nStart one with `kontor serve`.+\n$/);
});

describe('keys', () => {
  test.each([
    ['EdDSA', 'z6Mk'],
    ['ES256', 'zDn'],
  ])('keygen --alg %s writes a private key for its owner alone, and prints the document', async (alg, prefix) => {
    const file = `${alg}.key.json`;
    const { code, stdout, stderr } = await run('keygen', '--did', DID, '--alg', alg, '--out', file);
    expect(code).toBe(0);
    expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(stdout)).toMatchObject({
      id: DID,
      verificationMethod: [{ id: `${DID}#key-1`, publicKeyMultibase: expect.stringMatching(`^${prefix}`) }],
    });
    expect(stdout).not.toContain(JSON.parse(readFileSync(join(folder, file), 'utf8')).privateJwk.d);
    expect(stderr).toContain('https://cloud.example/.well-known/did.json');
    expect((await run('did', file)).stdout).toBe(stdout);
  });

  test('a port that was written as a path is named', async () => {
    const { code, stderr } = await run('keygen', '--did', 'did:web:localhost:9451', '--out', 'path.key.json');
    expect([code, stderr]).toEqual([0, expect.stringContaining('did:web:localhost%3A9451')]);
    expect((await run('keygen', '--did', 'did:web:localhost%3A9451', '--out', 'port.key.json')).stderr).not.toContain(
      'Warning',
    );
  });

  test('a private key is neither checked nor sent, whatever form it has; a public one may be', async () => {
    const whole = JSON.parse(readFileSync(join(folder, 'EdDSA.key.json'), 'utf8'));
    writeFileSync(join(folder, 'bare.json'), JSON.stringify(whole.privateJwk));
    writeFileSync(join(folder, 'set.json'), JSON.stringify({ keys: [whole.publicJwk, whole.privateJwk] }));
    writeFileSync(join(folder, 'public.json'), JSON.stringify(whole.publicJwk));
    // Whoever listens there is asked nothing.
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url!);
      response.writeHead(500).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const node = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      for (const file of ['EdDSA.key.json', 'bare.json', 'set.json']) {
        const refusal = { code: 2, stderr: expect.stringContaining('This is a private key; it was not sent.') };
        expect(await run('check', file)).toMatchObject(refusal);
        expect(await run('publish', join(CLAIMS, 'offer.json'), file, '--node', node)).toMatchObject(refusal);
        expect(await run('publish', file, '--dry-run', '--node', node)).toMatchObject(refusal);
      }
      expect(await run('publish', join(CLAIMS, 'offer.json'), '--node', node)).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/This is not signed[\s\S]*\.\/kontor sign .*offer\.json --key/),
      });
      expect(asked).toEqual([]);
      await run('publish', 'public.json', '--node', node);
      expect(asked).toEqual(['/api/v1/credentials']);
    } finally {
      server.close();
    }
  });

  test('a key is never overwritten', async () => {
    await run('keygen', '--did', DID, '--out', 'once.key.json');
    const before = readFileSync(join(folder, 'once.key.json'), 'utf8');
    expect(await run('keygen', '--did', DID, '--out', 'once.key.json')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('never overwritten'),
    });
    expect(readFileSync(join(folder, 'once.key.json'), 'utf8')).toBe(before);
  });

  test('one document for two keys of one DID, none for keys of two', async () => {
    await run('keygen', '--did', DID, '--fragment', 'key-2', '--out', 'second.key.json');
    await run('keygen', '--did', 'did:key', '--out', 'other.key.json');
    const { stdout } = await run('did', 'EdDSA.key.json', 'second.key.json');
    expect(JSON.parse(stdout).assertionMethod).toEqual([`${DID}#key-1`, `${DID}#key-2`]);
    expect(await run('did', 'EdDSA.key.json', 'other.key.json')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('two DIDs'),
    });
    expect(await run('did', 'EdDSA.key.json', 'ES256.key.json')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Two of these keys'),
    });
  });

  test('a key that was replaced or stolen stays listed with its end, and for no purpose', async () => {
    const end = '2026-11-20T00:00:00.000Z';
    const documentWith = async (...args: string[]) =>
      JSON.parse((await run('did', 'second.key.json', 'EdDSA.key.json', ...args)).stdout);
    for (const name of ['expires', 'revoked'])
      expect(await documentWith(`--${name}`, `EdDSA.key.json=${end}`)).toMatchObject({
        verificationMethod: [{ id: `${DID}#key-2` }, { id: `${DID}#key-1`, [name]: end }],
        assertionMethod: [`${DID}#key-2`],
        authentication: [`${DID}#key-2`],
      });
    expect((await documentWith('--revoked', 'EdDSA.key.json')).verificationMethod[1].revoked).toMatch(/^20.*Z$/);
    const later = await documentWith('--expires', 'EdDSA.key.json=2999-01-01');
    expect(later.verificationMethod[1].expires).toBe('2999-01-01T00:00:00.000Z');
    expect(later.assertionMethod).toContain(`${DID}#key-1`);
    for (const [args, why] of [
      [['--expires', 'other.key.json'], 'names none of the keys'],
      [['--expires', 'EdDSA.key.json=soon'], 'is not a time'],
      [['--revoked', 'EdDSA.key.json=2999-01-01'], 'is still to come'],
    ] as const)
      expect(await run('did', 'EdDSA.key.json', ...args)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(why),
      });
  });

  test('a bare private JWK with its DID URL as kid signs too', async () => {
    const { privateJwk } = JSON.parse(readFileSync(join(folder, 'ES256.key.json'), 'utf8'));
    writeFileSync(join(folder, 'bare.jwk.json'), JSON.stringify({ ...privateJwk, kid: `${DID}#key-1` }));
    expect(JSON.parse((await run('did', 'bare.jwk.json')).stdout)).toEqual(
      JSON.parse((await run('did', 'ES256.key.json')).stdout),
    );
  });
});

describe('sign', () => {
  const payload = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString());
  beforeAll(async () => {
    await run('keygen', '--did', 'did:web:localhost%3A8200', '--out', 'local.key.json');
  });

  test('fills in issuer and validity of a year, and gives exactly the signed bytes in a pipe', async () => {
    const { code, stdout } = await run('sign', join(CLAIMS, 'offer.json'), '--key', 'local.key.json');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const { issuer, validFrom, validUntil } = payload(stdout);
    expect(issuer).toBe('did:web:localhost%3A8200');
    expect(Math.abs(Date.now() - Date.parse(validFrom))).toBeLessThan(60_000);
    // An end in whole seconds.
    expect(365 * 86_400_000 - (Date.parse(validUntil) - Date.parse(validFrom))).toBeOneOf([...Array(1000).keys()]);
    const again = await run('sign', join(CLAIMS, 'offer.json'), '--key', 'local.key.json');
    expect(payload(again.stdout).validFrom > validFrom).toBe(true);
  });

  test('changes nothing that the claim says, and counts --days from its own start', async () => {
    const claim = JSON.stringify({ type: 'gx:LegalPerson', id: 'did:web:localhost%3A8200' });
    expect(
      payload((await kontor(['sign', '-', '--key', 'local.key.json'], { cwd: folder, input: claim })).stdout),
    ).toMatchObject({
      type: ['VerifiableCredential', 'gx:LegalPerson'],
      credentialSubject: { type: 'gx:LegalPerson', id: 'did:web:localhost%3A8200' },
    });
    const dated = JSON.stringify({ credentialSubject: { id: 'urn:x' }, validFrom: '2026-01-01T00:00:00Z', name: 'n' });
    expect(
      payload(
        (await kontor(['sign', '-', '--key', 'local.key.json', '--days', '10'], { cwd: folder, input: dated })).stdout,
      ),
    ).toMatchObject({
      validFrom: '2026-01-01T00:00:00Z',
      validUntil: '2026-01-11T00:00:00Z',
      name: 'n',
    });
  });

  test('warns where the end is past, and never signs a private key', async () => {
    const times = { validFrom: '2019-01-01T00:00:00Z', validUntil: '2020-01-01T00:00:00Z' };
    const past = JSON.stringify({ credentialSubject: { id: 'urn:x' }, ...times });
    expect(await kontor(['sign', '-', '--key', 'local.key.json'], { cwd: folder, input: past })).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('2020-01-01T00:00:00Z, which is past'),
    });
    expect(await run('sign', 'local.key.json', '--key', 'local.key.json')).toMatchObject({ code: 2, stdout: '' });
  });

  test('Data Integrity, to a file and as JSON', async () => {
    const { code, stdout } = await run(
      'sign',
      join(CLAIMS, 'company.json'),
      '--key',
      'local.key.json',
      '--format',
      'di',
      '--out',
      'company.vc.json',
      '--json',
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      mediaType: 'application/vc',
      file: join(folder, 'company.vc.json'),
    });
    expect(JSON.parse(readFileSync(join(folder, 'company.vc.json'), 'utf8')).proof).toMatchObject({
      cryptosuite: 'eddsa-rdfc-2022',
      verificationMethod: 'did:web:localhost%3A8200#key-1',
    });
  });

  test('refuses to sign for somebody else, and names the term that nobody defined', async () => {
    const foreign = JSON.stringify({ issuer: 'did:web:other.example', credentialSubject: { id: 'urn:x' } });
    expect(await kontor(['sign', '-', '--key', 'local.key.json'], { cwd: folder, input: foreign })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('did:web:other.example'),
    });
    const relative = JSON.stringify({
      type: 'LegalPerson',
      id: 'did:web:localhost%3A8200',
      legalAddress: 'Strandkaien 2',
    });
    expect(
      await kontor(['sign', '-', '--key', 'local.key.json', '--format', 'di'], { cwd: folder, input: relative }),
    ).toMatchObject({ code: 1, stderr: expect.stringContaining('"Strandkaien 2"') });
    expect(await run('sign', 'company.vc.json', '--key', 'local.key.json')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('proof already'),
    });
  });
});

describe('policy check', () => {
  test('says what a policy means', async () => {
    writeFileSync(
      join(folder, 'policy.yaml'),
      'publishers: open\npeers: [{url: "https://node-b.example", pull: 30}]\ntrust: [{did: "did:web:notary.example", role: registration-number, name: Register}]\n',
    );
    const { code, stdout } = await run('policy', 'check', 'policy.yaml');
    expect(code).toBe(0);
    expect(stdout).toContain('https://node-b.example every 30 s');
    expect(stdout).toContain('Register (did:web:notary.example) for registration numbers');
    expect(JSON.parse((await run('policy', 'check', 'policy.yaml', '--json')).stdout)).toMatchObject({
      ok: true,
      policy: { peers: [{ pull: 30 }] },
    });
  });

  test('what is hardly meant is a warning', async () => {
    writeFileSync(
      join(folder, 'doubt.yaml'),
      'authorities: [{did: "did:web:localhost:8081", labels: ["gaia-x:L9"]}]\ntrust: [{did: "did:web:a.example", role: certificate, until: 2020-01-01}]\n',
    );
    const { code, stdout } = await run('policy', 'check', 'doubt.yaml');
    expect(code).toBe(0);
    for (const part of ['did:web:localhost%3A8081', 'gaia-x:L9', 'ended on 2020-01-01'])
      expect(stdout).toMatch(new RegExp(`^  !  .*${part}`, 'm'));
    expect(JSON.parse((await run('policy', 'check', 'doubt.yaml', '--json')).stdout).doubts).toHaveLength(3);
  });

  test('names every fault and ends with 1', async () => {
    writeFileSync(join(folder, 'bad.yaml'), 'publisher: open\ntrust: [{did: nobody, role: friend}]\n');
    const { code, stdout } = await run('policy', 'check', 'bad.yaml');
    expect(code).toBe(1);
    for (const part of ['"publisher" is not known', 'trust.0.did', '"friend" is not accepted'])
      expect(stdout).toContain(part);
    expect(JSON.parse((await run('policy', 'check', 'bad.yaml', '--json')).stdout).ok).toBe(false);
  });
});
