import { html } from 'hono/html';
import type { ListingDetail, ListingLabel } from '../catalogue/listing.ts';
import type { CriterionResult, Decision } from '../compliance/decision.ts';
import type { Page } from './deps.ts';
import { credentialAddress, day, digest, type Html, schemeAddress } from './format.ts';
import { check, cross, dash, question } from './icons.ts';
import { basisTag, labelName, levelName, schemeShort } from './marks.ts';
import { line } from './safe-text.ts';
import { en } from './texts/en.ts';

const t = en.listing;
/** Missing criteria shown before the rest folds away. */
const SHOWN = 8;

const SIGN: Record<CriterionResult['result'], Html> = {
  met: check,
  unmet: cross,
  unknown: question,
  'not-applicable': dash,
};

/** One criterion: sign, number, what it asks, its basis, why, and what would mend it. */
export function criterion(one: CriterionResult): Html {
  const evidence = one.evidence.slice(0, 6).map((value) => html` ${digest(value, credentialAddress(value))}`);
  return html`<li class="crit ${one.result}"><span class="sign">${SIGN[one.result]}<span class="vh">${t.results[one.result]}</span></span><code class="id">${line(one.id, 24)}</code><span class="title">${line(
    one.title,
    200,
  )}</span><span class="b">${one.result === 'met' || one.basis !== 'unknown' ? basisTag(one.basis) : ''}</span><div class="why"><p dir="auto">${line(one.why, 500)}</p>${
    one.mend && one.result !== 'met' && html`<p class="mend"><b>${t.mend}</b> ${line(one.mend, 500)}</p>`
  }${one.evidence.length > 0 && html`<p class="rests">${one.result === 'met' ? t.rests : t.lookedAt}${evidence}${one.evidence.length > 6 ? en.more(one.evidence.length - 6) : ''}</p>`}</div></li>`;
}

const list = (all: CriterionResult[]): Html => html`<ul class="crits">${all.map(criterion)}</ul>`;

/** The criteria that stand between a listing and the next level, those already decided as not met first. */
function missing(decision: Decision): CriterionResult[] {
  const open = decision.criteria.filter((one) => one.result === 'unmet' || one.result === 'unknown');
  const next = decision.next?.missing ?? [];
  const all = [...next, ...open.filter((one) => !next.some((other) => other.id === one.id))];
  const rank = { unmet: 0, unknown: 1, 'not-applicable': 2, met: 3 };
  return all.sort((a, b) => rank[a.result] - rank[b.result]);
}

function heading(decision: Decision, page: Page): string {
  const scheme = schemeShort(decision.scheme, page.deps.schemes);
  const named = (level: string) => levelName(decision.scheme, level, page.deps.schemes);
  const next = decision.next ? named(decision.next.level) : undefined;
  if (!decision.level) return next ? t.noLevel(scheme, next) : t.noLevelOnly(scheme);
  const level = named(decision.level);
  return next ? t.whyNext(scheme, level, next) : t.why(scheme, level);
}

/** The certificates of a scheme as what they are, and what answers to one come to. */
function background({ held, assessment }: Decision): Html | '' {
  if (held) {
    const rows = held.map(
      (one) =>
        html`<li>${basisTag(one.basis)} ${line(one.says, 400)} ${digest(one.digest, credentialAddress(one.digest))}</li>`,
    );
    return html`<h3>${t.held}</h3><ul class="prose">${rows}</ul>`;
  }
  if (!assessment) return '';
  const { notes, score, edition, objectives } = assessment;
  const rows = objectives.map(
    (one) =>
      html`<tr><th scope="row"><code>${line(one.id, 24)}</code></th><td>${line(one.name, 120)}</td><td>${one.level ? line(one.level, 24) : t.noObjective}</td><td>${one.answered} / ${one.of}</td></tr>`,
  );
  return html`${notes.map((note) => html`<p><b>${line(note, 400)}.</b></p>`)}${
    score !== null && edition && html`<p class="note">${t.score(String(score), line(edition, 60))}</p>`
  }<details class="fold"><summary>${t.objectives}</summary><table class="rows"><tbody>${rows}</tbody></table></details>`;
}

