import type { Certificate } from '../model.ts';
import { credential, type Node, said, type Validity } from './values.ts';

/** A registration number as a notary vouches for it. */
export function vatCredential(
  notary: string,
  claim: { id: string; number: string; country: string },
  validity: Validity,
): Node {
  return credential(['gx:VatID'], notary, validity, {
    id: claim.id,
    type: 'gx:VatID',
    'gx:vatID': claim.number,
    'gx:countryCode': claim.country,
  });
}

export interface CertificateClaim extends Omit<Certificate, 'by'> {
  /** Subject: the offering or the participant it is about. */
  about: string;
  /** DID of the holder. */
  holder: string;
  /** Name of the body. */
  body: string;
  /** ISO dates. */
  from: string;
  until: string;
  registerRecord?: string;
  documentDigest?: string;
}

/** A certificate about an offering or a company, signed by whoever says so: the body, or the provider itself. */
export function certificateCredential(
  issuer: string,
  claim: CertificateClaim,
  validity: Validity,
  credentialStatus?: Node,
): Node {
  const subject = said({
    id: claim.about,
    type: 'kontor:Certificate',
    'kontor:scheme': claim.scheme,
    'kontor:edition': claim.edition,
    'kontor:level': claim.level,
    'kontor:certificateType': claim.certificateType,
    'kontor:scope': claim.scope,
    'kontor:holder': { id: claim.holder },
    'kontor:body': claim.body,
    'kontor:from': claim.from,
    'kontor:until': claim.until,
    'kontor:registerRecord': claim.registerRecord,
    'kontor:documentDigest': claim.documentDigest,
  });
  return credential(['kontor:CertificateCredential'], issuer, validity, subject, { credentialStatus });
}
