import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { judge } from '../../test/support/verifying.ts';
import { generateDidKey } from './issuing/identity.ts';
import { signJwt } from './issuing/sign.ts';
import { holdsPrivateKey } from './private-key.ts';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = privateKey.export({ format: 'jwk' });
const holds = (value: unknown) =>
  holdsPrivateKey(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));

it.each<[string, unknown]>([
  ['a JWK', jwk],
  ['a JWK set', { keys: [publicKey.export({ format: 'jwk' }), jwk] }],
  ['a shared secret', { kty: 'oct', k: 'c2VjcmV0' }],
  ['PEM', privateKey.export({ format: 'pem', type: 'pkcs8' })],
  ['PEM of SSH within JSON', { key: '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA' }],
  [
    'a Multikey',
    { id: '#key-1', type: 'Multikey', secretKeyMultibase: 'z3u2en7t5LR2WtQH5PfFqMqwVHgeXouLzo6haApm8XHqvjxq' },
  ],
  ['a key file', generateDidKey('EdDSA')],
])('%s holds a private key', (_name, value) => {
  expect(holds(value)).toBe(true);
});

it.each<[string, unknown]>([
  ['a public JWK', publicKey.export({ format: 'jwk' })],
  ['PEM of a public key', publicKey.export({ format: 'pem', type: 'spki' })],
  ['a member d that is no key', { credentialSubject: { d: 'depth', k: '8' } }],
  ['words about keys', { description: 'The "privateKeyJwk": is never asked for' }],
  ['nesting without end', `${'{"d":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
  ['nothing', ''],
])('%s holds none', (_name, value) => {
  expect(holds(value)).toBe(false);
});

it('is refused by name, also inside a JWT, and the report repeats nothing of it', async () => {
  const key = generateDidKey('EdDSA');
  const jwt = await signJwt({ type: ['VerifiableCredential'], credentialSubject: { key: jwk } }, key);
  const loose = [{ jwk }, { typ: 'vc+jwt' }].map((part) =>
    Buffer.from(JSON.stringify(part, null, 1)).toString('base64url'),
  );
  const envelope = (id: string) => JSON.stringify({ type: 'EnvelopedVerifiableCredential', id });
  const wrapped = [
    envelope(`data:application/vc+jwt,${jwt}`),
    envelope(`data:application/vc+jwt;base64,${Buffer.from(jwt).toString('base64')}`),
    envelope(`data:application/vc+jwt,${loose.join('.')}.AAAA`),
    await signJwt({ verifiableCredential: [JSON.parse(envelope(`data:application/vc+jwt,${jwt}`))] }, key),
  ];
  for (const body of [JSON.stringify(jwk), jwt, ...wrapped]) {
    const { checks } = await judge(body);
    expect(checks.failure?.code).toBe('malformed');
    expect(checks.list).toMatchObject([
      { id: 'parse.private-key', why: expect.stringContaining('it must be replaced now') },
    ]);
    expect(JSON.stringify(checks.list)).not.toContain(jwk.d);
  }
});
