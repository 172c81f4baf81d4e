import type { JsonObject } from '../../src/credentials/credential.ts';

/*
 * What the VC Data Model 2.0 asks of a credential (https://www.w3.org/TR/vc-data-model-2.0/, sections 4 and 5), as
 * requests: a credential that is taken, changed in one place.
 */

export const V2 = 'https://www.w3.org/ns/credentials/v2';
/** A context that only the operator of the server added. */
export const HARBOURS = 'https://contexts.example/harbours/v1';

export const harbour = (change: JsonObject = {}): JsonObject => ({
  '@context': [V2],
  type: ['VerifiableCredential'],
  credentialSubject: { id: 'did:example:harbour', name: 'North Quay' },
  ...change,
});

/** `taken`, or the JSON pointer that the refusal has to name. */
export type Case = [what: string, change: JsonObject, expected: 'taken' | `/${string}`];

const DEPTH = { Depth: 'https://terms.example/#Depth' };
const withDepth = (change: JsonObject): JsonObject => ({ '@context': [V2, DEPTH], ...change });
const english = { '@value': 'North Quay', '@language': 'en' };
const texts: [string, unknown, boolean][] = [
  ['text', 'North Quay', true],
  ['text with its language', english, true],
  ['text with language and direction', { ...english, '@direction': 'ltr' }, true],
  ['texts in two languages', [english, { '@value': 'Nordkai', '@language': 'de' }], true],
  ['text with a member that belongs to no text', { ...english, url: 'https://quay.example/' }, false],
  ['a number', 7, false],
];

export const CONTEXTS: Case[] = [
  ['the base context alone', {}, 'taken'],
  [
    'a context that the operator added',
    { '@context': [V2, HARBOURS], type: ['VerifiableCredential', 'Harbour'] },
    'taken',
  ],
  ['a context written into the credential', withDepth({ type: ['VerifiableCredential', 'Depth'] }), 'taken'],
  ['no context', { '@context': undefined }, '/@context'],
  ['another context before the base context', { '@context': [HARBOURS, V2] }, '/@context'],
  ['only another context', { '@context': [HARBOURS] }, '/@context'],
  ['a context nobody holds', { '@context': [V2, 'https://contexts.example/unknown'] }, '/@context'],
  ['a context that is no URL', { '@context': [V2, 'https ://contexts.example'] }, '/@context'],
  ['a number for a context', { '@context': [V2, 12] }, '/@context'],
  [
    'a term of the base context given another meaning',
    { '@context': [V2, { VerifiableCredential: 'https://terms.example/#Other' }] },
    '/',
  ],
  [
    'a protected term given another meaning',
    { '@context': [V2, { '@protected': true, ...DEPTH }, { Depth: 'https://terms.example/#Other' }] },
    '/',
  ],
];

export const IDENTIFIERS: Case[] = [
  ['no id', {}, 'taken'],
  ['a URL as id', { id: 'https://registry.example/harbours/1' }, 'taken'],
  ['a urn as id', { id: 'urn:uuid:0f6f1bfa-8f3c-4d55-b1ff-5f6c3f0d0a11' }, 'taken'],
  ['a null id', { id: null }, '/id'],
  ['two ids', { id: ['urn:example:a', 'urn:example:b'] }, '/id'],
  ['an id with a space in its scheme', { id: 'https ://registry.example/1' }, '/id'],
  [
    'a subject with two ids',
    { credentialSubject: { id: ['did:example:a', 'did:example:b'] } },
    '/credentialSubject/id',
  ],
];

export const TYPES: Case[] = [
  ['a URL as second type', { type: ['VerifiableCredential', 'https://terms.example/#Depth'] }, 'taken'],
  ['types in another order', { type: ['https://terms.example/#Depth', 'VerifiableCredential'] }, 'taken'],
  ['no type', { type: undefined }, '/type'],
  ['types without VerifiableCredential', withDepth({ type: ['Depth'] }), '/type'],
  ['a type that no context defines', { type: ['VerifiableCredential', 'Depth'] }, '/'],
  [
    'a type that a context maps to no URL',
    { '@context': [V2, { Depth: 'https ://terms.example' }], type: ['VerifiableCredential', 'Depth'] },
    '/',
  ],
  ['a term that no context defines', { credentialSubject: { id: 'did:example:harbour', depth: 7 } }, '/'],
];

