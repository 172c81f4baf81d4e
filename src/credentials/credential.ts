import type { ClaimNode } from './jsonld/claims.ts';
import type { Anchored } from './keys/chain-check.ts';

/**
 * The first three rungs of the ladder that everything entering a node climbs:
 * Submission -> Credential (parsed) -> VerifiedCredential. Only `parse` and `verify` make the later ones: the
 * `rung` brand cannot be written elsewhere, so no step can be skipped.
 */
declare const rung: unique symbol;
export type Rung<Name extends string> = { readonly [rung]: Name };

/** Bytes as they came in, and where from. */
export interface Submission {
  bytes: Uint8Array;
  /** Media type as declared, without parameters, lower case. */
  mediaType: string;
  source: Source;
}

/** Where a submission came from: decides admission, never trust. */
export type Source =
  | { kind: 'provider'; address?: string }
  | { kind: 'file'; path: string }
  | { kind: 'peer'; url: string; origin: string; did: string };

/** How it is signed: as a JWT, or with proofs inside the document. */
export type Format = 'vc+jwt' | 'data-integrity';

/** A JSON object as parsed from the wire. */
export type JsonObject = { [key: string]: unknown };

/** A well-formed credential whose signature nobody has looked at yet. */
export interface ParsedCredential extends Rung<'parsed'> {
  submission: Submission;
  /** digestMultibase of the exact bytes: `u` + base64url(sha2-256 multihash). */
  digest: string;
  format: Format;
  /** The credential: what the JWT says it is, without JWT claims, or the JSON-LD body with its proofs. */
  document: JsonObject;
  /** Protected header, compact form and whole payload, of JWTs only. */
  jwt?: { header: JsonObject; compact: string; payload: JsonObject };
}

/** Clocks differ: what begins no later than this ahead is taken as begun, in milliseconds. */
export const CLOCK_SKEW_MS = 300_000;

/** A DID document, and when its host was asked for it. */
export interface ReadDocument {
  document: { id: string };
  readAt: Date;
}

/** A credential of whose signature, issuer, window and status this node is sure as of `verifiedAt`. */
export interface VerifiedCredential extends Rung<'verified'> {
  parsed: ParsedCredential;
  digest: string;
  format: Format;
  document: JsonObject;
  /** The data model it is written in. */
  version: '1.1' | '2.0';
  /** Credential `id`, if given. */
  id?: string;
  issuer: string;
  /** The issuer's verification method that made the proof: a DID URL. */
  keyId: string;
  /** Fingerprint of what was said and signed with this key: other spellings and signatures of it share it. */
  statement: string;
  /** Names of the credential's types other than VerifiableCredential, as full IRIs shortened to known prefixes. */
  types: string[];
  /** Who stands behind the key by certificates, where a chain was looked at and leads to a trust anchor. */
  anchored?: Anchored;
  validFrom: Date;
  /** Never absent: a credential without validUntil ends one year after validFrom (see docs/decisions). */
  validUntil: Date;
  /** Time of the proof (`created`, JWT `iat`), or validFrom. */
  issuedAt: Date;
  /** The DID documents, read from their hosts, that list the keys of its proofs. */
  documents: ReadDocument[];
  /** The credential's subjects as claim trees; at least one. */
  subjects: ClaimNode[];
  verifiedAt: Date;
}
