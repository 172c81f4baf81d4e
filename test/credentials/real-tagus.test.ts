import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Check, Checks } from '../../src/credentials/check.ts';
import { createDidResolver, type DidDocument } from '../../src/credentials/keys/did.ts';
import { parse } from '../../src/credentials/parse.ts';
import { createVerifier } from '../../src/credentials/verify.ts';
import { contexts, http } from '../support/verifying.ts';

/* Real presentations of the Gaia-X "Tagus" generation: JsonWebSignature2020 with PS256 over VC 1.1, and broken ones. */

const data = resolve(import.meta.dirname, '../../../shared/data/xfsc');
const didDocument = JSON.parse(readFileSync(join(data, 'did/did.json'), 'utf8')) as DidDocument;
const clock = () => new Date('2026-11-21T12:00:00Z');
const resolveDid = createDidResolver({
  http,
  clock,
  allowPrivateNetwork: true,
  known: (did) => (did === didDocument.id ? didDocument : undefined),
});

/** Every check of a presentation and of the credentials in it. */
async function judge(file: string, standard: boolean): Promise<Check[]> {
  const verifier = createVerifier({ contexts, http, clock, resolveDid, standard });
  const one = async (bytes: Uint8Array): Promise<Check[]> => {
    const checks = new Checks();
    const submission = { bytes, mediaType: 'application/ld+json', source: { kind: 'provider' as const } };
    const parsed = parse(submission, { objectBytes: 262_144 }, checks);
    if (parsed?.kind === 'credential') await verifier.credential(parsed.credential, checks);
    if (parsed?.kind !== 'presentation') return checks.list;
    await verifier.presentation(parsed, checks);
    const inner = await Promise.all(parsed.parts.map((part) => one(part.bytes)));
    return [...checks.list, ...inner.flat()];
  };
  return one(readFileSync(join(data, 'ldproof', file)));
}
const of = (checks: Check[], result: Check['result']) => checks.filter((one) => one.result === result);

describe.each(readdirSync(join(data, 'ldproof/valid')))('valid/%s', (file) => {
  it('has two good signatures, and a type that nothing defines', async () => {
    const checks = await judge(`valid/${file}`, true);
    expect(checks.filter(({ id }) => id === 'verify.signature').map(({ result, why }) => [result, why])).toEqual([
      ['pass', 'The signature (JsonWebSignature2020) is good'],
      ['pass', 'The signature (JsonWebSignature2020) is good'],
    ]);
    // Holder and issuer are others than the owner of the key; in the standard's own reading that is a warning.
    expect(of(checks, 'warn').map(({ id }) => id)).toEqual(expect.arrayContaining(['verify.issuer']));
    // The tools of that time dropped what no context defines, and signed the rest.
    expect(of(checks, 'fail')).toMatchObject([{ id: 'verify.terms', found: 'LegalPerson', where: '/type/1' }]);
  });

  it('is refused by a catalogue, for the context written into it', async () => {
    const failed = of(await judge(`valid/${file}`, false), 'fail');
    expect(failed[0]).toMatchObject({ id: 'verify.context', where: '/verifiableCredential/0/@context' });
  });
});

describe('what is broken is refused for its own reason', () => {
  it.each([
    ['hasInvalidSignature.jsonld', 'verify.structure', 'The first context is missing'],
    ['hasNoSignature1.jsonld', 'verify.proof', 'It is not signed'],
    ['participant_without_proofs.json', 'verify.proof', 'It is not signed'],
    ['sd-without-credential-subject.json', 'verify.structure', 'There is no credentialSubject'],
    ['sd-without-issuer.json', 'verify.structure', 'The issuer is missing'],
  ])('%s', async (file, id, why) => {
    const failed = of(await judge(`invalid/${file}`, true), 'fail');
    expect(failed).toContainEqual(expect.objectContaining({ id, why: expect.stringContaining(why) }));
    expect(of(await judge(`invalid/${file}`, false), 'fail').length).toBeGreaterThan(0);
  });
});
