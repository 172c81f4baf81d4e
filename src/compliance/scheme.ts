import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { digestOf } from '../credentials/digest.ts';
import { type AnswersScheme, shownAnswers } from './answers-scheme.ts';
import { shownRules } from './certificate-rules.ts';
import type { CertificatesScheme } from './certificate-scheme.ts';
import type { Basis, TrustEntry } from './decision.ts';
import type { Kind } from './description.ts';

/** What schemes of every kind have. A scheme is data (shapes/scheme.schema.json); an edition is a file, not a release. */
export interface SchemeBase {
  id: string;
  name: string;
  edition: string;
  /** What a level proves and what not, for people. */
  proves?: string;
  /** Lowest first. */
  levels: SchemeLevel[];
  /** digestMultibase of the file's bytes. */
  digest: string;
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
  assessor: Standard & { scheme: string; editions: string[] };
  say: string;
  mend: string;
  met: string;
}

/** What a certificate must say of itself to count. What is listed must be stated; what is not listed is not asked. */
export interface Standard {
  name: string;
  editions?: string[];
  levels?: string[];
  /** Longest life in months, whatever it says of its end. */
  months?: number;
  /** `type-2`: a report on a period, not on a day. */
  types?: string[];
  /** An auditor's report: an opinion on a period of at least `minMonths`, stale `freshMonths` after it. */
  report?: { minMonths: number; freshMonths: number };
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
 * edition in a later folder takes the place of one in a former.
 *
 * @throws Error naming the file and place where a scheme does not follow the grammar, or takes the id of another beside it
 */
export function loadSchemes(...folders: [string, ...string[]]): Scheme[] {
  const read = schemeReader(join(folders[0], '../scheme.schema.json'));
  const schemes = new Map<string, { scheme: Scheme; folder: string }>();
  for (const folder of folders)
    for (const name of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
      const file = join(folder, name);
      const scheme = read(readFileSync(file), name);
      if (schemes.get(scheme.id)?.folder === folder) throw new Error(`${file}: there is a scheme ${scheme.id} already`);
      schemes.set(scheme.id, { scheme, folder });
    }
  return [...schemes.values()].map(({ scheme }) => scheme).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Reads a scheme under the grammar in a file. The reader throws an Error naming the place that does not follow it. */
export function schemeReader(grammar: string): (bytes: Uint8Array, name: string) => Scheme {
  const validate = new Ajv2020({ allErrors: true, strictTypes: false, strictRequired: false }).compile(
    JSON.parse(readFileSync(grammar, 'utf8')),
  );
  return (bytes, name) => {
    const scheme = JSON.parse(Buffer.from(bytes).toString('utf8')) as Scheme;
    const errors = validate(scheme) ? [] : (validate.errors ?? []);
    const faults = errors
      .filter(({ keyword }) => keyword !== 'oneOf' && keyword !== 'if')
      .map(({ instancePath, message }) => `${instancePath || '/'} ${message}`);
    const wrong =
      errors.length > 0 ? faults : scheme.kind === undefined || scheme.kind === 'criteria' ? slips(scheme) : [];
    if (wrong.length > 0) throw new Error(`${name}: ${wrong.slice(0, 5).join('; ')}`);
    return { ...scheme, digest: digestOf(bytes) };
  };
}

/** What the grammar cannot say: names that lead nowhere. */
function slips({ levels, parts, certification, sets }: CriteriaScheme): string[] {
  const decided = levels.filter((level) => level.decided).map(({ id }) => id);
  return parts.flatMap(({ criteria }) =>
    criteria.flatMap((criterion) => {
      const { id, certified = {} } = criterion;
      const unknown = Object.keys(certified).filter((standard) => !certification?.standards[standard]);
      const named = [...JSON.stringify(criterion).matchAll(/"(?:in|notIn|set)":"([^"]*)"/g)].map((match) => match[1]!);
      return [
        ...unknown.map((standard) => `${id} names the standard ${standard}, which is not described`),
        ...named
          .filter((set) => set !== 'eu-eea' && !sets[set])
          .map((set) => `${id} names the set ${set}, which is not there`),
        ...decided.flatMap((level) => {
          const demand = criterion.levels[level];
          if (typeof demand === 'object') {
            const other = criteria.find((one) => one.id === demand.replacedBy);
            return other && demands(other, level)
              ? []
              : [`${id} is replaced at ${level} by one that ${level} does not demand`];
          }
          if (demand === 'declaration' && !criterion.test)
            return [`${id} has no test, and ${level} asks for a declaration`];
          if (demand === 'certification' && !(criterion.certified && certification))
            return [`${id} does not say what certifies it, and ${level} asks for that`];
          return [];
        }),
      ];
    }),
  );
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
