import { describe, expect, it } from 'vitest';
import { claim, contexts } from '../../../test/support/verifying.ts';
import type { JsonObject } from '../credential.ts';
import { generateDidKey } from './identity.ts';
import { unsignable } from './signable.ts';

const key = generateDidKey('EdDSA');
const fault = (change: JsonObject) => unsignable(claim(key.did, change), key, contexts);

describe('what is worth a signature', () => {
  it('a credential as it should be, and a presentation', async () => {
    expect(await fault({})).toBeUndefined();
    const presentation = { '@context': ['https://www.w3.org/ns/credentials/v2'], type: 'VerifiablePresentation' };
    expect(await unsignable(presentation, key, contexts)).toBeUndefined();
    expect(await unsignable({ ...presentation, holder: key.did }, key, contexts)).toBeUndefined();
  });

  it.each<[string, JsonObject, string, string]>([
    ['no issuer', { issuer: undefined }, 'issuer', '/issuer'],
    ['another issuer', { issuer: { id: 'did:web:other.example' } }, 'issuer', '/issuer'],
    ['no context of VC 2.0 in front', { '@context': ['https://w3id.org/gaia-x/2511#'] }, 'malformed', '/@context'],
    ['no type of a credential', { type: ['gx:LegalPerson'] }, 'malformed', '/type'],
    ['no subject', { credentialSubject: undefined }, 'malformed', '/credentialSubject'],
    ['an empty subject', { credentialSubject: [{}] }, 'malformed', '/credentialSubject'],
    ['a date without a time', { validFrom: '2026-11-01' }, 'malformed', '/validFrom'],
    ['a time without a zone', { validUntil: '2027-01-01T00:00:00' }, 'malformed', '/validUntil'],
    ['a day that no calendar has', { validUntil: '2027-02-30T00:00:00Z' }, 'malformed', '/validUntil'],
    ['an end before the beginning', { validUntil: '2026-10-31T00:00:00Z' }, 'malformed', '/validUntil'],
    [
      'a context nobody holds',
      { '@context': ['https://www.w3.org/ns/credentials/v2', 'https://x.example/'] },
      'terms',
      '/@context',
    ],
  ])('not %s', async (_, change, code, where) => {
    const found = await fault(change);
    expect(found).toMatchObject({ code, where });
    expect(found!.mend).toMatch(/\w/);
  });

  it('not a term that nobody defined: it is named', async () => {
    const context = ['https://www.w3.org/ns/credentials/v2'];
    const found = await fault({
      '@context': context,
      type: 'VerifiableCredential',
      credentialSubject: { shoeSize: 43 },
    });
    expect(found).toMatchObject({ code: 'terms', detail: expect.stringContaining('"shoeSize"') });
  });

  it('not a prefix that no context declares: the one that does is named', async () => {
    const VC = 'https://www.w3.org/ns/credentials/v2';
    const subject = (term: string) => ({ credentialSubject: { id: key.did, [term]: 'x' } });
    const type = 'VerifiableCredential';
    const mendOf = async (contextsNamed: string[], term: string) =>
      (await fault({ '@context': contextsNamed, type, ...subject(term) }))!.mend;
    expect(await mendOf([VC, 'https://w3id.org/gaia-x/2511#'], 'kontor:certificate')).toBe(
      'Add to @context one that defines "kontor:": https://w3id.org/kontor/v1',
    );
    expect(await mendOf([VC], 'gx:name')).toContain('https://w3id.org/gaia-x/2511#');
    expect(await mendOf([VC], 'gx:name')).toContain('or write the term without prefix: "name"');
    expect(await mendOf([VC], 'nix:shoe')).toBe('Use a term of a context that is held: none of them defines "nix:"');
    expect(await mendOf([VC], 'providedBy')).toContain('https://w3id.org/gaia-x/2511#');
  });

  it('not a context that nobody holds: the near one is named, else those that are held', async () => {
    const mendOf = async (url: string) => (await fault({ '@context': ['https://www.w3.org/ns/credentials/v2', url] }))!;
    expect(await mendOf('https://w3id.org/gaia-x/2511')).toMatchObject({
      detail: expect.stringContaining('did you mean https://w3id.org/gaia-x/2511#?'),
      mend: 'Write https://w3id.org/gaia-x/2511#, which is held',
    });
    const far = await mendOf('https://x.example/');
    expect(far.mend).toContain('https://w3id.org/kontor/v1');
    expect(far.detail + far.mend).not.toMatch(/node|operator/);
  });

  it('not for a holder whose key is another', async () => {
    const found = await unsignable(
      {
        '@context': ['https://www.w3.org/ns/credentials/v2'],
        type: ['VerifiablePresentation'],
        holder: 'did:web:x.example',
      },
      key,
      contexts,
    );
    expect(found).toMatchObject({ code: 'issuer', where: '/holder', mend: expect.stringContaining('own key') });
  });
});
