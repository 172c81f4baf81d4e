import type { Generated, Insertable, Selectable } from 'kysely';

/** The tables of a node, as migrations/ makes them. Times are ISO 8601 UTC text; booleans 0 or 1. */
export interface Tables {
  /** Content by digest: exactly the bytes that were signed. */
  object: {
    digest: string;
    kind: 'listing' | 'evidence' | 'withdrawal' | 'label';
    media_type: string;
    bytes: Uint8Array;
    size: number;
    first_seen: string;
  };
  /** Every version of every listing; the current one is what `listing` points to. */
  version: {
    digest: string;
    key: string;
    subject: string;
    issuer: string;
    key_id: string;
    /** Fingerprint of what was said and signed: re-encodings of one statement share it. */
    statement: string;
    format: string;
    type: string;
    valid_from: string;
    valid_until: string;
    issued_at: string;
    verified_at: string;
    state: string;
    /** Description as JSON. */
    description: string;
    /** Subject ids it refers to, as a JSON array. */
    refs: string;
    /** What labels of clearing houses may name it by, its id and a digest, as a JSON array. */
    names: Generated<string>;
    at: string;
    /** ListingCertifier as JSON; null where no chain of the key led to a trust anchor. */
    anchored: string | null;
  };
  /** One row a listing: the query side of its current version. `id` is its row in the full-text index. */
  listing: {
    id: Generated<number>;
    key: string;
    digest: string;
    subject: string;
    issuer: string;
    /** Participant id that the offering names as its provider, else the issuer. */
    provider: string;
    kind: string;
    type: string;
    name: string;
    /** Folded name, for the exact-title tier. */
    name_folded: string;
    valid_from: string;
    valid_until: string;
    state: string;
    /** ListingSummary without labels and certifications, as JSON. */
    summary: string;
    updated_at: string;
  };
  /** One row a filterable value of a current listing. */
  facet: { listing_id: number; name: string; value: string };
  /** What a listing rests on: subject ids whose change makes it be judged again. */
  depends: { key: string; on_id: string };
  /** Listings to be settled soon, because something they rest on has changed. */
  due: { key: string; not_before: Generated<string>; tries: Generated<number> };
  /** Other encodings of statements: their digest, and that of the bytes the catalogue shows. */
  alias: { digest: string; of: string };
  /** Credentials about a subject by somebody: registration numbers, certificates. */
  evidence: {
    digest: string;
    about: string;
    issuer: string;
    key_id: string;
    /** As in `version`. */
    statement: string;
    type: string;
    valid_from: string;
    valid_until: string;
    /** Subject claim trees as JSON. */
    subjects: string;
    state: string;
  };
  /** Which credentials a label of a clearing house names, by id and by digest. */
  evidence_name: { name: string; digest: string };
  /** Provider-signed endings: all versions of `key` with valid_from up to this one's. */
  withdrawal: {
    digest: string;
    key: string;
    subject: string;
    issuer: string;
    valid_from: string;
    until: string;
    /** In the provider's words; may be empty. */
    reason: string;
  };
  /** This node's own decision per listing and scheme, also where no level holds. */
  decision: {
    key: string;
    scheme: string;
    digest: string;
    level: string | null;
    basis: string;
    decision: string;
    label: string | null;
    decided_at: string;
    /** When it must be made anew, whatever else happens. */
    valid_until: string;
  };
  /** Label credentials of this and other nodes. */
  label: {
    digest: string;
    about: string;
    scheme: string;
    level: string;
    /** 1-based position of the level in its scheme; labels filter by `rank >=`. */
    rank: number;
    issuer: string;
    basis: string;
    valid_until: string;
    state: string;
    at: string;
  };
  /** How this node's own labels came and went: one row a change, the newest last. */
  label_change: {
    id: Generated<number>;
    key: string;
    scheme: string;
    at: string;
    /** Digest of the listing version. */
    version: string;
    /** Null where no level holds from then on. */
    level: string | null;
    former: string | null;
    basis: string;
    /** Digest of the label that holds from then on. */
    label: string | null;
    /** One plain sentence. */
    reason: string;
  };
  /** DID documents as they were when something that is held was verified by them, as JSON. */
  did_document: { digest: string; did: string; text: string; read_at: string };
  /** Which documents the signatures of a credential, or of the copy of a status list, were verified by. */
  signed_under: { credential: string; document: string };
  /** The newest status list that was read from an address, as it was received. */
  status_copy: { url: string; digest: string; media_type: string; bytes: Uint8Array; read_at: string };
  /** Places of this node's own labels in its status lists: list from 1, index from 0. */
  own_status: { list: number; idx: number; digest: string; key_id: string; ended: number };
  /**
   * What stands of listings and evidence in status lists: one row an entry of `credentialStatus`. And of what ended with
   * its key one row whose `type` is `key`, its `url` the key, its `since` when that was revoked.
   */
  status_entry: {
    digest: string;
    url: string;
    idx: number;
    purpose: string;
    /** As `StatusEntry`. */
    type: string;
    size: number;
    issuer: string;
    state: 'good' | 'revoked' | 'suspended' | 'unknown';
    /** When the state began. */
    since: string;
  };
  /** One row a status list that something held here names. */
  status_list: {
    url: string;
    /** When it was last read; and the date of the newest that was seen: an older one is not taken. */
    checked_at: string;
    newest: string;
    /** Why it could not be read last time. */
    reason: string | null;
    next_at: string;
  };
  /** Whose keys signed what is held: the DIDs whose documents are looked at again. */
  signer: {
    did: string;
    /** When the document was last read; and why it could not be the last time. */
    read_at: string;
    reason: string | null;
    next_at: string;
  };
  /** Submissions whose issuer's key or status list cannot be fetched now. */
  held: {
    digest: string;
    /** Whose key or list is missing: the neighbourhood of the issuer's host, or its DID method. */
    host: string;
    /** Whether that issuer had a listing here when it was sent; nobody has proved who sent it. */
    known: number;
    size: number;
    media_type: string;
    bytes: Uint8Array;
    source: string;
    reason: string;
    tries: number;
    not_before: string;
    since: string;
  };
  /** One row a log this node keeps or follows; `own` is its own. */
  log: {
    origin: string;
    node_did: string;
    own: number;
    size: number;
    root: string;
    /** JSON array of base64 right-edge hashes: at most 64. */
    edge: string;
    /** The signed note of the head. */
    note: string;
    state: string;
    reason: string | null;
    /** Delta cursor of /federation/heads: grows with each change of any head. */
    version: number;
    changed_at: string;
  };
  entry: {
    origin: string;
    idx: number;
    bytes: Uint8Array;
    leaf: Uint8Array;
    op: string;
    kind: string;
    digest: string | null;
    at: string;
  };
  /** Complete subtree hashes at tile boundaries: levels 8, 16, 24... in steps of one tile. */
  tile_node: { origin: string; level: number; idx: number; hash: Uint8Array };
  /** Who carries what: a drop removes one row. */
  carriage: { digest: string; origin: string; idx: number };
  /** Objects named by followed logs and not yet listed, or refused. */
  want: {
    digest: string;
    origin: string;
    idx: number;
    kind: string;
    state: string;
    reason: string | null;
    tries: number;
    not_before: string;
  };
  peer: {
    url: string;
    did: string | null;
    source: string;
    cursor: number;
    failures: number;
    not_before: string;
    last_success: string | null;
    last_error: string | null;
    bytes: number;
    requests: number;
    blamed: string | null;
  };
  fork: { origin: string; evidence: string; at: string };
  token: { hash: string; role: string; name: string; at: string };
  meta: { name: string; value: string };
  /** Full-text index over folded words: contentless, so `rowid` is the listing's id and nothing can be read back. */
  fts: { rowid: number; name: string; body: string };
}

export type Row<T extends keyof Tables> = Selectable<Tables[T]>;
export type NewRow<T extends keyof Tables> = Insertable<Tables[T]>;
