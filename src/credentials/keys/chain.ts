import { createPublicKey, type KeyObject } from 'node:crypto';
import type { BitString } from 'asn1js';
import { BitString as BitStringType } from 'asn1js';
import {
  CertificateChainValidationEngine,
  type GeneralName,
  NameConstraints,
  type RelativeDistinguishedNames,
} from 'pkijs';
import { messageOf } from '../../errors.ts';
import type { JsonObject } from '../credential.ts';
import { altNames, type Certificate, caOf, extensionOf, isStrongKey, isStrongSignature, OID } from './x509.ts';

/*
 * The path rules of RFC 5280 section 6.1 for a chain whose order is given: every certificate signed the one before it.
 * pkijs and OpenSSL read and compute; pkijs' own engine has the last word on policies. It is not asked alone: it looks
 * at no path length, widens name constraints on the way down, passes over critical extensions of the leaf, and walks
 * in circles where two certificates signed each other.
 */

/** Which certificate of a chain does not hold (0: the key's own), and why. */
export interface ChainFault {
  at: number;
  why: string;
  found?: string;
  allowed?: string;
  mend: string;
}

interface LeafDemands {
  /** The JWK the chain stands beside; the leaf must be the certificate of that key. */
  jwk: JsonObject;
  /** Host that the leaf must name; undefined where the DID names none. */
  host?: string;
}

/** A certificate by a name that is believed, with where it was read. */
export interface Anchor {
  certificate: Certificate;
  /** Path of the file, or URL of the registry. */
  from: string;
}

const ISSUE_AGAIN = 'Have the certificate issued again, or use another certificate authority';

/** What is wrong with the leaf's key or name. */
export function leafFault(leaf: Certificate, { jwk, host }: LeafDemands): ChainFault | undefined {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: jwk as never, format: 'jwk' });
  } catch {
    return { at: 0, why: 'The JWK beside the chain is not a public key', mend: 'Publish the key as a JWK (RFC 7517)' };
  }
  if (!key.equals(leaf.key))
    return {
      at: 0,
      why: 'The certificate is for another key than the one in the DID document',
      found: leaf.subject,
      mend: 'Put the certificate of this very key first in x5c or x5u, or leave the chain out',
    };
  // No common name: https://www.rfc-editor.org/rfc/rfc9525#section-6.3, which left it behind for good.
  const options = { subject: 'never', wildcards: true, partialWildcards: false } as const;
  if (host !== undefined && leaf.x509.checkHost(host, options) === undefined)
    return {
      at: 0,
      why: `The certificate is not for ${host}, the host of the DID`,
      found: leaf.x509.subjectAltName?.slice(0, 200) ?? `no subjectAltName; subject ${leaf.subject}`,
      allowed: `a subjectAltName DNS:${host}`,
      mend: 'Use a certificate that names the host of the did:web under subjectAltName',
    };
  return undefined;
}

/** What is wrong with a chain in its given order, whoever stands at its end. */
export function pathFault(path: Certificate[], now: Date): ChainFault | undefined {
  let at = 0;
  try {
    for (; at < path.length; at++) {
      const fault = certificateFault(path[at]!, now) ?? (at === 0 ? leafUse(path[0]!) : issuerFault(path, at));
      if (fault) return { at, ...fault };
    }
    return undefined;
  } catch (error) {
    return { at, why: `The certificate cannot be read: ${messageOf(error)}`, mend: ISSUE_AGAIN };
  }
}

type Fault = Omit<ChainFault, 'at'>;

/** Extensions whose meaning is minded here or by the engine; any other that is critical stops the chain. */
const MINDED = new Set<string>([
  OID.keyUsage,
  OID.subjectAltName,
  OID.basicConstraints,
  OID.nameConstraints,
  OID.crlDistributionPoints,
  OID.authorityKeyIdentifier,
  OID.extKeyUsage,
  OID.authorityInfoAccess,
  '2.5.29.14',
  '2.5.29.18',
  '2.5.29.32',
  '2.5.29.33',
  '2.5.29.36',
  '2.5.29.46',
  '2.5.29.54',
]);

