import { isClearingLabel } from '../compliance/clearing-house.ts';
import type { Compliance } from '../compliance/load.ts';
import { Checks, type Stage } from '../credentials/check.ts';
import type { Submission } from '../credentials/credential.ts';
import { digestOf } from '../credentials/digest.ts';
import { createAllowance, linkedIn } from '../credentials/integrity.ts';
import { type Parsed, parse } from '../credentials/parse.ts';
import type { Circumstances, Verifier } from '../credentials/verify.ts';
import { type Code, isHeld } from '../errors.ts';
import { type CommitDeps, commit } from './commit.ts';
import type { Database } from './database.ts';
import { hold } from './held.ts';
import type { Judgement } from './judgement.ts';
import { known } from './known.ts';
import { shape } from './shape.ts';
import { checkAdded } from './shape-added.ts';

export interface IngestDeps extends CommitDeps {
  database: Database;
  verifier: Verifier;
  compliance: Compliance;
  /** Called after each commit that wrote something, outside the transaction. */
  committed: () => void;
}

export interface Ingest {
  /** Takes a submission in: the one way anything enters the catalogue. */
  ingest(submission: Submission): Promise<Judgement>;
  /** The same judgement, on the same path, with nothing kept. */
  check(submission: Submission): Promise<Judgement>;
}

/**
 * The flow of a node: parse, verify, shape, label and commit. Each step takes what only the step before can make, so
 * none can be skipped, whether the submission comes from a provider, a file or a peer.
 */
export function createIngest(deps: IngestDeps): Ingest {
  const judge = async (submission: Submission, keep: boolean, part?: Circumstances): Promise<Judgement> => {
    const checks = new Checks();
    const policy = deps.policy();
    const refused = (stage: Stage): Judgement => {
      const judgement = refusal(submission, stage, checks);
      const strict = judgement.code === 'status-unavailable' && policy.status.unknown === 'refuse';
      return strict ? { ...judgement, code: 'status' } : judgement;
    };

    const parsed = parse(submission, policy.limits, checks);
    if (!parsed) return refused('parse');
    if (parsed.kind === 'presentation' && part) {
      checks.fail('malformed', 'parse.presentation', 'A presentation stands in the presentation', {
        mend: 'Put its credentials into the outer one',
      });
      return refused('parse');
    }
    if (parsed.kind === 'presentation') return present(parsed, submission, keep, checks);
    const held = keep ? await known(deps.database.read, parsed.credential.digest) : undefined;
    if (held) return held;
    const verified = await deps.verifier.credential(parsed.credential, checks, part);
    if (!verified)
      return keep ? hold(deps, submission, refused('verify'), parsed.credential.document.issuer) : refused('verify');
    const shaped = shape(verified, deps.compliance, policy, checks);
    if (!shaped) return refused('shape');
    // What a clearing house signed is read as it was issued, also where today's shapes ask for another form.
    if (!isClearingLabel(verified)) await checkAdded(verified, deps.compliance, deps.verifier.contexts, checks);
    if (checks.failure) return refused('shape');
    return commit(shaped, deps, keep, checks);
  };

  /** A presentation is an envelope: its credentials are judged one by one, and what was taken stays taken. */
  const present = async (
    parsed: Extract<Parsed, { kind: 'presentation' }>,
    submission: Submission,
    keep: boolean,
    checks: Checks,
  ): Promise<Judgement> => {
    const since = performance.now();
    if (parsed.parts.length === 0) {
      checks.fail('malformed', 'parse.presentation', 'The presentation holds no credential', {
        where: '/verifiableCredential',
        mend: 'Put the credentials to be published into it',
      });
      return refusal(submission, 'parse', checks);
    }
    if (!(await deps.verifier.presentation(parsed, checks))) {
      const refused = refusal(submission, 'verify', checks);
      return keep ? hold(deps, submission, refused, parsed.holder) : refused;
    }
    checks.pass(
      'verify.presentation',
      `Presented by ${parsed.holder}, ${parsed.parts.length} credential${parsed.parts.length === 1 ? '' : 's'}`,
    );
    const part = { within: linkedIn(parsed.parts), allowance: createAllowance(), since };
    const judged = await Promise.all(parsed.parts.map((one) => judge(one, keep, part)));
    // What was taken after a listing may have changed its labels.
    const items = await Promise.all(
      judged.map(async (item) => {
        const labels = keep && item.listing ? (await known(deps.database.read, item.digest))?.labels : undefined;
        return labels ? { ...item, labels } : item;
      }),
    );
    // A refusal outranks a credential that only waits for its key or status list.
    const refusals = items.filter((item) => !item.ok);
    const failed = refusals.find((item) => !isHeld(item.code)) ?? refusals[0];
    const listed = items.find((item) => item.listing);
    return {
      ok: !failed,
      ...(failed
        ? {
            code: failed.code,
            detail: `${partly(items, keep)}: ${failed.detail}`,
          }
        : {}),
      digest: parsed.digest,
      stage: (failed ?? items.at(-1)!).stage,
      kind: 'presentation',
      checks: [
        ...checks.list,
        ...items.flatMap((item, at) =>
          item.checks.map((check) => ({
            ...check,
            where: `/verifiableCredential/${at}${check.where?.startsWith('/') ? check.where : check.where ? ` ${check.where}` : ''}`,
          })),
        ),
      ],
      ...(listed?.listing ? { listing: listed.listing, labels: listed.labels ?? [] } : {}),
      items,
    };
  };

  const run = async (submission: Submission, keep: boolean): Promise<Judgement> => {
    const judgement = await judge(submission, keep);
    const wrote = keep && [judgement, ...(judgement.items ?? [])].some((one) => one.ok && !one.known);
    if (wrote) deps.committed();
    return judgement;
  };
  return { ingest: (submission) => run(submission, true), check: (submission) => run(submission, false) };
}

/** How many of a presentation's credentials became what: `2 of 3 credentials published, 1 refused`. */
function partly(items: Judgement[], keep: boolean): string {
  const held = items.filter((item) => isHeld(item.code)).length;
  const taken = items.filter((item) => item.ok).length;
  const counts = [
    `${taken} of ${items.length} credentials ${keep ? 'published' : 'would be published'}`,
    ...[[items.length - taken - held, 'refused'] as const, [held, keep ? 'held' : 'would be held'] as const].flatMap(
      ([count, what]) => (count > 0 ? [`${count} ${what}`] : []),
    ),
  ];
  return counts.join(', ');
}

function refusal(submission: Submission, stage: Stage, checks: Checks): Judgement {
  const failure: { code: Code; detail: string } = checks.failure ?? {
    code: 'internal',
    detail: 'It was refused without a reason, which is a fault of this node',
  };
  return { ok: false, ...failure, digest: digestOf(submission.bytes), stage, checks: checks.list };
}
