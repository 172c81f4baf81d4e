import { createHash } from 'node:crypto';
import type { Answer } from '../compliance/answers.ts';
import type { Decision, EvidenceItem, ShownBasis } from '../compliance/decision.ts';
import type { Description, Kind } from '../compliance/description.ts';
import type { Anchored } from '../credentials/keys/chain-check.ts';

export type { Answer };

/** A label as listings carry it. `by` is the DID of the node that vouches; `own` tells whether it is this node. */
export interface ListingLabel {
  scheme: string;
  level: string;
  by: string;
  own: boolean;
  basis: ShownBasis;
  /** Start of the label's validity, where known. */
  since?: string;
  validUntil: string;
  /** Digest of the label credential. */
  digest: string;
}

export interface ListingCertification {
  scheme: string;
  level?: string;
  scope?: string;
  issuer: string;
  basis: ShownBasis;
  validUntil: string;
  digest: string;
  /** How it ended, if it lapsed. */
  ended?: 'revoked' | 'suspended' | 'expired';
}

/** `revoked`, `suspended`: by its issuer's status list, or with the key that signed it; `status-unknown`: that list has been out of reach for too long. */
export type ListingState =
  | 'current'
  | 'superseded'
  | 'withdrawn'
  | 'expired'
  | 'revoked'
  | 'suspended'
  | 'status-unknown'
  | 'pending';

/** Whether the issuer still stands behind a listing, by the status list that its credential names, or by its key. */
export type ListingStatus =
  | {
      state: 'good' | 'revoked' | 'suspended' | 'unknown';
      /** Since when it is so; of `unknown`: since when the list cannot be read. */
      since: string;
      /** When the list was last read. */
      checkedAt: string;
      /** URL of the list. */
      list: string;
      /** Of `unknown`: why the list cannot be read. */
      reason?: string;
      key?: never;
    }
  | {
      state: 'revoked';
      /** When the key that signed it was revoked, as its DID document says. */
      since: string;
      /** DID URL of the key. */
      key: string;
      checkedAt?: never;
      list?: never;
      reason?: never;
    };

/** A listing as every list shows it: API, pages and command line share these names. Times are ISO 8601 UTC. */
export interface ListingSummary {
  key: string;
  id: string;
  kind: Kind;
  type: string;
  name: string;
  description: string;
  provider: { did: string; name: string; country?: string };
  /** Where data is stored, processed or hosted; ISO 3166-1 alpha-2, sorted. */
  countries: string[];
  /** Law that reaches it as far as is known: EU/EEA only, or the countries outside with the link that brings them. */
  exposure: { known: boolean; outside: { country: string; by: string }[] };
  validFrom: string;
  validUntil: string;
  state: ListingState;
  digest: string;
  verifiedAt: string;
  labels: ListingLabel[];
  certifications: ListingCertification[];
  /** Set where the offer calls itself sovereign while exposed: the plain sentence to show. */
  caution?: string;
}

/** Who stood behind the key by certificates when the version was taken; `Anchored`, with its time as text. */
export type ListingCertifier = Omit<Anchored, 'until'> & { until: string };

/** All of one listing. */
export interface ListingDetail extends ListingSummary {
  facts: Description;
  /** The twelve questions of a buyer, answered in order. */
  answers: Answer[];
  decisions: Decision[];
  evidence: EvidenceItem[];
  /** Absent where the credential names no status list, and its key was not revoked. */
  status?: ListingStatus;
  credential: {
    format: string;
    mediaType: string;
    keyId: string;
    /** When the DID document that lists the key was last read; absent where that is never asked for again. */
    keyReadAt?: string;
    issuedAt: string;
    size: number;
    /** Absent where no certificate chain of the key led to a trust anchor of this node. */
    anchored?: ListingCertifier;
  };
  /** Who carries it: this node or the origins it came through, with the log position. */
  carriedBy: { origin: string; index: number; at: string }[];
  versions: {
    digest: string;
    validFrom: string;
    validUntil: string;
    state: ListingState;
    at: string;
    sentence: string;
  }[];
  providerListing?: ListingSummary;
}

/**
 * The key of a listing: the same on every node, made of the subject id and its issuer alone, so that two publishers
 * that use one id can never take over each other's listing. 22 characters of base64url.
 */
export function listingKey(subjectId: string, issuer: string): string {
  return createHash('sha256').update(`${subjectId}\n${issuer}`).digest().subarray(0, 16).toString('base64url');
}
