import { CERTIFICATE, evidenceBasis, LABEL_CREDENTIAL, mandateEnd, mandateOf } from './basis.ts';
import {
  edition,
  type Finding,
  type Given,
  idsOf,
  isSelf,
  issuer,
  level,
  lifeOf,
  mandateLapsed,
  mandates,
  met,
  namedIn,
  opinion,
  period,
  type RuleId,
  type Stated,
  scope,
  UNCHECKED,
  unmet,
} from './certificate-rules.ts';
import type { CertificateRules } from './certificate-scheme.ts';
import { labelScope, labelVersion } from './clearing-house.ts';
import { endOfDay } from './dates.ts';
import type { EvidenceItem } from './decision.ts';
import { order } from './vouched.ts';

/** One certificate held against all that its kind must be. It counts if nothing fails. */
export interface Judged extends Stated {
  findings: RuleFinding[];
  failing: RuleFinding[];
  /** Milliseconds from when to when it, and what it rests on, would count; not finite where a date says nothing. */
  begin: number;
  end: number;
  /** Why and since when it is over, if it once counted. */
  lapsed?: string;
  /** It is over, whatever else is wrong. */
  over: boolean;
  /** Nothing else is wrong than that its status, or that of what it builds on, cannot be learned now. */
  open: boolean;
}

export interface RuleFinding extends Finding {
  id: RuleId;
  /** Digests of other certificates that it rests on. */
  beside?: string[];
}

/**
 * Whether a certificate is genuine, of the kind that the rules are about, for this listing and in force. The only judge
 * of that: what a scheme makes of it, levels or criteria, comes on top.
 */
export function judge(item: EvidenceItem, rules: CertificateRules, given: Given): Judged {
  const { description, now } = given;
  const { issuer: did, type, facts } = item;
  const trust = mandates(rules, item, given.trust);
  const basis = evidenceBasis(did, type, facts, trust, now, isSelf(did, given) ? did : undefined);
  const mandate = basis === 'verified' ? mandateOf(did, type, facts, trust, now) : undefined;
  const said = facts.level ?? facts.certificateType;
  const only = rules.levels.length === 1 && !rules.opinion ? rules.levels[0] : undefined;
  const stated: Stated = {
    item,
    basis,
    by: mandate?.name ?? given.trust.find((entry) => entry.did === did)?.name ?? did,
    level: said === undefined ? only : namedIn(rules.levels, said),
    edition: namedIn(rules.editions, facts.edition),
  };
  const ended = basis === 'attested' ? mandateLapsed(item, trust, now) : undefined;
  const life = lifeOf(stated, rules, now);
  const requires = stated.edition?.requires;
  const under = requires && base(requires, rules, given);
  const isLabel = type === LABEL_CREDENTIAL;
  const found: [RuleId, Finding | false | undefined][] = [
    ['issuer', issuer(stated, rules, ended, given)],
    ['level', level(stated, rules)],
    ['edition', rules.editions && edition(stated, rules)],
    ['scope', isLabel ? labelScope(item, description) : scope(stated, rules, given)],
    ['version', isLabel && labelVersion(item)],
    ['opinion', (rules.opinion || facts.opinion !== undefined) && opinion(stated)],
    ['period', rules.opinion && period(stated, now)],
    ['dates', life.finding],
    ['base', under?.finding],
  ];
  const findings = found.flatMap(([id, finding]): RuleFinding[] =>
    finding
      ? [{ ...finding, id, ...(id === 'base' && under?.judged ? { beside: [under.judged.item.digest] } : {}) }]
      : [],
  );
  const failing = findings.filter(({ result }) => result !== 'met');
  const overBy: Partial<Record<RuleId, string | undefined>> = { dates: life.lapsed, issuer: ended };
  const over = life.lapsed ?? ended;
  const once = failing.every(({ id }) => overBy[id]);
  const openBy: Partial<Record<RuleId, boolean | undefined>> = { dates: life.open, base: under?.judged?.open };
  const until = mandate && mandateEnd(mandate);
  const ends = [life.end, until ? Date.parse(until) : life.end, under?.judged?.end ?? life.end];
  const passed = rules.opinion && facts.periodUntil ? endOfDay(facts.periodUntil) + 1 : 0;
  return {
    ...stated,
    findings,
    failing,
    begin: Math.max(life.begin, passed, under?.judged?.begin ?? 0),
    end: Math.min(...ends.filter(Number.isFinite)),
    ...(over && once ? { lapsed: over } : {}),
    over: over !== undefined,
    open: failing.length > 0 && failing.every(({ id }) => openBy[id]),
  };
}

/** The nearest to counting first, then the one that lasts longest, then by digest. */
export const nearest = (a: Judged, b: Judged): number =>
  a.failing.length - b.failing.length ||
  Number(b.open) - Number(a.open) ||
  b.end - a.end ||
  order(a.item.digest, b.item.digest);

/** Another certificate that one builds on: it must count itself, by the rules of its own kind. */
function base(
  requires: string[],
  { builtOn = {} }: CertificateRules,
  given: Given,
): { finding: Finding; judged?: Judged } {
  const ids = idsOf(given);
  const judged = given.evidence
    .flatMap((item) => {
      const { scheme = '' } = item.facts;
      const rules = Object.hasOwn(builtOn, scheme) ? builtOn[scheme] : undefined;
      const isBase = rules && item.type === CERTIFICATE && item.about.some((id) => ids.includes(id));
      return isBase ? judge(item, rules, given) : [];
    })
    .filter(({ item, edition }) => requires.includes(`${item.facts.scheme} ${edition?.id}`))
    .sort(nearest)[0];
  const wanted = requires.join(' or ');
  const mend = `Publish that of ${wanted}`;
  if (!judged) return { finding: unmet(`It counts only together with ${wanted}, and none is held`, mend) };
  const { failing, open, item } = judged;
  if (failing.length === 0) return { finding: met(`Builds on ${item.facts.scheme} ${judged.edition!.id}`), judged };
  if (open) return { finding: UNCHECKED, judged };
  const why = `It counts only together with ${wanted}, and the one held does not count: ${failing[0]!.why}`;
  return { finding: unmet(why, mend), judged };
}
