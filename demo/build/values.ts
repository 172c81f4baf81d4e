import { createHash } from 'node:crypto';

/** A JSON-LD node or document, as builders make them. */
export interface Node {
  [key: string]: unknown;
}

/** The contexts every sample document names. The two addresses of the Gaia-X 25.11 namespace mean the same. */
export const contexts = (gaiaX: '2511' | 'development' = 'development') => [
  'https://www.w3.org/ns/credentials/v2',
  `https://w3id.org/gaia-x/${gaiaX}#`,
  'https://w3id.org/kontor/v1',
];

/** Typed literals: the 25.11 shapes ask for these datatypes by name. */
export const uri = (value: string) => ({ '@type': 'xsd:anyURI', '@value': value });
export const float = (value: number) => ({ '@type': 'xsd:float', '@value': String(value) });
export const day = (value: string) => ({ '@type': 'xsd:date', '@value': value });

export const reference = (id: string) => ({ id });

/** Removes members that hold nothing, so that what was not said is absent instead of empty. */
export function said(node: Node): Node {
  return Object.fromEntries(
    Object.entries(node).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)),
  );
}

/** SHA-256 in hex, as `gx:hash` holds it. */
export const hashOf = (bytes: string): string => createHash('sha256').update(bytes).digest('hex');

/** `digestMultibase` of VC 2.0: base64url multibase of a sha2-256 multihash. */
export function multibaseDigest(bytes: string): string {
  const hash = createHash('sha256').update(bytes).digest();
  return `u${Buffer.concat([Buffer.from([0x12, 0x20]), hash]).toString('base64url')}`;
}

/** A size of memory or disk, as gx:MemorySize. */
export const gigabytes = (amount: number): Node => ({
  type: 'gx:MemorySize',
  'qudt:quantityValue': float(amount),
  'qudt:applicableUnit': 'https://qudt.org/vocab/unit/GigaBYTE',
});

export interface Place {
  country: string;
  city: string;
  street?: string;
  postalCode?: string;
}

export function address(place: Place): Node {
  return said({
    type: 'gx:Address',
    'gx:countryCode': place.country,
    'vcard:locality': place.city,
    'vcard:street-address': place.street,
    'vcard:postal-code': place.postalCode,
  });
}

export interface Validity {
  from: Date;
  until: Date;
}

/** The frame of a credential: who says it, from when to when, about what. */
export function credential(types: string[], issuer: string, validity: Validity, subject: Node, extra: Node = {}): Node {
  return said({
    '@context': contexts(extra.gaiaX as '2511' | undefined),
    id: extra.id,
    type: ['VerifiableCredential', ...types],
    issuer,
    validFrom: second(validity.from),
    validUntil: second(validity.until),
    credentialSubject: subject,
    credentialStatus: extra.credentialStatus,
  });
}

/** ISO time in whole seconds. */
export const second = (time: Date): string => `${time.toISOString().slice(0, 19)}Z`;
