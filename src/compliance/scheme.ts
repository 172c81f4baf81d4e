import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { digestOf } from '../credentials/digest.ts';
import { messageOf } from '../errors.ts';
import { type AnswersScheme, shownAnswers } from './answers-scheme.ts';
import { shownRules } from './certificate-rules.ts';
import type { CertificateRules, CertificatesScheme } from './certificate-scheme.ts';
import type { Basis, TrustEntry } from './decision.ts';
import type { Kind } from './description.ts';
import { type MemberSchema, pathsAstray } from './scheme-paths.ts';
import { namesTaken, slipsBeside, slipsOf } from './scheme-slips.ts';

/** What schemes of every kind have. A scheme is data (shapes/scheme.schema.json); an edition is a file, not a release. */
export interface SchemeBase {
  id: string;
  name: string;
  edition: string;
  /** What a level proves, and what it does not, for people. */
  proves?: string;
  doesNotProve?: string;
  /** Where it is published by those who made it; `read`: the day or month whose state the file describes. */
  sources?: { name: string; url: string; read: string }[];
  /** Lowest first. */
  levels: SchemeLevel[];
  /** digestMultibase of the file's bytes. */
  digest: string;
  /** Whether it came with Kontor, or the operator added it; absent where it was read alone. */
  origin?: 'shipped' | 'operator';
}

/** Levels that each demand some of the scheme's criteria. */
export interface CriteriaScheme extends SchemeBase {
  kind?: 'criteria';
  /** Types of evidence by the role that may vouch for them. */
  roles: Partial<Record<TrustEntry['role'], string[]>>;
  /** Named lists that matchers refer to. */
  sets: Record<string, string[]>;
  /** What counts where a criterion is to be certified. */
  certification?: Certification;
  parts: SchemePart[];
  /** Criterion numbers that carry no requirement any more. */
  retired?: string[];
  /** Said where no part applies. */
  notApplicable: string;
}

export type Scheme = CriteriaScheme | AnswersScheme | CertificatesScheme;

export interface SchemeLevel {
  id: string;
  name: string;
  /** Whether this edition can grant it. */
  decided: boolean;
  because?: string;
}

export interface SchemePart {
  name: string;
  appliesTo: { kinds: Kind[]; notTypes?: string[] };
  criteria: Criterion[];
}

/** What a level demands of a criterion; `replacedBy` names the stronger one that this level demands in its place. */
export type LevelDemand = 'declaration' | 'certification' | 'not-required' | { replacedBy: string };

export interface Criterion {
  id: string;
  category: string;
  title: string;
  levels: Record<string, LevelDemand>;
  /** The declaration. */
  test?: Test;
  /** Which certificates cover it; where one does, no declaration is asked. */
  certified?: CertifiedBy;
  /** What must hold beside a certificate: the provider's own statements must not speak against it. */
  consistent?: Test;
  met?: string;
  /** 1: link something that exists; 2: write something down; 3: somebody else is needed. */
  effort?: number;
}

/** Standards by id, each with the clauses of it that cover a criterion; none named: the standard as a whole. */
export type CertifiedBy = Record<string, string[]>;

/** Which certificates count as certification, and how that is said. */
export interface Certification {
  /** By the value of `kontor:scheme`. */
  standards: Record<string, Standard>;
  /** A body of the role `assessment-body` may name criteria itself: this scheme, in one of these editions. */
  assessor: Standard & { scheme: string };
  say: string;
  mend: string;
  met: string;
}

/** What a certificate must be to count; what is not listed is not asked for. */
export interface Standard extends Partial<CertificateRules> {
  name: string;
}

/**
 * Members of one item of a list that must fit. `{in}` names a set, of lists one member is enough; `{notIn}`: one member
 * that the set has not.
 */
export type Matcher = Record<
  string,
  string | boolean | number | { in: string } | { notIn: string } | { stated: true } | { atLeast: number }
>;

/** What is said and advised where a test does not hold; `else` is its result then. */
interface Words {
  say?: string;
  mend?: string;
  /** Said instead of the criterion's own words where this test is what met it. */
  met?: string;
  else?: 'unmet' | 'unknown';
}

export interface EvidenceDemand {
  types: string[];
  about: 'subject' | 'provider' | 'issuer';
  /** Signed by the issuer of the listing itself. */
  issuer?: 'issuer';
  /** Weakest basis that counts. */
  basis?: Basis;
  facts?: Record<string, string>;
}

export type Comparison = {
  compare: string;
  op: '<=' | '>=';
  value?: number;
  steps?: { until?: string; value: number }[];
  /** Beyond the limit and up to here nothing can be said; null: however far. */
  greyUpTo?: number | null;
  sayGrey?: string;
  sayOver?: string;
  /** A figure outside cannot be: the result is unknown, whatever the limit. */
  possible?: { min?: number; max?: number };
  sayImpossible?: string;
};

export type Test = Words &
  /** `inOrder`: only the first that does not hold decides and is told. */
  (
    | { all: Test[]; inOrder?: boolean }
    | { any: Test[] }
    | { not: Test }
    | { some: string; where: Matcher }
    | { every: string; of?: Matcher; where: Matcher }
    | { none: string; of: Matcher }
    | { stated: string }
    /** A value that the named set has; one that is not stated is unknown. */
    | { within: string; set: string }
    /** Of the provider's own self-description. */
    | { ofProvider: Test }
    | { is: string; value: string | boolean | number }
    | Comparison
    | { provider: 'known' | 'signed' }
    /** A stated date that has come. */
    | { reached: string }
    | { evidence: EvidenceDemand }
  );

