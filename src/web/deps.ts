import type { Judgement } from '../catalogue/judgement.ts';
import type { LabelChange } from '../catalogue/label-history.ts';
import type { PlannedOutcome } from '../catalogue/planned.ts';
import type { CatalogueReader } from '../catalogue/reader.ts';
import type { AnswersScheme } from '../compliance/answers-scheme.ts';
import type { CertificatesScheme } from '../compliance/certificate-scheme.ts';
import type { FederationStatus } from '../federation/status.ts';
import type { TrustRule } from '../policy.ts';

/** A label scheme as pages show it: the parts of a scheme file that people read. */
export interface SchemeView {
  /** As in `scheme:level`, for example `gaia-x`. */
  id: string;
  title: string;
  /** `certificates`: its verdict is a third party's paper; such schemes are listed in short. */
  kind?: 'criteria' | 'answers' | 'certificates';
  edition: string;
  /** Digest of the scheme file this node decides by. */
  digest: string;
  /** `operator`: this node's operator added it, or another edition of one that comes along. */
  origin?: 'shipped' | 'operator';
  /** What the scheme file itself says it proves, and what not. */
  proves?: string;
  doesNotProve?: string;
  /** Where it is published by those who made it, and the day or month whose state the file describes. */
  sources?: { name: string; url: string; read: string }[];
  /** Lowest first. `decided`: whether this node can decide the level at all, and if not, `because`. */
  levels: { id: string; name: string; decided: boolean; because?: string }[];
  /**
   * `levels` maps a level id to what it demands, for example `declaration` or `certification`. `part` groups the
   * criteria by what they apply to, for example `services`.
   */
  criteria: { id: string; title: string; levels: Record<string, string>; part?: string }[];
  /** Numbers that the scheme once had, and that ask for nothing any more. */
  retired?: string[];
  /** The file itself, of schemes that are decided by answers or by certificates. */
  rules?: AnswersScheme | CertificatesScheme;
}

/** What the pages need from the node. They read and render; they decide nothing. */
export interface WebDeps {
  reader: CatalogueReader;
  /** The same judgement as `publish`, with nothing stored. */
  check(bytes: Uint8Array, mediaType: string): Promise<Judgement>;
  publish(bytes: Uint8Array, mediaType: string): Promise<Judgement>;
  federation(): Promise<FederationStatus>;
  /**
   * `url` is the public base without trailing slash. `privateNetwork`: this node fetches from private addresses, so the
   * commands it shows must be allowed to as well.
   */
  node: { name: string; did: string; url: string; privateNetwork?: boolean };
  schemes: SchemeView[];
  /** How the labels of this node on a listing came and went, the oldest first. */
  changes?(key: string): Promise<LabelChange[]>;
  /** What changes that the operator has planned would do to a listing. */
  planned?(key: string): Promise<PlannedOutcome[]>;
  /** The operator's trust list: who may vouch for what. Read at each request, because the policy is hot-reloaded. */
  trust(): TrustRule[];
  clock(): Date;
  /** Largest credential the publish form takes, in bytes; default: the policy's default. */
  maxBytes?(): number;
  /** Told of every unexpected failure that ended in the 500 page. */
  report?(error: unknown): void;
}

/** What every page of one request shares. */
export interface Page {
  deps: WebDeps;
  now: Date;
  federation: FederationStatus;
}
