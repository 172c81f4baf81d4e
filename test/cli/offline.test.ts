import { readFileSync, statSync, writeFileSync } from 'node:fs';
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
  'policy check',
  'peers list',
  'peers status',
  'peers add',
  'peers remove',
  'peers sync',
  'keygen',
  'did',
  'sign',
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
    expect(Date.parse(validUntil) - Date.parse(validFrom)).toBe(365 * 86_400_000);
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

  test('names every fault and ends with 1', async () => {
    writeFileSync(join(folder, 'bad.yaml'), 'publisher: open\ntrust: [{did: nobody, role: friend}]\n');
    const { code, stdout } = await run('policy', 'check', 'bad.yaml');
    expect(code).toBe(1);
    for (const part of ['"publisher" is not known', 'trust.0.did', '"friend" is not accepted'])
      expect(stdout).toContain(part);
    expect(JSON.parse((await run('policy', 'check', 'bad.yaml', '--json')).stdout).ok).toBe(false);
  });
});