/**
 * Reads every scheme of the folders, sorted by id; their grammar stands beside the first (shapes/scheme.schema.json). An
 * edition in a later folder takes the place of one in a former; what only later folders have is the operator's.
 *
 * @throws Error naming the file and place where a scheme does not follow the grammar, or takes the id or name of another
 */
export function loadSchemes(...folders: [string, ...string[]]): Scheme[] {
  const read = schemeReader(join(folders[0], '../scheme.schema.json'));
  const schemes = new Map<string, { scheme: Scheme; folder: string; file: string }>();
  for (const folder of folders)
    for (const name of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
      const file = join(folder, name);
      const scheme = read(readFileSync(file), file);
      const before = schemes.get(scheme.id);
      if (before?.folder === folder) throw new Error(`${file}: there is a scheme ${scheme.id} already`);
      const isShipped = folder === folders[0] || before?.scheme.digest === scheme.digest;
      schemes.set(scheme.id, { scheme: { ...scheme, origin: isShipped ? 'shipped' : 'operator' }, folder, file });
    }
  const all = [...schemes.values()].sort((a, b) => (a.scheme.id < b.scheme.id ? -1 : 1));
  const held = all.map(({ scheme }) => scheme);
  for (const { scheme, file } of all.toSorted((a, b) => folders.indexOf(b.folder) - folders.indexOf(a.folder))) {
    const wrong = namesTaken(scheme, held);
    if (wrong.length > 0) throw new Error(`${file}: ${wrong.join('; ')}`);
  }
  return held;
}

/**
 * Reads a scheme under the grammar in a file. The reader throws an Error naming the place that does not follow it, or,
 * where it is given the schemes beside which that one is put, the place that clashes with them.
 */
export function schemeReader(grammar: string): (bytes: Uint8Array, name: string, beside?: readonly Scheme[]) => Scheme {
  const validate = new Ajv2020({ allErrors: true, strictTypes: false, strictRequired: false }).compile(
    JSON.parse(readFileSync(grammar, 'utf8')),
  );
  const description = JSON.parse(readFileSync(join(grammar, '../description.schema.json'), 'utf8')) as MemberSchema;
  const astray = (scheme: Scheme) =>
    scheme.kind === undefined || scheme.kind === 'criteria' ? pathsAstray(scheme, description) : [];
  return (bytes, name, beside) => {
    const scheme = parsed(bytes, name);
    const errors = validate(scheme) ? [] : (validate.errors ?? []);
    const faults = errors
      .filter(({ keyword }) => keyword !== 'oneOf' && keyword !== 'if')
      .map((error) => `${error.instancePath || '/'} ${error.message}${accepted(error)}`);
    const slips =
      errors.length > 0 ? [] : [...slipsOf(scheme), ...astray(scheme), ...(beside ? slipsBeside(scheme, beside) : [])];
    const wrong = [...faults, ...slips];
    if (wrong.length > 0) throw new Error(`${name}: ${wrong.slice(0, 5).join('; ')}`);
    return { ...scheme, digest: digestOf(bytes) };
  };
}

function parsed(bytes: Uint8Array, name: string): Scheme {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as Scheme;
  } catch (error) {
    throw new Error(`${name}: it is no JSON: ${messageOf(error)}`);
  }
}

/** The member that is not known, or the values that are. */
function accepted({ params }: ErrorObject): string {
  if (typeof params.additionalProperty === 'string') return `: "${params.additionalProperty}"`;
  return Array.isArray(params.allowedValues) ? `: ${params.allowedValues.join(', ')}` : '';
}

/** What a level demands of a criterion, if it demands anything. */
export function demands({ levels }: Criterion, level: string): 'declaration' | 'certification' | undefined {
  const demand = levels[level];
  return demand === 'declaration' || demand === 'certification' ? demand : undefined;
}

/** A criterion for people: what each level asks, by level id, as `declaration`, `certification` or in words. */
export interface ShownCriterion {
  id: string;
  title: string;
  levels: Record<string, string>;
  /** Groups criteria by what they apply to. */
  part?: string;
}

/** The criteria of a scheme for people. What replaces another is listed itself. */
export function criteriaOf(scheme: Scheme): ShownCriterion[] {
  if (scheme.kind === 'answers') return shownAnswers(scheme);
  if (scheme.kind === 'certificates') return shownRules(scheme);
  return scheme.parts.flatMap(({ name, criteria }) =>
    criteria.map(({ id, title, levels }) => ({
      id,
      title,
      part: name,
      levels: Object.fromEntries(
        Object.entries(levels).map(([level, demand]) => [level, typeof demand === 'object' ? 'not-required' : demand]),
      ),
    })),
  );
}

/** 1-based position of a level; 0 if the scheme has no such level. */
export const rankOf = (scheme: SchemeBase, level: string): number =>
  scheme.levels.findIndex(({ id }) => id === level) + 1;

/** The part of the scheme that judges such a listing. */
export function partFor(scheme: CriteriaScheme, { kind, type }: { kind: Kind; type: string }): SchemePart | undefined {
  return scheme.parts.find(({ appliesTo }) => appliesTo.kinds.includes(kind) && !appliesTo.notTypes?.includes(type));
}
