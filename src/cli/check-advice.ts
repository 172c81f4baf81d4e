import type { Judgement } from '../catalogue/judgement.ts';
import type { Check } from '../credentials/check.ts';
import { isUrl } from './input.ts';
import type { Io } from './io.ts';
import { listingAt } from './listing-name.ts';
import { kontor, kontorCheck, nodeOption, PRIVATE } from './printed-command.ts';
import { signCommand } from './secrets.ts';

const unreachableHere = ({ result, why }: Check): boolean =>
  result === 'fail' && /(at no|not a) public address/.test(why);
const notHosted = ({ result, why }: Check): boolean =>
  result === 'fail' && /^The DID document of .* does not exist/.test(why);

const allChecks = ({ checks, items = [] }: Judgement): Check[] => [...checks, ...items.flatMap((item) => item.checks)];

/** What mends a refusal that another signature would not: to be done elsewhere than in the claim. */
function mendElsewhere(judgement: Judgement): string | undefined {
  const checks = allChecks(judgement);
  if (checks.some(unreachableHere))
    return `The node does not fetch from private addresses; to try on one machine, its operator sets ${PRIVATE}`;
  if (checks.some(notHosted))
    return 'Next: host the DID document that ./kontor did KEY.json prints, where its DID says';
  if (judgement.code === 'not-admitted') return 'Next: ask the operator of the node to admit you as a publisher';
  if (judgement.code === 'not-found') return 'Next: check the id, and that the issuer is that of the listing';
  return undefined;
}

/** The check that decided a refusal. */
function decisive(judgement: Judgement): Check | undefined {
  const checks = allChecks(judgement);
  return checks.find(({ result }) => result === 'fail') ?? checks.find(({ result }) => result === 'unknown');
}

/** What the refused file is mended by: in the claim, by another signature, or as the failed check says itself. */
const STEPS: [ids: RegExp, step: string][] = [
  [/^(shape\..*|verify\.(terms|context|structure|related))$/, 'mend the claim, sign it again'],
  [/^commit\.(order|known)$/, 'sign the claim again with a later validFrom, or without one'],
];

/**
 * What to do after a refusal: it follows from the check that failed.
 *
 * @param then the command that shows whether it helped
 */
export function nextStep(judgement: Judgement, then: string): string | undefined {
  const elsewhere = mendElsewhere(judgement);
  if (elsewhere) return elsewhere;
  if (judgement.code === 'unavailable' || judgement.code === 'internal' || judgement.code === 'rate-limited')
    return 'Next: try again later';
  const check = decisive(judgement);
  if (check?.id === 'commit.withdrawal') return undefined;
  const step = judgement.items
    ? 'mend the credentials that were refused, each as its report says, and make the presentation again'
    : STEPS.find(([ids]) => ids.test(check?.id ?? ''))?.[1];
  const own = check?.mend && check.mend.charAt(0).toLowerCase() + check.mend.slice(1);
  const mend = step ?? own ?? 'mend what failed';
  return `Next: ${mend}${mend.includes(';') ? '. Then' : ', then'} ${then}`;
}

/** Where the check that decided a refusal is explained: at the node that made it, or in this clone. */
export function explained(judgement: Judgement, node?: string): string[] {
  if (judgement.ok) return [];
  const { id } = decisive(judgement) ?? {};
  return id ? [`About ${id}: ${node ? `${node}/docs/checks/${id}` : `docs/checks/${id}.md`}`] : [];
}

/** A DID document on this machine is out of reach by default: what to set says more than how to publish it. */
export function withLocalMend<T extends Pick<Judgement, 'checks' | 'items'>>(judgement: T): T {
  const mend = `Set ${PRIVATE} to try on one machine`;
  return {
    ...judgement,
    checks: judgement.checks.map((check) => (unreachableHere(check) ? { ...check, mend } : check)),
    ...(judgement.items ? { items: judgement.items.map(withLocalMend) } : {}),
  };
}

/**
 * What to do next, if anything: what was fetched is somebody else's, whom nobody here can tell to sign it again.
 *
 * @param name file, URL or `-`, as the person named it
 */
export function advice(
  io: Io,
  judgement: Judgement,
  name: string,
  { stage, provider, unsigned }: { stage: string; provider?: string[]; unsigned?: boolean },
): string | undefined {
  const again = kontorCheck(name);
  const listing = listingAt(name);
  const fetched = isUrl(name);
  const explain = listing?.node && `Next: ${kontor('explain', listing.key, ...nodeOption(io, listing.node))}`;
  if (allChecks(judgement).some(unreachableHere)) return `Next: ${PRIVATE} ${kontor('check', name)}`;
  if (judgement.code === 'key-unavailable') {
    return fetched
      ? `Next: try again later, or give the DID document yourself: ${again} --did did.json`
      : `Next: host the DID document that ./kontor did KEY.json prints, or ${again} --did did.json`;
  }
  if (!judgement.ok) {
    if (!fetched && unsigned) return `Next: ${signCommand(name)}`;
    if (!fetched) return nextStep(judgement, again);
    return ['It is for its issuer to mend.', ...(explain ? [explain] : [])].join(' ');
  }
  if (stage !== 'label') return `Next: ${again}`;
  if (explain) return explain;
  const open = judgement.labels?.some((label) =>
    (label.next?.missing ?? label.criteria).some(
      (one) => one.id === 'P1.3.2' && one.result !== 'met' && one.result !== 'not-applicable',
    ),
  );
  // Who the provider is cannot be read from its offer alone.
  if (open && !provider) return `The provider can be judged too: ${again} --provider company.jwt`;
  if (fetched) return undefined;
  return name === '-'
    ? 'Next: save the signed credential to a file, then ./kontor publish FILE'
    : `Next: ${kontor('publish', name)}`;
}
