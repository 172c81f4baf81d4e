import {
  BasicOCSPResponse,
  CertID,
  CertificateRevocationList,
  ExtKeyUsage,
  getCrypto,
  IssuingDistributionPoint,
  OCSPRequest,
  OCSPResponse,
  Request,
} from 'pkijs';
import { messageOf } from '../../errors.ts';
import { CLOCK_SKEW_MS } from '../credential.ts';
import type { Http } from '../http.ts';
import { createSizedCache } from '../sized-cache.ts';
import { pathFault, signsRevocation } from './chain.ts';
import {
  type Certificate,
  caOf,
  extensionOf,
  isStrongSignature,
  OID,
  readCertificate,
  revocationUrls,
} from './x509.ts';

/** What is known of a chain's revocation. `none`: no certificate of it names a place to ask, and no list was given. */
export type Revocation =
  | { result: 'good' | 'none' }
  | { result: 'revoked'; at: number; since?: Date }
  | { result: 'unknown'; at: number; why: string };

/** A revocation list, not yet believed: its signature is verified against the issuer it is used for. */
export type Crl = CertificateRevocationList;

/** @returns undefined where the bytes are no revocation list, or one of more entries (some 3,000) than asn1js reads */
export function readCrl(der: Uint8Array): Crl | undefined {
  try {
    return CertificateRevocationList.fromBER(new Uint8Array(der));
  } catch {
    return undefined;
  }
}

const MAX_LIST_BYTES = 1_000_000;
const MAX_RESPONSE_BYTES = 32_768;
/** Responders of a response that are tried. */
const MAX_RESPONDERS = 3;
/** Addresses of a certificate that are asked. */
const MAX_ASKED = 2;
const TIMEOUT_MS = 5_000;
/** An answer that names no end counts so long; none is kept for longer. */
const DAY_MS = 86_400_000;
const CACHE_BYTES = 16_000_000;

type Answer = { result: 'good' } | { result: 'revoked'; since?: Date };

/**
 * Learns whether a certificate of a path was revoked: from lists the operator put beside the anchors, then from the lists
 * and responders that the certificates name (RFC 5280 section 6.3, RFC 6960), asked through the guarded client. What
 * cannot be had, or has passed its own end, gives `unknown`.
 */
