import { webcrypto } from 'node:crypto';
import * as asn1js from 'asn1js';
import {
  AccessDescription,
  AltName,
  AttributeTypeAndValue,
  BasicConstraints,
  BasicOCSPResponse,
  CertID,
  Certificate,
  CertificateRevocationList,
  CRLDistributionPoints,
  DistributionPoint,
  Extension,
  Extensions,
  ExtKeyUsage,
  GeneralName,
  GeneralSubtree,
  InfoAccess,
  NameConstraints,
  OCSPResponse,
  RelativeDistinguishedNames,
  ResponseBytes,
  RevokedCertificate,
  SingleResponse,
  Time,
} from 'pkijs';
import type { JsonObject } from '../../src/credentials/credential.ts';
import { NOW } from './verifying.ts';

/** A certificate made for a test, with its private key. */
export interface TestCertificate {
  certificate: Certificate;
  keys: webcrypto.CryptoKeyPair;
  jwk: JsonObject;
  pem: string;
  /** As an entry of x5c. */
  base64: string;
}

export interface CertificateOptions {
  /** Common name and, if given, organisation. */
  subject: string;
  organisation?: string;
  /** DNS names under subjectAltName. */
  san?: string[];
  /** basicConstraints; left out altogether where undefined. */
  ca?: boolean;
  pathLength?: number;
  notBefore?: Date;
  notAfter?: Date;
  /** First octet of keyUsage; no extension where undefined. */
  keyUsage?: number;
  alg?: keyof typeof ALGORITHMS;
  hash?: 'SHA-1' | 'SHA-256';
  /** DNS trees of nameConstraints. */
  permitted?: string[];
  excluded?: string[];
  crlUrl?: string;
  ocspUrl?: string;
  ocspSigning?: boolean;
  /** Extensions as they are. */
  extensions?: Extension[];
  /** Sign under this key instead of the issuer's own, or certify that key. */
  signer?: TestCertificate;
  keys?: webcrypto.CryptoKeyPair;
}

const DAY_MS = 86_400_000;
export const days = (number: number): Date => new Date(NOW.getTime() + number * DAY_MS);
export const KEY_USAGE = { digitalSignature: 0x80, keyCertSign: 0x04, cRLSign: 0x02 };
let serial = 1000;

const rsa = (modulusLength: number, hash = 'SHA-256') => ({
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash,
});
const ALGORITHMS = {
  'P-256': { name: 'ECDSA', namedCurve: 'P-256' },
  RSA: rsa(2048),
  'RSA-1024': rsa(1024),
  'RSA with SHA-1': rsa(2048, 'SHA-1'),
};

export const makeKeys = (alg: keyof typeof ALGORITHMS = 'P-256') =>
  webcrypto.subtle.generateKey(ALGORITHMS[alg] as never, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;

/** A distinguished name, each part on its own as certificate authorities write them. */
function named(subject: string, organisation?: string): RelativeDistinguishedNames {
  const parts = [...(organisation ? [['2.5.4.10', organisation]] : []), ['2.5.4.3', subject]].map(
    ([type, value]) => new AttributeTypeAndValue({ type: type!, value: new asn1js.Utf8String({ value: value! }) }),
  );
  const value = parts.map((part) => new asn1js.Set({ value: [part.toSchema()] }));
  return RelativeDistinguishedNames.fromBER(new asn1js.Sequence({ value }).toBER());
}

export const extension = (extnID: string, critical: boolean, value: { toBER(): ArrayBuffer }): Extension =>
  new Extension({ extnID, critical, extnValue: value.toBER() });

const dns = (value: string) => new GeneralName({ type: 2, value });
const url = (value: string) => new GeneralName({ type: 6, value });
const trees = (names: string[] | undefined) => names?.map((name) => new GeneralSubtree({ base: dns(name) }));

/** Makes a certificate: by `ca`, or self-signed without one. */
export async function make(ca: TestCertificate | undefined, options: CertificateOptions): Promise<TestCertificate> {
  const { subject, organisation, san, pathLength, keyUsage, hash = 'SHA-256' } = options;
  const keys = options.keys ?? (await makeKeys(options.alg));
  const certificate = new Certificate();
  certificate.version = 2;
  certificate.serialNumber = new asn1js.Integer({ value: serial++ });
  certificate.subject = named(subject, organisation);
  certificate.issuer = ca?.certificate.subject ?? certificate.subject;
  certificate.notBefore = new Time({ type: 0, value: options.notBefore ?? days(-30) });
  certificate.notAfter = new Time({ type: 0, value: options.notAfter ?? days(90) });
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey as never);
  certificate.extensions = [
    ...(options.ca === undefined
      ? []
      : [
          extension(
            '2.5.29.19',
            true,
            new BasicConstraints({
              cA: options.ca,
              ...(pathLength === undefined ? {} : { pathLenConstraint: pathLength }),
            }).toSchema(),
          ),
        ]),
    ...(keyUsage === undefined
      ? []
      : [extension('2.5.29.15', true, new asn1js.BitString({ valueHex: new Uint8Array([keyUsage]).buffer }))]),
    ...(san ? [extension('2.5.29.17', false, new AltName({ altNames: san.map(dns) }).toSchema())] : []),
    ...(options.permitted || options.excluded
      ? [
          extension(
            '2.5.29.30',
            true,
            new NameConstraints({
              ...(options.permitted ? { permittedSubtrees: trees(options.permitted)! } : {}),
              ...(options.excluded ? { excludedSubtrees: trees(options.excluded)! } : {}),
            }).toSchema(),
          ),
        ]
      : []),
    ...(options.crlUrl
      ? [
          extension(
            '2.5.29.31',
            false,
            new CRLDistributionPoints({
              distributionPoints: [new DistributionPoint({ distributionPoint: [url(options.crlUrl)] })],
            }).toSchema(),
          ),
        ]
      : []),
    ...(options.ocspUrl
      ? [
          extension(
            '1.3.6.1.5.5.7.1.1',
            false,
            new InfoAccess({
              accessDescriptions: [
                new AccessDescription({ accessMethod: '1.3.6.1.5.5.7.48.1', accessLocation: url(options.ocspUrl) }),
              ],
            }).toSchema(),
          ),
        ]
      : []),
    ...(options.ocspSigning
      ? [extension('2.5.29.37', false, new ExtKeyUsage({ keyPurposes: ['1.3.6.1.5.5.7.3.9'] }).toSchema())]
      : []),
    ...(options.extensions ?? []),
  ];
  const signer = options.signer ?? ca;
  await certificate.sign((signer?.keys ?? keys).privateKey as never, hash);
  const base64 = Buffer.from(certificate.toSchema(true).toBER()).toString('base64');
  const jwk = (await webcrypto.subtle.exportKey('jwk', keys.publicKey)) as JsonObject;
  const { key_ops: _ops, ext: _ext, alg: _alg, ...publicJwk } = jwk;
  return { certificate, keys, jwk: publicJwk, base64, pem: pem('CERTIFICATE', base64) };
}