function certificateFault({ pki, key, from, until }: Certificate, now: Date): Fault | undefined {
  const extensions = pki.extensions ?? [];
  const ids = extensions.map(({ extnID }) => extnID);
  const unknown = extensions.find(({ critical, extnID }) => critical && !MINDED.has(extnID));
  if (unknown)
    return { why: `It has a critical extension that is not known here: ${unknown.extnID}`, mend: ISSUE_AGAIN };
  if (new Set(ids).size < ids.length) return { why: 'It has an extension twice', mend: ISSUE_AGAIN };
  if (!isStrongKey(key))
    return {
      why: 'Its key is too weak',
      found: `${key.asymmetricKeyType} ${key.asymmetricKeyDetails?.modulusLength ?? key.asymmetricKeyDetails?.namedCurve ?? ''}`,
      allowed: 'RSA of 2,048 to 8,192 bits, NIST or Brainpool curves from 256 bits, Ed25519, Ed448',
      mend: ISSUE_AGAIN,
    };
  if (!(from <= now)) return { why: `It is not valid before ${from.toISOString()}`, mend: 'Wait, or mend the clock' };
  if (!(now <= until))
    return { why: `It expired at ${until.toISOString()}`, mend: 'Renew the certificate and publish the new chain' };
  return undefined;
}

/** Bits of keyUsage, first octet (RFC 5280 section 4.2.1.3). */
const DIGITAL_SIGNATURE = 0x80;
const KEY_CERT_SIGN = 0x04;
const CRL_SIGN = 0x02;

/** Whether the certificate lets its key be used so; one without the extension permits everything. */
function permits(certificate: Certificate, bit: number): boolean {
  const usage: BitString | undefined = extensionOf(certificate, OID.keyUsage, BitStringType);
  return !usage || ((usage.valueBlock.valueHexView[0] ?? 0) & bit) !== 0;
}

export const signsRevocation = (certificate: Certificate): boolean => permits(certificate, CRL_SIGN);

const leafUse = (leaf: Certificate): Fault | undefined =>
  permits(leaf, DIGITAL_SIGNATURE)
    ? undefined
    : { why: 'Its key may not sign: keyUsage lacks digitalSignature', mend: ISSUE_AGAIN };

/** What hinders the certificate at `at` from having issued the one before it, or those below it. */
function issuerFault(path: Certificate[], at: number): Fault | undefined {
  const issuer = path[at]!;
  const child = path[at - 1]!;
  if (child.issuer !== issuer.subject)
    return {
      why: 'It did not issue the certificate before it: the chain is not in order',
      found: issuer.subject,
      allowed: child.issuer,
      mend: 'Order the chain: the certificate of the key, then its issuer, and so on',
    };
  const ca = caOf(issuer);
  if (!ca)
    return { why: 'It is no certificate authority (CA:FALSE), but signed another certificate', mend: ISSUE_AGAIN };
  if (!permits(issuer, KEY_CERT_SIGN))
    return { why: 'It may not sign certificates: keyUsage lacks keyCertSign', mend: ISSUE_AGAIN };
  if (!isStrongSignature(child.pki.signatureAlgorithm))
    return {
      why: 'It signed the certificate before it with an algorithm that is too weak',
      found: child.x509.signatureAlgorithm ?? child.pki.signatureAlgorithm.algorithmId,
      allowed: 'SHA-256 or longer, with RSA or ECDSA; Ed25519, Ed448',
      mend: ISSUE_AGAIN,
    };
  if (!issued(issuer, child))
    return {
      why: 'It has the name of the issuer of the certificate before it, but not the key',
      found: issuer.subject,
      mend: 'Put the certificate there whose key signed the one before it',
    };
  const between = path.slice(1, at).filter((one) => one.subject !== one.issuer).length;
  if (between > ca.pathLength)
    return {
      why: 'It has more authorities below it than it permits',
      found: String(between),
      allowed: `a path length of ${ca.pathLength}`,
      mend: ISSUE_AGAIN,
    };
  return nameFault(path, at);
}

