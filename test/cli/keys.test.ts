import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/node.ts';
import { background, kontor, temporary } from './kontor.ts';

const { path: folder, remove } = temporary();
afterAll(remove);

let env: Record<string, string>;
let did: string;
const rotate = (...args: string[]) => kontor(['rotate-key', ...args], { cwd: folder, env });
const identity = () => JSON.parse(readFileSync(join(folder, 'data/identity.json'), 'utf8'));

beforeAll(async () => {
  const port = await freePort();
  env = {
    KONTOR_DATA: 'data',
    KONTOR_PORT: String(port),
    KONTOR_URL: `http://localhost:${port}`,
    KONTOR_ALLOW_PRIVATE_NETWORK: 'true',
    KONTOR_LOG: 'error',
  };
  did = `did:web:localhost%3A${port}`;
  expect(await kontor(['init'], { cwd: folder, env })).toMatchObject({ code: 0 });
});

describe('rotate-key', () => {
  test('waits for no running node: it says that the node must be stopped, and changes nothing', async () => {
    const before = identity();
    const node = await background(['serve'], 'policy', { cwd: folder, env });
    try {
      expect(await rotate()).toEqual({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(
          /^The node of .*data runs; .*stopped\.\nStop it, run this again, and start it\.\n$/,
        ),
      });
    } finally {
      await node.stop();
    }
    expect(identity()).toEqual(before);
  });

  test('makes the next key, says what becomes of the one before, and the node starts with it', async () => {
    const { privateJwk } = identity();
    const { code, stdout } = await rotate();
    expect(code).toBe(0);
    expect(stdout).toContain(`${did} signs with ${did}#key-2 from its next start.`);
    expect(stdout).toContain(`What ${did}#key-1 signed until now stays good.`);
    expect(readFileSync(join(folder, 'data/identity.json'), 'utf8')).not.toContain(privateJwk.d);
    expect(statSync(join(folder, 'data/identity.json')).mode & 0o777).toBe(0o600);
    const node = await background(['serve'], 'policy', { cwd: folder, env: { ...env, KONTOR_LOG: 'info' } });
    expect(node.output).toContain(`"key":"${did}#key-2","former":"${did}#key-1","msg":"this node has another key`);
    try {
      const answer = await fetch(`${env.KONTOR_URL}/.well-known/did.json`);
      expect(await answer.json()).toMatchObject({
        verificationMethod: [{ id: `${did}#key-2` }, { id: `${did}#key-1`, expires: identity().former[0].expires }],
        assertionMethod: [`${did}#key-2`],
      });
      expect((await fetch(`${env.KONTOR_URL}/readyz`)).status).toBe(200);
    } finally {
      await node.stop();
    }
  });

  test('revokes the present key, or a former one by its name', async () => {
    const present = await rotate('--compromised', '--json');
    expect(JSON.parse(present.stdout)).toMatchObject({
      did,
      keyId: `${did}#key-3`,
      former: [{ id: `${did}#key-1` }, { id: `${did}#key-2`, revoked: expect.stringMatching(/^20.*Z$/) }],
    });
    const former = await rotate('--compromised', 'key-1');
    expect(former.stdout).toContain(`${did} goes on signing with ${did}#key-3`);
    expect(former.stdout).toContain(`Revoked: ${did}#key-1.`);
    expect(former.stdout).toMatch(/Labels: those in force that \S+#key-1 signed .* given anew, signed with \S+#key-3/);
    expect(former.stdout).toMatch(/Buyers: a copy of an old label fails/);
    expect(identity().former[0]).toMatchObject({ expires: expect.any(String), revoked: expect.any(String) });
  });

  test.each([
    ['a key it never had', ['--compromised', 'key-9'], {}, /key-9 was never a key of this node\. Its keys are .*key-3/],
    ['a folder without a node', [], { KONTOR_DATA: 'nowhere' }, /There is no node in .*nowhere/],
    ['another name', [], { KONTOR_URL: 'https://other.example' }, /identity\.json is the key of did:web:localhost/],
  ])('is wrong usage for %s', async (_, args, change, why) => {
    const before = identity();
    const { code, stderr } = await kontor(['rotate-key', ...args], { cwd: folder, env: { ...env, ...change } });
    expect([code, stderr]).toEqual([2, expect.stringMatching(why)]);
    expect(identity()).toEqual(before);
  });
});

describe('keygen and sign with every kind of key', () => {
  const CLAIM = JSON.stringify({ type: 'gx:LegalPerson', id: 'did:web:cloud.example' });
  const header = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[0]!, 'base64url').toString());

  test.each(['EdDSA', 'ES256', 'ES384', 'PS256', 'RS256'])('%s', async (alg) => {
    const file = `${alg}.key.json`;
    const made = await kontor(['keygen', '--did', 'did:web:cloud.example', '--alg', alg, '--out', file], {
      cwd: folder,
    });
    expect(made.code).toBe(0);
    const [method] = JSON.parse(made.stdout).verificationMethod;
    expect(method.type).toBe(alg.endsWith('S256') && alg !== 'ES256' ? 'JsonWebKey' : 'Multikey');
    const { code, stdout } = await kontor(['sign', '-', '--key', file], { cwd: folder, input: CLAIM });
    expect([code, header(stdout).alg]).toEqual([0, alg]);
    // A bare JWK, as other tools write them, signs too.
    const { privateJwk, id } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const jwk = JSON.stringify({ ...privateJwk, kid: id, ...(alg === 'RS256' ? { alg } : {}) });
    writeFileSync(join(folder, `${alg}.jwk.json`), jwk);
    const bare = await kontor(['sign', '-', '--key', `${alg}.jwk.json`], { cwd: folder, input: CLAIM });
    expect(header(bare.stdout)).toEqual(header(stdout));
  });

  test.each([
    ['EdDSA', 'eddsa-jcs-2022'],
    ['ES256', 'ecdsa-rdfc-2019'],
    ['ES384', 'ecdsa-jcs-2019'],
  ])('a proof by %s with %s', async (alg, suite) => {
    const args = ['sign', '-', '--key', `${alg}.key.json`, '--format', 'di', '--suite', suite];
    const { code, stdout } = await kontor(args, { cwd: folder, input: CLAIM });
    expect(code).toBe(0);
    expect(JSON.parse(stdout).proof).toMatchObject({ cryptosuite: suite });
  });

  test.each([
    [
      'a suite of another kind of key',
      ['--format', 'di', '--suite', 'eddsa-jcs-2022'],
      'ES256',
      2,
      /--suite takes ecdsa-rdfc-2019 or ecdsa-jcs-2019/,
    ],
    ['a proof by RSA', ['--format', 'di'], 'PS256', 2, /make a key with --alg EdDSA, ES256 or ES384/],
    ['a suite without a proof', ['--suite', 'ecdsa-jcs-2019'], 'ES256', 2, /Add --format di/],
  ])('refuses %s', async (_, args, alg, exit, why) => {
    const { code, stderr } = await kontor(['sign', '-', '--key', `${alg}.key.json`, ...args], {
      cwd: folder,
      input: CLAIM,
    });
    expect([code, stderr]).toEqual([exit, expect.stringMatching(why)]);
  });

  test.each([
    [
      'a term nobody defined',
      { '@context': ['https://www.w3.org/ns/credentials/v2'], credentialSubject: { id: 'urn:x:1', shoeSize: 43 } },
      /"shoeSize"/,
    ],
    [
      'an end before the beginning',
      { credentialSubject: { id: 'urn:x:1' }, validFrom: '2027-01-01T00:00:00Z', validUntil: '2026-01-01T00:00:00Z' },
      /It ends before it begins \(at \/validUntil\)\.\nSet validUntil after validFrom/,
    ],
    [
      'a date without a zone',
      { credentialSubject: { id: 'urn:x:1' }, validUntil: '2027-01-01T00:00:00' },
      /no time with a zone/,
    ],
  ])('a JWT is not signed for %s', async (_, claim, why) => {
    const ran = await kontor(['sign', '-', '--key', 'EdDSA.key.json'], { cwd: folder, input: JSON.stringify(claim) });
    expect(ran).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(why) });
  });

  test('a did:key holds no RSA key', async () => {
    const { code, stderr } = await kontor(['keygen', '--did', 'did:key', '--alg', 'PS256'], { cwd: folder });
    expect([code, stderr]).toEqual([2, expect.stringContaining('A did:key holds no RSA key.')]);
  });
});
