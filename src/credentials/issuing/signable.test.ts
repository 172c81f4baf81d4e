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