function issued(issuer: Certificate, child: Certificate): boolean {
  try {
    return child.x509.checkIssued(issuer.x509) && child.x509.verify(issuer.key);
  } catch {
    return false;
  }
}

/** Kinds of general names (RFC 5280 section 4.2.1.6). */
const DNS = 2;
const DIRECTORY = 4;

/** Name constraints of the authority at `at` for everything below it (RFC 5280 section 4.2.1.10). */
function nameFault(path: Certificate[], at: number): Fault | undefined {
  const constraints = extensionOf(path[at]!, OID.nameConstraints, NameConstraints);
  if (!constraints) return undefined;
  const permitted = (constraints.permittedSubtrees ?? []).map(({ base }) => base);
  const excluded = (constraints.excludedSubtrees ?? []).map(({ base }) => base);
  for (const below of path.slice(0, at)) {
    const names = [...altNames(below), { type: DIRECTORY, value: below.pki.subject } as GeneralName];
    for (const name of names) {
      const rules = permitted.filter(({ type }) => type === name.type);
      const wrong =
        (rules.length > 0 && !rules.some((rule) => lies(name, rule, false))) ||
        excluded.some((rule) => rule.type === name.type && lies(name, rule, true));
      if (wrong)
        return {
          why: `It may not vouch for the names of ${below.subject}: its name constraints exclude them`,
          found: name.type === DNS ? String(name.value).slice(0, 200) : below.subject,
          mend: ISSUE_AGAIN,
        };
    }
  }
  return undefined;
}

/** Whether a name lies under a rule; kinds that are not compared here count against the name. */
function lies(name: GeneralName, rule: GeneralName, excluding: boolean): boolean {
  if (name.type === DNS) {
    const [host, base] = [name, rule].map(({ value }) => String(value).toLowerCase());
    const tree = base!.replace(/^\./, '');
    if (tree === '' || host === tree || host!.endsWith(`.${tree}`)) return true;
    // A wildcard reaches into an excluded tree that lies directly below it.
    return excluding && host!.startsWith('*.') && tree.endsWith(host!.slice(1));
  }
  if (name.type === DIRECTORY) {
    const [subject, base] = [name, rule].map(({ value }) => (value as RelativeDistinguishedNames).typesAndValues);
    if (subject!.length === 0) return !excluding;
    return base!.every((part, at) => subject![at]?.isEqual(part));
  }
  return excluding;
}

/**
 * The chain up to the nearest anchor, with the anchor's own certificate at its end: by subject and key, whether it was
 * in the chain or signed its end. Undefined: nobody in the trust store stands behind it.
 */
export function anchored(
  chain: Certificate[],
  anchorsBySubject: ReadonlyMap<string, Anchor[]>,
): { path: Certificate[]; anchor: Anchor } | undefined {
  for (const [at, one] of chain.entries())
    for (const anchor of anchorsBySubject.get(one.subject) ?? [])
      if (anchor.certificate.key.equals(one.key)) return { path: [...chain.slice(0, at), anchor.certificate], anchor };
  const last = chain.at(-1)!;
  for (const anchor of anchorsBySubject.get(last.issuer) ?? [])
    if (issued(anchor.certificate, last)) return { path: [...chain, anchor.certificate], anchor };
  return undefined;
}

/** What pkijs' engine says against a path from leaf to anchor: certificate policies, and all the rest once more. */
export async function engineFault(path: Certificate[], now: Date): Promise<ChainFault | undefined> {
  if (path.length < 2) return undefined;
  const certificates = path.map(({ pki }) => pki);
  const next = new Map(certificates.map((one, at) => [one, certificates[at + 1]]));
  const engine = new CertificateChainValidationEngine({
    trustedCerts: certificates.slice(-1),
    certs: certificates.slice(0, -1).reverse(),
    checkDate: now,
    // The order is known; the engine's own search has no end where certificates signed each other.
    findIssuer: async (certificate) => [next.get(certificate)].filter((one) => one !== undefined),
  });
  const { result, resultMessage } = await engine.verify();
  return result
    ? undefined
    : { at: 0, why: `The chain does not hold: ${resultMessage.slice(0, 200)}`, mend: ISSUE_AGAIN };
}
