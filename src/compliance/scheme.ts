import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { digestOf } from '../credentials/digest.ts';
import type { Basis, TrustEntry } from './decision.ts';
import type { Kind } from './description.ts';

/** A label scheme as data; its grammar is shapes/scheme.schema.json. An edition is a new file, not a release. */
export interface Scheme {
  id: string;
  name: string;
  edition: string;
  /** What a level proves and what not, for people. */
  proves?: string;
  /** Lowest first. */
  levels: SchemeLevel[];
  /** Types of evidence by the role that may vouch for them. */
  roles: Partial<Record<TrustEntry['role'], string[]>>;
  /** Named lists that matchers refer to. */
  sets: Record<string, string[]>;
  parts: SchemePart[];
  /** Said where no part applies. */
  notApplicable: string;
  /** digestMultibase of the file's bytes. */
  digest: string;
}

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

export interface Criterion {
  id: string;
  category: string;
  title: string;
  levels: Record<string, 'declaration' | 'certification' | 'not-required'>;
  /** Absent where this edition does not decide the criterion. */
  test?: Test;
  met?: string;
  /** 1: link something that exists; 2: write something down; 3: somebody else is needed. */
  effort?: number;
}

/** Members of one item of a list that must fit; `{in}` names a set, of lists one member is enough. */
export type Matcher = Record<
  string,
  string | boolean | number | { in: string } | { stated: true } | { atLeast: number }
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
    | { stated: string; of?: 'provider' }
    | { is: string; value: string | boolean | number }
    | Comparison
    | { provider: 'known' | 'signed' }
    /** A stated date that has come. */
    | { reached: string }
    | { evidence: EvidenceDemand }
  );

/**
 * Reads every scheme of a folder (shapes/schemes), sorted by id.
 *
 * @throws Error naming the file and place where a scheme does not follow shapes/scheme.schema.json
 */
export function loadSchemes(dir: string): Scheme[] {
  const grammar = JSON.parse(readFileSync(join(dir, '../scheme.schema.json'), 'utf8'));
  const validate = new Ajv2020({ allErrors: true, strictTypes: false, strictRequired: false }).compile(grammar);
  const files = readdirSync(dir).filter((name) => name.endsWith('.json'));
  const schemes = files.map((name) => {
    const bytes = readFileSync(join(dir, name));
    const scheme = JSON.parse(bytes.toString('utf8')) as Omit<Scheme, 'digest'>;
    if (!validate(scheme)) {
      const errors = (validate.errors ?? []).filter(({ keyword }) => keyword !== 'oneOf').slice(0, 5);
      throw new Error(`${name}: ${errors.map((error) => `${error.instancePath || '/'} ${error.message}`).join('; ')}`);
    }
    return { ...scheme, digest: digestOf(bytes) };
  });
  return schemes.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** 1-based position of a level; 0 if the scheme has no such level. */
export const rankOf = (scheme: Scheme, level: string): number => scheme.levels.findIndex(({ id }) => id === level) + 1;

/** The part of the scheme that judges such a listing. */
export function partFor(scheme: Scheme, { kind, type }: { kind: Kind; type: string }): SchemePart | undefined {
  return scheme.parts.find(({ appliesTo }) => appliesTo.kinds.includes(kind) && !appliesTo.notTypes?.includes(type));
}
