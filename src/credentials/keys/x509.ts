import { type KeyObject, X509Certificate } from 'node:crypto';
import {
  type AlgorithmIdentifier,
  AltName,
  BasicConstraints,
  CRLDistributionPoints,
  type GeneralName,
  InfoAccess,
  Certificate as PkiCertificate,
  RSASSAPSSParams,
} from 'pkijs';
import { refused, type Verdict } from '../../errors.ts';

/** An X.509 certificate (RFC 5280), read by OpenSSL and, for its extensions, by pkijs. */
export interface Certificate {
  x509: X509Certificate;
  key: KeyObject;
  /** @throws where pkijs cannot take it apart */
  readonly pki: PkiCertificate;
  /** One line, for example `C=NO, O=Fjordsky AS, CN=fjordsky.example`. */
  subject: string;
  issuer: string;
  from: Date;
  until: Date;
  /** SHA-256 of the certificate, lower-case hex. */
  fingerprint: string;
}

/** A chain may have so many certificates and bytes; real ones have two to four, in 2 to 8 KB. */
const MAX_CERTIFICATES = 10;
export const MAX_CHAIN_BYTES = 65_536;

export const OID = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  issuingDistributionPoint: '2.5.29.28',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  ocsp: '1.3.6.1.5.5.7.48.1',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
} as const;

const oneLine = (name: string | undefined): string => (name ?? '').split('\n').join(', ').slice(0, 300) || '(no name)';

/**
 * Reads one certificate in DER. (`toLegacyObject` of node:crypto stays unused here and elsewhere: under Node 24.21 it
 * ends the whole process on a certificate with certain broken keys.)
 *
 * @returns undefined where the bytes are not exactly one certificate with a usable key
 */
export function readCertificate(der: Buffer): Certificate | undefined {
  try {
    const x509 = new X509Certificate(der);
    const dated = Number.isFinite(x509.validFromDate.getTime()) && Number.isFinite(x509.validToDate.getTime());
    if (!dated || !x509.raw.equals(der)) return undefined;
    let pki: PkiCertificate | undefined;
    return {
      x509,
      key: x509.publicKey,
      get pki() {
        pki ??= PkiCertificate.fromBER(new Uint8Array(der));
        return pki;
      },
      subject: oneLine(x509.subject),
      issuer: oneLine(x509.issuer),
      from: x509.validFromDate,
      until: x509.validToDate,
      fingerprint: x509.fingerprint256.replaceAll(':', '').toLowerCase(),
    };
  } catch {
    return undefined;
  }
}

/** The blocks of PEM text (RFC 7468) with the given label, as DER; a block that is not base64 is an empty buffer. */
export function pemBlocks(text: string, label: string): Buffer[] {
  return [...text.matchAll(/-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END \1-----/g)]
    .filter((match) => match[1] === label)
    .map((match) => fromBase64(match[2]!.replace(/\s+/g, '')) ?? Buffer.alloc(0));
}

function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length > 0 && bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '')
    ? bytes
    : undefined;
}

/** The chain of an `x5u`: PEM, the key's own certificate first (https://www.rfc-editor.org/rfc/rfc7517#section-4.6). */
export function readPemChain(text: string): Verdict<Certificate[]> {
  if (text.length > MAX_CHAIN_BYTES) return tooLong(`${text.length} characters`);
  const blocks = pemBlocks(text, 'CERTIFICATE');
  if (blocks.length === 0) return refused('untrusted', 'There is no certificate in PEM form in it');
  return readChain(blocks);
}

/** The chain of an `x5c`: base64 (not base64url) of DER (https://www.rfc-editor.org/rfc/rfc7517#section-4.7). */
export function readX5c(value: unknown): Verdict<Certificate[]> {
  if (!Array.isArray(value) || value.length === 0 || !value.every((one) => typeof one === 'string'))
    return refused('untrusted', 'x5c is not a list of certificates in base64');
  if (value.reduce((sum, one) => sum + one.length, 0) > MAX_CHAIN_BYTES) return tooLong('more bytes');
  return readChain(value.map((one) => fromBase64(one) ?? Buffer.alloc(0)));
}

function readChain(blocks: Buffer[]): Verdict<Certificate[]> {
  if (blocks.length > MAX_CERTIFICATES) return tooLong(`${blocks.length} certificates`);
  const chain = blocks.map(readCertificate);
  const broken = chain.indexOf(undefined);
  if (broken >= 0)
    return refused('untrusted', `Certificate ${broken + 1} of ${blocks.length} in the chain cannot be read`);
  return { ok: true, value: chain as Certificate[] };
}

