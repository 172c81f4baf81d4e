import fc from 'fast-check';
import { compactVerify, importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { generateDidKey, type SigningKey } from '../../src/credentials/issuing/identity.ts';
import { signDataIntegrity, signJwt } from '../../src/credentials/issuing/sign.ts';
import { parseObject } from '../../src/credentials/strict-json.ts';
import { claim, contexts, judge, NOW } from '../support/verifying.ts';

/* What holds for every change of every byte, not only for those somebody thought of. */

const SIGNED: [name: string, alg: 'EdDSA' | 'ES256' | 'ES384', cryptosuite?: string][] = [
  ['vc+jwt, EdDSA', 'EdDSA'],
  ['vc+jwt, ES256', 'ES256'],
  ['vc+jwt, ES384', 'ES384'],
  ['eddsa-rdfc-2022', 'EdDSA', 'eddsa-rdfc-2022'],
  ['eddsa-jcs-2022', 'EdDSA', 'eddsa-jcs-2022'],
  ['ecdsa-rdfc-2019, P-256', 'ES256', 'ecdsa-rdfc-2019'],
  ['ecdsa-rdfc-2019, P-384', 'ES384', 'ecdsa-rdfc-2019'],
  ['ecdsa-jcs-2019, P-256', 'ES256', 'ecdsa-jcs-2019'],
  ['ecdsa-jcs-2019, P-384', 'ES384', 'ecdsa-jcs-2019'],
];

async function sign(key: SigningKey, cryptosuite: string | undefined): Promise<[text: string, mediaType: string]> {
  const document = claim(key.did);
  if (!cryptosuite) return [await signJwt(document, key), 'application/vc+jwt'];
  const signed = await signDataIntegrity(document, key, contexts, { now: NOW, cryptosuite: cryptosuite as never });
  return [JSON.stringify(signed), 'application/vc'];
}

describe.each(SIGNED)('a credential signed with %s', (_, alg, cryptosuite) => {
  it('verifies, and with any one byte changed is refused', async () => {
    const [text, mediaType] = await sign(generateDidKey(alg), cryptosuite);
    expect((await judge(text, mediaType)).verified).toBeDefined();
    const bytes = Buffer.from(text);
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(change, async ([at, flip]) => {
        const changed = Buffer.from(bytes);
        changed[at] = changed[at]! ^ flip;
        const { verified } = await judge(changed, mediaType);
        expect(verified && changed.toString('latin1')).toBeUndefined();
      }),
      { numRuns: 150 },
    );
  });
});

describe('what we accept of a JWT', () => {
  it('is what jose accepts, whatever one byte was changed', async () => {
    const key = generateDidKey('EdDSA');
    const jwt = await signJwt(claim(key.did), key);
    const publicKey = await importJWK(key.publicJwk as never, 'EdDSA');
    await fc.assert(
      fc.asyncProperty(fc.nat(jwt.length - 1), fc.constantFrom(...'AQgw_-.z9='), async (at, letter) => {
        const changed = jwt.slice(0, at) + letter + jwt.slice(at + 1);
        const theirs = await compactVerify(changed, publicKey, { algorithms: ['EdDSA'] }).then(
          () => true,
          () => false,
        );
        const ours = (await judge(changed)).verified !== undefined;
        // jose passes over bits of base64url that say nothing; we take one spelling only.
        expect(ours && !theirs).toBe(false);
        expect(ours).toBe(changed === jwt);
      }),
      { numRuns: 300 },
    );
  });
});

describe('reading JSON', () => {
  it('loses nothing of what was written', () => {
    const key = fc
      .string()
      .filter(
        (name) =>
          !['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'toJSON'].includes(name) &&
          name.isWellFormed(),
      );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        fc.string({ unit: 'grapheme' }),
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 5 }),
        fc.dictionary(key, tie('any'), { maxKeys: 5, noNullPrototype: true }),
      ),
    })).any;
    fc.assert(
      fc.property(fc.dictionary(key, value, { maxKeys: 5, noNullPrototype: true }), (object) => {
        const text = JSON.stringify(object);
        const read = parseObject(text);
        expect(JSON.stringify(read)).toBe(text);
        expect(read).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });
});