export const SUBJECTS_AND_ISSUERS: Case[] = [
  ['two subjects', { credentialSubject: [{ id: 'did:example:a' }, { id: 'did:example:b' }] }, 'taken'],
  ['no subject', { credentialSubject: undefined }, '/credentialSubject'],
  ['a subject without claims', { credentialSubject: {} }, '/credentialSubject'],
  ['one subject of two without claims', { credentialSubject: [{ id: 'did:example:a' }, {}] }, '/credentialSubject'],
  ['an issuer that is null', { issuer: null }, '/issuer'],
  ['an issuer that is no URL', { issuer: 'port-authority' }, '/issuer'],
  ['an issuer object with a null id', { issuer: { id: null } }, '/issuer'],
  ['an issuer object whose id is no URL', { issuer: { id: 'port-authority' } }, '/issuer'],
];

export const TEXTS: Case[] = ['name', 'description'].flatMap((property) =>
  texts.map(
    ([what, value, fine]): Case => [`${property}: ${what}`, { [property]: value }, fine ? 'taken' : `/${property}`],
  ),
);

export const VALIDITY: Case[] = [
  ['no time', {}, 'taken'],
  ['a validFrom with fractions of a second', { validFrom: '2023-02-26T01:02:58.447Z' }, 'taken'],
  ['a validFrom with an offset', { validFrom: '2023-02-25T19:10:39-06:00' }, 'taken'],
  ['a validFrom without a zone', { validFrom: '2023-02-25T19:10:39' }, '/validFrom'],
  ['a validFrom in words', { validFrom: 'Sat 25 Feb 2023 07:16:31 PM CST' }, '/validFrom'],
  ['a validUntil in words', { validUntil: 'Sat 25 Feb 2123 07:16:31 PM CST' }, '/validUntil'],
  [
    'an end before the beginning',
    { validFrom: '2024-01-02T00:00:00Z', validUntil: '2024-01-01T00:00:00Z' },
    '/validUntil',
  ],
];

/** Members that are objects with a type, and what each needs besides. */
export const TYPED: Case[] = [
  ...['credentialSchema', 'refreshService', 'termsOfUse', 'evidence'].flatMap((property): Case[] => [
    [`${property} with type and id`, withDepth({ [property]: { id: 'did:example:one', type: 'Depth' } }), 'taken'],
    [
      `two of ${property}`,
      withDepth({
        [property]: [
          { id: 'did:example:one', type: 'Depth' },
          { id: 'did:example:two', type: 'Depth' },
        ],
      }),
      'taken',
    ],
    [`${property} without a type`, { [property]: { id: 'did:example:one' } }, `/${property}/type`],
    [
      `${property} with an id that is no URL`,
      withDepth({ [property]: { id: 'https ://x', type: 'Depth' } }),
      `/${property}/id`,
    ],
  ]),
  ['termsOfUse without an id', withDepth({ termsOfUse: { type: 'Depth' } }), 'taken'],
  ['evidence that is empty', { evidence: {} }, '/evidence/type'],
  ['a credentialSchema without an id', withDepth({ credentialSchema: { type: 'Depth' } }), '/credentialSchema/id'],
  ['a credentialStatus without a type', { credentialStatus: { id: 'did:example:status' } }, '/credentialStatus/type'],
  ['a credentialStatus whose type is a number', { credentialStatus: { type: 2 } }, '/credentialStatus/type'],
  [
    'a credentialStatus with two ids',
    withDepth({ credentialStatus: { id: ['did:example:a', 'did:example:b'], type: 'Depth' } }),
    '/credentialStatus/id',
  ],
];

/** `relatedResource`, given a resource that can be fetched and its digests. */
export const relatedResources = (resource: { id: string; digestSRI: string; digestMultibase: string }): Case[] => {
  const { id, digestSRI, digestMultibase } = resource;
  const related = (relatedResource: unknown): JsonObject => ({ relatedResource });
  const other = { digestSRI: `sha384-${'A'.repeat(64)}`, digestMultibase: `uEi${'A'.repeat(44)}` };
  return [
    ['a related resource with digestSRI', related({ id, digestSRI }), 'taken'],
    ['a related resource with digestMultibase', related({ id, digestMultibase }), 'taken'],
    ['a related resource with a media type', related([{ id, digestSRI, mediaType: 'text/plain' }]), 'taken'],
    ['a related resource that is text', related([id]), '/relatedResource/0'],
    ['a related resource without an id', related([{ digestSRI }]), '/relatedResource/0'],
    [
      'a related resource named twice',
      related([
        { id, digestSRI },
        { id, digestMultibase },
      ]),
      '/',
    ],
    ['a related resource without a digest', related({ id }), '/relatedResource'],
    ['a related resource with another digestSRI', related({ id, digestSRI: other.digestSRI }), '/relatedResource'],
    [
      'a related resource with another digestMultibase',
      related({ id, digestMultibase: other.digestMultibase }),
      '/relatedResource',
    ],
  ];
};