const tooLong = (found: string): Verdict<never> =>
  refused(
    'untrusted',
    `The chain has ${found}; at most ${MAX_CERTIFICATES} certificates and ${MAX_CHAIN_BYTES} bytes are read`,
  );

/** The organisation (O) of the subject, as far as it is text. */
export function organisationOf({ pki }: Certificate): string | undefined {
  const names = pki.subject.typesAndValues
    .filter(({ type }) => type === '2.5.4.10')
    .map((one) => one.value.valueBlock.value);
  return (
    names
      .filter((name) => typeof name === 'string')
      .join(', ')
      .slice(0, 300) || undefined
  );
}

/** The parsed value of an extension. @throws where it is there and is not what its name says */
export function extensionOf<T>(
  { pki }: Certificate,
  id: string,
  type: abstract new (...args: never[]) => T,
): T | undefined {
  const extension = pki.extensions?.find(({ extnID }) => extnID === id);
  if (!extension) return undefined;
  const value: unknown = extension.parsedValue;
  if (!(value instanceof type) || (value as { parsingError?: string }).parsingError)
    throw new Error(`the extension ${id} cannot be read`);
  return value;
}

/** The constraints of a CA; undefined: it is none (RFC 5280 section 4.2.1.9). */
export function caOf(certificate: Certificate): { pathLength: number } | undefined {
  const found = extensionOf(certificate, OID.basicConstraints, BasicConstraints);
  if (found?.cA !== true) return undefined;
  const { pathLenConstraint } = found;
  // A number too long for its own good is read as none at all.
  const length = typeof pathLenConstraint === 'number' ? pathLenConstraint : 0;
  return { pathLength: pathLenConstraint === undefined ? Number.POSITIVE_INFINITY : length };
}

/** Names under subjectAltName. */
export const altNames = (certificate: Certificate): GeneralName[] =>
  extensionOf(certificate, OID.subjectAltName, AltName)?.altNames ?? [];

/** Where a certificate says that its revocation can be learnt. */
export function revocationUrls(certificate: Certificate): { crl: string[]; ocsp: string[] } {
  const usable = (names: GeneralName[]) =>
    names.filter(({ type, value }) => type === 6 && /^https?:/i.test(value)).map(({ value }) => value as string);
  const points = extensionOf(certificate, OID.crlDistributionPoints, CRLDistributionPoints)?.distributionPoints ?? [];
  const access = extensionOf(certificate, OID.authorityInfoAccess, InfoAccess)?.accessDescriptions ?? [];
  return {
    crl: points.flatMap(({ distributionPoint, cRLIssuer }) =>
      Array.isArray(distributionPoint) && !cRLIssuer ? usable(distributionPoint) : [],
    ),
    ocsp: usable(access.filter(({ accessMethod }) => accessMethod === OID.ocsp).map((one) => one.accessLocation)),
  };
}

/** RSA with SHA-2, ECDSA with SHA-2, Ed25519, Ed448; RSA-PSS by its hash. */
const STRONG_SIGNATURES = new Set([
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
  '1.3.101.112',
  '1.3.101.113',
]);
const RSA_PSS = '1.2.840.113549.1.1.10';
const SHA2 = new Set(['2.16.840.1.101.3.4.2.1', '2.16.840.1.101.3.4.2.2', '2.16.840.1.101.3.4.2.3']);

/** Whether a signature is by an algorithm that is still believed: nothing below SHA-256. */
export function isStrongSignature({ algorithmId, algorithmParams }: AlgorithmIdentifier): boolean {
  if (algorithmId !== RSA_PSS) return STRONG_SIGNATURES.has(algorithmId);
  return SHA2.has(new RSASSAPSSParams({ schema: algorithmParams }).hashAlgorithm.algorithmId);
}

const STRONG_CURVES = new Set([
  'prime256v1',
  'secp384r1',
  'secp521r1',
  'brainpoolP256r1',
  'brainpoolP384r1',
  'brainpoolP512r1',
]);

/** Whether a key is long enough to be believed, and short enough to be tried: RSA of 2,048 to 8,192 bits. */
export function isStrongKey({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n, namedCurve = '' } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'rsa' || asymmetricKeyType === 'rsa-pss')
    return modulusLength >= 2048 && modulusLength <= 8192 && publicExponent >= 3n;
  if (asymmetricKeyType === 'ec') return STRONG_CURVES.has(namedCurve);
  return asymmetricKeyType === 'ed25519' || asymmetricKeyType === 'ed448';
}
