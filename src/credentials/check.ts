import { type Code, isHeld } from '../errors.ts';

/**
 * One performed check of a submission. Only performed checks are reported; the ids are stable; docs/checks has a
 * page for each.
 */
export interface Check {
  /** Stable id `stage.name`, for example `verify.signature`. */
  id: string;
  result: 'pass' | 'fail' | 'warn' | 'unknown';
  /** One plain sentence in the publisher's terms. */
  why: string;
  /** Place: a JSON pointer into the credential as received (RFC 6901), or `jwt:header/kid`, `jwt:signature`. */
  where?: string;
  /** What was found at that place, shortened to something readable. */
  found?: string;
  /** What would have been accepted. */
  allowed?: string;
  /** What the publisher should do. */
  mend?: string;
}

export type CheckDetails = Omit<Check, 'id' | 'result' | 'why'>;
/** Whoever is refused is told what to do. */
export type FailDetails = CheckDetails & { mend: string };

/** The steps of the flow, in order; a refusal names the one it happened in. */
export type Stage = 'parse' | 'verify' | 'shape' | 'label' | 'commit';

/** How many failing or unknown checks of one id are listed. */
const MAX_LISTED = 20;

/** The list a stage writes into. The first failing check decides the code of the refusal. */
export class Checks {
  readonly list: Check[] = [];
  #failure: { code: Code; detail: string } | undefined;
  /** By id: how many fail or are unknown, and the line for those that are not listed. */
  readonly #bad = new Map<string, { count: number; rest?: Check }>();

  pass(id: string, why: string, details: CheckDetails = {}): void {
    this.list.push({ id, result: 'pass', why, ...details });
  }

  warn(id: string, why: string, details: CheckDetails = {}): void {
    this.list.push({ id, result: 'warn', why, ...details });
  }

  unknown(id: string, why: string, details: CheckDetails = {}): void {
    this.#add({ id, result: 'unknown', why, ...details });
  }

  /** What only waits for somebody else's answer is unknown. */
  fail(code: Code, id: string, why: string, details: FailDetails): void {
    this.#add({ id, result: isHeld(code) ? 'unknown' : 'fail', why, ...details });
    this.#failure ??= { code, detail: why };
  }

  /** Adds checks that were made elsewhere. */
  take({ checks, failure }: { checks: Check[]; failure?: { code: Code; detail: string } }): void {
    for (const check of checks) this.#add(check);
    this.#failure ??= failure;
  }

  /** A report stays readable, and no larger than it is of use: past 20 of an id, the others are only counted. */
  #add(check: Check): void {
    if (check.result === 'pass' || check.result === 'warn') {
      this.list.push(check);
      return;
    }
    const { id, result } = check;
    const bad = this.#bad.get(id) ?? { count: 0 };
    this.#bad.set(id, bad);
    if (++bad.count <= MAX_LISTED) {
      this.list.push(check);
      return;
    }
    if (!bad.rest) {
      bad.rest = { id, result, why: '', mend: 'Mend those that are listed, and check again' };
      this.list.push(bad.rest);
    }
    if (result === 'fail') bad.rest.result = 'fail';
    bad.rest.why = `And ${bad.count - MAX_LISTED} more of this kind, which are not listed`;
  }

  /** The first failure, if any check failed. */
  get failure(): { code: Code; detail: string } | undefined {
    return this.#failure;
  }
}