export function createRevocationCheck({ http, clock }: { http: Http; clock: () => Date }) {
  const lists = createSizedCache<{ crl: Crl; until: number }>(CACHE_BYTES);
  const answers = createSizedCache<{ answer: Answer; until: number }>(CACHE_BYTES / 4);

  const fetched = async (url: string, request: Parameters<Http>[1]): Promise<Uint8Array> => {
    const { status, bytes } = await http(url, { timeoutMs: TIMEOUT_MS, ...request });
    if (status !== 200) throw new Error(`${url} answers ${status}`);
    return bytes;
  };

  const byList = async (url: string, certificate: Certificate, issuer: Certificate): Promise<Answer> => {
    const now = clock();
    const key = `${issuer.fingerprint} ${url}`;
    const cached = lists.get(key);
    if (cached && now.getTime() < cached.until) return look(cached.crl, certificate);
    const bytes = await fetched(url, { accept: 'application/pkix-crl', redirects: 2, maxBytes: MAX_LIST_BYTES });
    const crl = readCrl(bytes);
    if (!crl) throw new Error(`what stands at ${url} is no revocation list, or one of more than some 3,000 entries`);
    const why = await listFault(crl, certificate, issuer, now);
    if (why) throw new Error(`the revocation list ${url} ${why}`);
    const until = Math.min(crl.nextUpdate?.value.getTime() ?? now.getTime() + DAY_MS, now.getTime() + DAY_MS);
    lists.set(key, { crl, until }, bytes.length * 4);
    return look(crl, certificate);
  };

  const byResponder = async (url: string, certificate: Certificate, issuer: Certificate): Promise<Answer> => {
    const now = clock();
    const cached = answers.get(certificate.fingerprint);
    if (cached && now.getTime() < cached.until) return cached.answer;
    const id = await certId(certificate, issuer);
    const request = new OCSPRequest();
    request.tbsRequest.requestList = [new Request({ reqCert: id })];
    const bytes = await fetched(url, {
      method: 'POST',
      headers: { 'content-type': 'application/ocsp-request' },
      body: new Uint8Array(request.toSchema(true).toBER()),
      accept: 'application/ocsp-response',
      maxBytes: MAX_RESPONSE_BYTES,
    });
    const found = await readResponse(bytes, id, issuer, now);
    answers.set(certificate.fingerprint, found, 200);
    return found.answer;
  };

  const ofOne = async (certificate: Certificate, issuer: Certificate, held: Crl[]): Promise<Answer | 'none'> => {
    const now = clock();
    for (const crl of held) if (!(await listFault(crl, certificate, issuer, now))) return look(crl, certificate);
    const { crl, ocsp } = revocationUrls(certificate);
    if (crl.length + ocsp.length === 0) return 'none';
    let why = '';
    const ways = [
      ...crl.slice(0, MAX_ASKED).map((url) => () => byList(url, certificate, issuer)),
      ...ocsp.slice(0, MAX_ASKED).map((url) => () => byResponder(url, certificate, issuer)),
    ];
    for (const way of ways)
      try {
        return await way();
      } catch (error) {
        why ||= messageOf(error);
      }
    throw new Error(why);
  };

  /** @param path from the leaf to the anchor, sound; the anchor itself is not asked about: the operator put it there */
  return async (path: Certificate[], held: Crl[]): Promise<Revocation> => {
    const found = await Promise.all(
      path.slice(0, -1).map((certificate, at) =>
        ofOne(certificate, path[at + 1]!, held).catch((error) => ({
          result: 'unknown' as const,
          why: messageOf(error),
        })),
      ),
    );
    const all = found.map((one, at) => (one === 'none' ? { result: one } : { ...one, at }));
    const worst = (result: string) => all.find((one) => one.result === result);
    return worst('revoked') ?? worst('unknown') ?? worst('good') ?? { result: 'none' };
  };
}

function look(crl: Crl, { pki }: Certificate): Answer {
  const entry = crl.revokedCertificates?.find((one) => one.userCertificate.isEqual(pki.serialNumber));
  return entry ? { result: 'revoked', since: entry.revocationDate.value } : { result: 'good' };
}

/** Why a list says nothing about this certificate now; undefined: it does (RFC 5280 section 6.3.3). */
async function listFault(
  crl: Crl,
  certificate: Certificate,
  issuer: Certificate,
  now: Date,
): Promise<string | undefined> {
  try {
    if (!crl.issuer.isEqual(issuer.pki.subject)) return 'is by another issuer';
    if (!(crl.thisUpdate.value.getTime() <= now.getTime() + CLOCK_SKEW_MS)) return 'is from the future';
    if (crl.nextUpdate && !(now <= crl.nextUpdate.value))
      return `ended at ${crl.nextUpdate.value.toISOString()}, and no newer one stands there`;
    const extensions = crl.crlExtensions?.extensions ?? [];
    const unknown = extensions.find((one) => one.critical && one.extnID !== OID.issuingDistributionPoint);
    if (unknown) return `has a critical extension that is not known here: ${unknown.extnID}`;
    const scope = extensions.find((one) => one.extnID === OID.issuingDistributionPoint)?.parsedValue;
    if (scope && !covers(scope, certificate)) return 'does not cover this certificate';
    if (!signsRevocation(issuer) || !isStrongSignature(crl.signatureAlgorithm)) return 'is not signed as it must be';
    return (await crl.verify({ issuerCertificate: issuer.pki })) ? undefined : 'is not signed by the issuer';
  } catch (error) {
    return `cannot be used: ${messageOf(error)}`;
  }
}