/** How many criteria are met, and on whose word. */
export function countsText({ criteria }: Decision): string {
  const met = criteria.filter(({ result }) => result === 'met');
  const by = (basis: CriterionResult['basis']) => met.filter((one) => one.basis === basis).length;
  const counts = { verified: by('verified'), attested: by('attested'), claimed: by('claimed') };
  return t.criteriaMet(met.length, criteria.filter(({ result }) => result !== 'not-applicable').length, counts);
}

/** One scheme's decision: what is missing comes first, what is met folds away. */
export function decisionSection(decision: Decision, page: Page): Html {
  const lacking = missing(decision);
  const met = decision.criteria.filter((one) => one.result === 'met');
  const idle = decision.criteria.filter((one) => one.result === 'not-applicable');
  const known = page.deps.schemes.some((scheme) => scheme.id === decision.scheme);
  const name = html`${line(decision.scheme, 40)} ${line(decision.edition, 40)}`;
  return html`<section class="panel" id="label-${decision.scheme}"><h2>${heading(decision, page)}</h2><p class="note">${t.computed} ${
    known ? html`<a href="${schemeAddress(decision.scheme)}">${name}</a>` : name
  } ${digest(decision.schemeDigest)}. ${countsText(decision)}${decision.level && html` ${t.holdsUntil} ${day(decision.validUntil)}.`}</p>${background(decision)}${
    lacking.length > 0
      ? html`<h3>${decision.next ? t.missingFor(levelName(decision.scheme, decision.next.level, page.deps.schemes)) : t.notMet}</h3>${list(lacking.slice(0, SHOWN))}${
          lacking.length > SHOWN &&
          html`<details class="fold"><summary>${t.moreMissing(lacking.length - SHOWN)}</summary>${list(lacking.slice(SHOWN))}</details>`
        }`
      : html`<p class="fine">${check} ${t.nothingMissing}</p>`
  }${met.length > 0 && html`<details class="fold"><summary>${t.met(met.length)}</summary>${list(met)}</details>`}${
    idle.length > 0 &&
    html`<details class="fold"><summary>${t.notApplicable(idle.length)}</summary>${list(idle)}</details>`
  }</section>`;
}

/** Where a level stands against another of the same scheme. */
function compared(theirs: string, ours: string | undefined, order: string[]): string {
  if (!ours) return t.notHere;
  if (theirs === ours) return t.same;
  const [a, b] = [order.indexOf(theirs), order.indexOf(ours)];
  return a < 0 || b < 0 ? t.other : a > b ? t.higher : t.lower;
}

/** What one other catalogue says of this version, set against what this node says. */
function other(by: string, labels: ListingLabel[], item: ListingDetail, page: Page, name: string): Html {
  const { schemes } = page.deps;
  const groups = Map.groupBy(labels, (label) => {
    const order = schemes.find(({ id }) => id === label.scheme)?.levels.map(({ id }) => id) ?? [];
    const ours = item.labels.find((mine) => mine.own && mine.scheme === label.scheme)?.level;
    return compared(label.level, ours, order);
  });
  const rows = [...groups].map(([against, group]) => {
    const links = group.map(
      ({ scheme, level, digest }, at) =>
        html`${at > 0 ? ', ' : ''}<a href="${credentialAddress(digest)}">${labelName(scheme, level, schemes)}</a>`,
    );
    return html`<p>${against}: ${links}</p>`;
  });
  const basis = labels.some((label) => label.basis === 'attested') ? 'attested' : 'claimed';
  return html`<li><b title="${line(by, 200)}">${name}</b><p class="quiet">${t.authority[basis]}</p>${rows}</li>`;
}

/** What other catalogues say of this version: shown as theirs, never mixed with ours. */
export function othersSection(item: ListingDetail, page: Page, name: (did: string) => string): Html {
  const byNode = Map.groupBy(
    item.labels.filter((label) => !label.own),
    (label) => label.by,
  );
  const rows = [...byNode].map(([by, labels]) => other(by, labels, item, page, name(by)));
  return html`<section class="panel" id="others"><h2>${t.others}</h2>${
    rows.length > 0 ? html`<ul class="others">${rows}</ul>` : html`<p class="note">${t.othersNone}</p>`
  }</section>`;
}
