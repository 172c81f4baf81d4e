import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DidHost, didHost } from '../../test/support/did-host.ts';
import { claim, clock, contexts, http, judge, NOW, verifier } from '../../test/support/verifying.ts';
import { Checks } from './check.ts';
import { generateDidKey } from './issuing/identity.ts';
import { signDataIntegrity, signJwt, signPresentation } from './issuing/sign.ts';
import { MEDIA_TYPES, parse } from './parse.ts';
import { createVerifier } from './verify.ts';

let host: DidHost;
let p256: DidHost;
beforeAll(async () => {
  [host, p256] = await Promise.all([didHost(), didHost('ES256')]);
});
afterAll(async () => {
  await Promise.all([host, p256].map((one) => one.close()));
});

describe('what verifies', () => {
  it('takes vc+jwt with EdDSA and ES256, and eddsa-rdfc-2022, from did:web', async () => {
    const { verified } = await judge(await signJwt(claim(host.did), host.key));
    expect(verified).toMatchObject({
      issuer: host.did,
      keyId: host.key.id,
      format: 'vc+jwt',
      types: ['gx:LegalPerson'],
    });
    expect(verified?.subjects[0]).toEqual({
      '@id': host.did,
      '@type': ['gx:LegalPerson'],
      'schema:name': ['Fjordsky AS'],
      'gx:legalAddress': [{ '@type': ['gx:Address'], 'gx:countryCode': ['NO'] }],
    });
    expect((await judge(await signJwt(claim(p256.did), p256.key))).verified).toBeDefined();
    const signed = await signDataIntegrity(claim(host.did), host.key, contexts, { now: NOW });
    expect((await judge(JSON.stringify(signed), 'application/vc')).verified).toMatchObject({
      format: 'data-integrity',
      issuedAt: NOW,
    });
  });

  it('takes did:key issuers, Ed25519 and P-256', async () => {
    for (const alg of ['EdDSA', 'ES256'] as const) {
      const key = generateDidKey(alg);
      expect((await judge(await signJwt(claim(key.did), key))).verified).toBeDefined();
    }
  });

  it('gives one tree for the two spellings of Gaia-X 25.11, and for full IRIs', async () => {
    const spelled = {
      ...claim(host.did),
      '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/gaia-x/development#'],
    };
    const full = {
      ...claim(host.did),
      '@context': ['https://www.w3.org/ns/credentials/v2'],
      type: ['VerifiableCredential', 'https://w3id.org/gaia-x/2511#LegalPerson'],
      credentialSubject: {
        id: host.did,
        type: 'https://w3id.org/gaia-x/2511#LegalPerson',
        name: 'Fjordsky AS',
        'https://w3id.org/gaia-x/2511#legalAddress': {
          type: 'https://w3id.org/gaia-x/2511#Address',
          'https://w3id.org/gaia-x/2511#countryCode': 'NO',
        },
      },
    };
    const trees = await Promise.all(
      [claim(host.did), spelled, full].map(
        async (one) => (await judge(await signJwt(one, host.key))).verified?.subjects,
      ),
    );
    expect(trees[0]).toBeDefined();
    expect(trees[1]).toEqual(trees[0]);
    expect(trees[2]).toEqual(trees[0]);
  });

  it('never takes an undeclared prefix for gx: (H-090)', async () => {
    const bare = { ...claim(host.did), '@context': ['https://www.w3.org/ns/credentials/v2'] };
    const { verified, checks } = await judge(await signJwt(bare, host.key));
    expect(verified).toBeUndefined();
    expect(checks.list.at(-1)).toMatchObject({
      id: 'verify.terms',
      result: 'fail',
      found: expect.stringContaining('gx:'),
    });
  });

  it('keeps the full name of a foreign namespace', async () => {
    const foreign = {
      ...claim(host.did),
      type: ['VerifiableCredential', 'https://example.org/gx#LegalPerson'],
      credentialSubject: { id: host.did, type: 'https://example.org/gx#LegalPerson' },
    };
    const { verified } = await judge(await signJwt(foreign, host.key));
    expect(verified?.types).toEqual(['https://example.org/gx#LegalPerson']);
  });
});

describe('real credentials of a Gaia-X test suite', () => {
  const folder = resolve(import.meta.dirname, '../../../shared/data/xfsc');
  it.each(readdirSync(join(folder, 'jwt/valid')))('%s verifies under its did.json', async (file) => {
    const document = readFileSync(join(folder, 'did/did.json'), 'utf8');
    const known = createVerifier({
      contexts,
      http,
      clock,
      resolveDid: async () => ({ ok: true, value: JSON.parse(document) }),
    });
    const checks = new Checks();
    const mediaType = file.includes('vp') ? 'application/vp+jwt' : 'application/vc+jwt';
    const parsed = parse(
      { bytes: readFileSync(join(folder, 'jwt/valid', file)), mediaType, source: { kind: 'provider' } },
      { objectBytes: 262_144 },
      checks,
    );
    const good =
      parsed?.kind === 'presentation'
        ? await known.presentation(parsed, checks)
        : await known.credential(parsed!.credential, checks);
    expect(checks.failure).toBeUndefined();
    expect(good).toBeTruthy();
  });
});

describe('presentations', () => {
  it('holds its credentials as they were signed', async () => {
    const jwt = await signJwt(claim(host.did), host.key);
    const presentation = await signPresentation([jwt], host.key);
    const checks = new Checks();
    const parsed = parse(
      { bytes: Buffer.from(presentation), mediaType: 'application/vp+jwt', source: { kind: 'provider' } },
      { objectBytes: 262_144 },
      checks,
    );
    expect(parsed).toMatchObject({ kind: 'presentation', holder: host.did });
    expect(parsed?.kind === 'presentation' && (await verifier.presentation(parsed, checks))).toBe(true);
    expect(parsed?.kind === 'presentation' && Buffer.from(parsed.parts[0]!.bytes).toString()).toBe(jwt);
  });

  it('says which media types it takes (H-026)', async () => {
    const { checks } = await judge('{}', 'text/html');
    expect(checks.failure?.code).toBe('unsupported');
    for (const type of MEDIA_TYPES) expect(checks.list[0]?.allowed).toContain(type);
  });
});