/** Whether a list that is only a part of all covers this certificate. */
function covers(scope: unknown, certificate: Certificate): boolean {
  if (!(scope instanceof IssuingDistributionPoint) || 'parsingError' in scope) return false;
  const { distributionPoint, onlyContainsUserCerts, onlyContainsCACerts, onlyContainsAttributeCerts } = scope;
  if (scope.indirectCRL || scope.onlySomeReasons !== undefined || onlyContainsAttributeCerts) return false;
  const isCa = caOf(certificate) !== undefined;
  if ((onlyContainsUserCerts && isCa) || (onlyContainsCACerts && !isCa)) return false;
  if (distributionPoint === undefined) return true;
  const named = Array.isArray(distributionPoint) ? distributionPoint.map(({ value }) => value) : [];
  return revocationUrls(certificate).crl.some((url) => named.includes(url));
}

/** The name of a certificate in OCSP; SHA-1 only tells certificates apart here (RFC 5019 section 2.1.1). */
const certId = (certificate: Certificate, issuer: Certificate): Promise<CertID> =>
  CertID.create(certificate.pki, { hashAlgorithm: 'SHA-1', issuerCertificate: issuer.pki });

/** Tags of certStatus (RFC 6960 section 4.2.1). */
const GOOD = 0;
const REVOKED = 1;

async function readResponse(
  bytes: Uint8Array,
  id: CertID,
  issuer: Certificate,
  now: Date,
): Promise<{ answer: Answer; until: number }> {
  const { responseStatus, responseBytes } = OCSPResponse.fromBER(new Uint8Array(bytes));
  if (responseStatus.valueBlock.valueDec !== 0 || !responseBytes)
    throw new Error(`the responder gives no answer (${responseStatus.valueBlock.valueDec})`);
  const basic = BasicOCSPResponse.fromBER(responseBytes.response.valueBlock.valueHexView);
  if (!(await signedFor(basic, issuer, now))) throw new Error("the responder's answer is not signed for the issuer");
  const single = basic.tbsResponseData.responses.find((one) => one.certID.isEqual(id));
  if (!single) throw new Error('the responder answers about another certificate');
  const { thisUpdate, nextUpdate, certStatus } = single;
  const until = Math.min(nextUpdate?.getTime() ?? Number.POSITIVE_INFINITY, thisUpdate.getTime() + 7 * DAY_MS);
  if (!(thisUpdate.getTime() <= now.getTime() + CLOCK_SKEW_MS && now.getTime() < until))
    throw new Error("the responder's answer is not of now");
  const tag = certStatus?.idBlock?.tagNumber;
  if (tag !== GOOD && tag !== REVOKED) throw new Error('the responder does not know the certificate');
  const answer: Answer = tag === GOOD ? { result: 'good' } : { result: 'revoked' };
  return { answer, until: Math.min(until, now.getTime() + DAY_MS / 24) };
}

/** Whether the issuer signed a response, or a responder that the issuer itself certified for it (RFC 6960 section 4.2.2.2). */
async function signedFor(basic: BasicOCSPResponse, issuer: Certificate, now: Date): Promise<boolean> {
  if (!isStrongSignature(basic.signatureAlgorithm)) return false;
  const delegates = (basic.certs ?? [])
    .slice(0, MAX_RESPONDERS)
    .map((pki) => readCertificate(Buffer.from(pki.toSchema().toBER())))
    .filter((one) => one !== undefined)
    .filter((one) => !pathFault([one, issuer], now))
    .filter((one) => extensionOf(one, OID.extKeyUsage, ExtKeyUsage)?.keyPurposes.includes(OID.ocspSigning));
  for (const { pki } of [issuer, ...delegates])
    try {
      const { tbsResponseData, signature, signatureAlgorithm } = basic;
      const key = pki.subjectPublicKeyInfo;
      if (await getCrypto(true).verifyWithPublicKey(tbsResponseData.tbsView, signature, key, signatureAlgorithm))
        return true;
    } catch {
      // A key of another kind than the signature.
    }
  return false;
}