const pem = (label: string, base64: string): string =>
  `-----BEGIN ${label}-----\n${base64.replace(/.{64}/g, '$&\n').trimEnd()}\n-----END ${label}-----\n`;

export const makeRoot = (change: Partial<CertificateOptions> = {}) =>
  make(undefined, { subject: 'Test Root', organisation: 'Test Trust AS', ca: true, keyUsage: 0x06, ...change });

/** Root, intermediate and leaf for a host. */
export async function makeChain(
  host: string,
  change: { root?: object; intermediate?: object; leaf?: object; alg?: CertificateOptions['alg'] } = {},
) {
  const alg = change.alg ? { alg: change.alg } : {};
  const root = await makeRoot({ ...alg, ...change.root });
  const intermediate = await make(root, {
    subject: 'Test Intermediate',
    ca: true,
    keyUsage: 0x06,
    ...alg,
    ...change.intermediate,
  });
  const leaf = await make(intermediate, {
    subject: host,
    organisation: 'Fjordsky AS',
    san: [host],
    ca: false,
    keyUsage: 0x80,
    ...alg,
    ...change.leaf,
  });
  return { root, intermediate, leaf, x5c: [leaf.base64, intermediate.base64, root.base64] };
}

/** A revocation list by an authority. */
export async function makeCrl(
  ca: TestCertificate,
  revoked: TestCertificate[],
  { nextUpdate = days(7), thisUpdate = days(-1), extensions = [] as Extension[] } = {},
): Promise<{ der: Buffer; pem: string }> {
  const crl = new CertificateRevocationList();
  crl.version = 1;
  crl.issuer = ca.certificate.subject;
  crl.thisUpdate = new Time({ type: 0, value: thisUpdate });
  crl.nextUpdate = new Time({ type: 0, value: nextUpdate });
  if (revoked.length > 0)
    crl.revokedCertificates = revoked.map(
      ({ certificate }) =>
        new RevokedCertificate({
          userCertificate: certificate.serialNumber,
          revocationDate: new Time({ type: 0, value: days(-2) }),
        }),
    );
  if (extensions.length > 0) crl.crlExtensions = new Extensions({ extensions });
  await crl.sign(ca.keys.privateKey as never, 'SHA-256');
  const der = Buffer.from(crl.toSchema(true).toBER());
  return { der, pem: pem('X509 CRL', der.toString('base64')) };
}

/** A responder's answer about a certificate; signed by the authority, or by `signer`. */
export async function makeOcsp(
  ca: TestCertificate,
  about: TestCertificate,
  { revoked = false, nextUpdate = days(1), thisUpdate = days(-1), signer = ca } = {},
): Promise<Buffer> {
  const single = new SingleResponse({ thisUpdate, nextUpdate });
  single.certID = await CertID.create(about.certificate, {
    hashAlgorithm: 'SHA-1',
    issuerCertificate: ca.certificate,
  });
  single.certStatus = revoked
    ? new asn1js.Constructed({
        idBlock: { tagClass: 3, tagNumber: 1 },
        value: [new asn1js.GeneralizedTime({ valueDate: days(-2) })],
      })
    : new asn1js.Primitive({ idBlock: { tagClass: 3, tagNumber: 0 }, lenBlockLength: 1 } as never);
  const basic = new BasicOCSPResponse();
  basic.tbsResponseData.responderID = signer.certificate.subject;
  basic.tbsResponseData.producedAt = thisUpdate;
  basic.tbsResponseData.responses = [single];
  basic.certs = [signer.certificate];
  await basic.sign(signer.keys.privateKey as never, 'SHA-256');
  const response = new OCSPResponse();
  response.responseStatus = new asn1js.Enumerated({ value: 0 });
  response.responseBytes = new ResponseBytes({
    responseType: '1.3.6.1.5.5.7.48.1.1',
    response: new asn1js.OctetString({ valueHex: basic.toSchema().toBER() }),
  });
  return Buffer.from(response.toSchema().toBER());
}
