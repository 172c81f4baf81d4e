import type { Certificate, Report } from '../model.ts';
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
  /** Ids of the services inside, where it is about the company. */
  covers?: string[];
}

const isoDay = (date: Date): string => date.toISOString().slice(0, 10);

export function monthsFrom(start: Date, months: number): Date {
  const date = new Date(start);
  date.setUTCMonth(date.getUTCMonth() + months);
  return date;
}

const reported = ({ opinion, period }: Report, now: Date): Node => ({
  'kontor:opinion': opinion,
  'kontor:periodFrom': isoDay(monthsFrom(now, -period[0])),
  'kontor:periodUntil': isoDay(monthsFrom(now, -period[1])),
});

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
    'kontor:covers': claim.covers,
    ...(claim.report ? reported(claim.report, validity.from) : {}),
    'kontor:holder': { id: claim.holder },
    'kontor:body': claim.body,
    'kontor:from': claim.from,
    'kontor:until': claim.until,
    'kontor:registerRecord': claim.registerRecord,
    'kontor:documentDigest': claim.documentDigest,
  });
  return credential(['kontor:CertificateCredential'], issuer, validity, subject, { credentialStatus });
}
