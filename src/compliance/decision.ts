/** How sure an answer is; see shared words in docs/glossary.md. Ordered from weakest to strongest in BASES. */
export const BASES = ['unknown', 'claimed', 'attested', 'verified'] as const;
export type Basis = (typeof BASES)[number];

/** Shown in place of a basis when what it rested on has ended. */
export type ShownBasis = Basis | 'lapsed';

export interface CriterionResult {
  /** Published criterion number, for example `P1.3.2`. */
  id: string;
  /** Short text of ours for people. */
  title: string;
  result: 'met' | 'unmet' | 'unknown' | 'not-applicable';
  basis: Basis;
  /** One plain sentence: met by what, or what is missing. */
  why: string;
  /** What to do to meet it; only where it is not met. */
  mend?: string;
  /** Digests of the credentials it rests on. */
  evidence: string[];
}

/** What one scheme says about one listing version, by this node's own policy. Same inputs give the same bytes. */
export interface Decision {
  scheme: string;
  /** Edition and digest of the scheme file. */
  edition: string;
  schemeDigest: string;
  /** Highest level that holds, or null. */
  level: string | null;
  /** Weakest basis among the criteria the level demands; `unknown` if no level holds. */
  basis: Basis;
  /** Results of the criteria of the level granted or, if none is, of the lowest level. */
  criteria: CriterionResult[];
  /** The nearest level above and what is missing for it; null at the top of what can be decided. */
  next: { level: string; missing: CriterionResult[] } | null;
  /** ISO time until which the decision holds: the shortest validity among what it rests on. */
  validUntil: string;
  /** Digests of every credential read. */
  evidence: string[];
  /** Nothing was said that the scheme could judge: neither stored nor shown. */
  silent?: true;
  /** Of schemes of certificates: each that is held, the best first. */
  held?: HeldCertificate[];
  /** Of schemes of answers: what they come to. */
  assessment?: Assessed;
}

/** A certificate as what it is, whether it counts or not. */
export interface HeldCertificate {
  digest: string;
  /** The level it states; null where it states none that exists. */
  level: string | null;
  edition?: string;
  /** `unknown` where somebody trusted signed it, and it proves no level all the same. */
  basis: ShownBasis;
  /** ISO time at which it ends or ended by its own dates, the scheme's, or those of what it rests on. */
  until: string;
  /** In plain words, with the first reason why it does not count. */
  says: string;
}

/** The answers to a graded scheme and what follows from them. */
export interface Assessed {
  /** Edition of the answers; a score means nothing without it, and scores of two editions are never compared. */
  edition: string | null;
  answered: number;
  of: number;
  /** Of the criteria that can lower the level; a level needs all of them. */
  binding: { answered: number; of: number };
  /** The lowest answer given: no level above it can be reached. Null where nothing is answered. */
  atMost: string | null;
  /** Percent by the edition's weights, to four decimals; null unless everything is answered. Not clamped at 100. */
  score: number | null;
  objectives: {
    id: string;
    name: string;
    /** Null unless each of its binding criteria is answered. */
    level: string | null;
    answered: number;
    of: number;
    points: number | null;
  }[];
  /** Plain sentences: coverage, whose word it is, what was left out and why. */
  notes: string[];
}

/** A credential that somebody else (or the provider) made about the subject, already verified by this node. */
export interface EvidenceItem {
  digest: string;
  /** Shortened type, for example `gx:VatID` or `kontor:Certificate`. */
  type: string;
  /** Subject ids it speaks about: its own credentialSubject id, and for registration numbers what references it. */
  about: string[];
  issuer: string;
  validFrom: string;
  validUntil: string;
  /** Basis under this node's trust list, for the role its type needs. */
  basis: Basis;
  /** Flat facts for schemes and pages, for example {scheme, level, scope} or {number, country}; lists joined by spaces. */
  facts: Record<string, string>;
  /** Whether its issuer took it back cannot be learned now: it proves nothing, and its absence is not proven either. */
  unchecked?: true;
}

/** An entry of the operator's trust list: who may vouch for what, and when. */
export interface TrustEntry {
  did: string;
  name?: string;
  /**
   * `registration-number`: notaries; `certificate`: bodies and auditors, optionally for `schemes` only;
   * `assessment-body`: accredited ones, which count wherever those do; `clearing-house`: with its labels, and for nothing else.
   */
  role: 'registration-number' | 'certificate' | 'assessment-body' | 'clearing-house';
  schemes?: string[];
  from?: string;
  until?: string;
  /** In a rehearsal for a day to come: when it is asked whether the mandate runs, in place of now. */
  asOf?: Date;
}
