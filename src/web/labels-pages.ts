import { html } from 'hono/html';
import { CERTIFICATE, covers, mayVouch } from '../compliance/basis.ts';
import type { TrustRule } from '../policy.ts';
import type { Page, SchemeView } from './deps.ts';
import { dayText, digest, type Html, schemeAddress } from './format.ts';
import { layout } from './layout.ts';
import { basisKey, certificationName, levelMark, schemeShort } from './marks.ts';
import { line, linkable } from './safe-text.ts';
import {
  answersCriteria,
  answersDemand,
  answersPanels,
  certificateLevels,
  certificatePanels,
  criteriaTable,
  decided,
  noLabelPanel,
  table,
} from './scheme-rules.ts';
import { en } from './texts/en.ts';

const t = en.labels;
const c = en.certificatesText;

/** What a scheme proves and what not, beyond what its file says of itself. */
function wordsOf({ id, rules }: SchemeView): { proves: string[]; not: string[] } {
  if (rules?.kind !== 'certificates') return en.schemes[id] ?? en.schemeGeneric;
  const document = line(rules.document, 60);
  if (rules.never) return { proves: [], not: c.notNever };
  return { proves: rules.readiness ? [] : [c.proves(document)], not: c.not(document) };
}

const partsOf = (scheme: SchemeView) => [...new Set(scheme.criteria.map((one) => one.part))];

/** How a level is reached: the number of criteria by each kind of demand, for each part of the scheme. */
function levelDemands(scheme: SchemeView, level: string): Html[] {
  if (scheme.rules?.kind === 'answers') return [html`${answersDemand(scheme.rules, level)}`];
  return partsOf(scheme).flatMap((part) => {
    const counts = new Map<string, number>();
    for (const { levels } of scheme.criteria.filter((one) => one.part === part)) {
      const demand = levels[level];
      if (demand && t.demandNoun[demand]) counts.set(demand, (counts.get(demand) ?? 0) + 1);
    }
    const text = [...counts].map(([demand, count]) => t.levelDemand(count, t.demandNoun[demand]!)).join(', ');
    return text ? [html`<div>${part && `${t.parts[part] ?? line(part, 40)}: `}${text}</div>`] : [];
  });
}

function levelsTable(scheme: SchemeView): Html {
  const rows = scheme.levels.map((level) => [
    line(level.id, 24),
    line(level.name, 120),
    html`${levelDemands(scheme, level.id)}`,
    decided(level),
  ]);
  return table(t.levels, [t.level, t.name, t.demands, t.decided], rows);
}

function provesLists(scheme: SchemeView, level: 2 | 3): Html {
  const title = (text: string) => (level === 2 ? html`<h2>${text}</h2>` : html`<h3>${text}</h3>`);
  const words = wordsOf(scheme);
  const proves = scheme.proves ? [line(scheme.proves, 400), ...words.proves] : words.proves;
  const { not } = words;
  const items = (texts: string[]) => texts.map((text) => html`<li>${text}</li>`);
  const limits = scheme.doesNotProve ? [line(scheme.doesNotProve, 400), ...not] : not;
  return html`<div class="proves"><div>${title(t.proves)}<ul>${items(proves)}</ul></div><div>${title(t.not)}<ul>${items(limits)}</ul></div></div>`;
}

/** Entries of the trust list that may vouch for something under a scheme. */
function vouchersOf({ id, rules }: SchemeView, trust: TrustRule[]): TrustRule[] {
  if (!rules) return trust;
  if (rules.kind === 'answers')
    return trust.filter((one) => mayVouch(one.role, 'kontor:SealAssessment') && covers(one, { scheme: id }));
  const { certificate: scheme = id, evidence = CERTIFICATE, readiness } = rules;
  return trust.filter(
    (one) => mayVouch(one.role, evidence) && covers(one, { scheme }) && (!readiness || one.schemes !== undefined),
  );
}

function trustTable(rules: TrustRule[], none = t.vouchNone): Html {
  if (rules.length === 0) return html`<p class="note">${none}</p>`;
  const columns = t.vouchColumns;
  const rows = rules.map((rule) => [
    html`${rule.name ? html`${line(rule.name, 120)}<br>` : ''}<code class="break">${line(rule.did, 160)}</code>`,
    rule.role === 'certificate' || rule.role === 'assessment-body'
      ? `${t.role[rule.role]}: ${rule.schemes?.map(certificationName).join(', ') ?? t.any}`
      : t.role[rule.role],
    rule.from ? dayText(rule.from) : '–',
    rule.until ? dayText(rule.until) : t.openEnded,
  ]);
  return table(t.vouch, [columns.who, columns.role, columns.since, columns.until], rows);
}

/** Schemes whose verdict is a third party's paper: what each proves, and its levels, a row each. */
function papersTable(schemes: SchemeView[]): Html {
  const rows = schemes.map((scheme) => [
    html`<a href="${schemeAddress(scheme.id)}">${line(scheme.title, 80)}</a>`,
    scheme.levels.length > 0
      ? html`${scheme.levels.map((level, at) => html`${at > 0 && html`<br>`}${line(level.name, 60)}`)}`
      : t.noLevels,
    scheme.proves ? line(scheme.proves, 400) : '',
  ]);
  return table(t.papers, [t.name, t.levels, t.proves], rows);
}

/** An example of the mark in each basis, so that the key can be read off a real one. */
function example(scheme: SchemeView | undefined, page: Page): Html | '' {
  const level = scheme?.levels[1] ?? scheme?.levels[0];
  if (!scheme || !level) return '';
  const bases = ['verified', 'attested', 'claimed', 'unknown', 'lapsed'] as const;
  return html`<p class="marks">${bases.map((basis) => levelMark(scheme.id, level.id, basis, page))}</p>`;
}

/** `GET /labels`: how to read the marks, the schemes this node decides, who may vouch. */
export function labelsPage(page: Page): Html {
  const { schemes } = page.deps;
  const papers = schemes.filter(({ kind }) => kind === 'certificates');
  const graded = schemes.filter((scheme) => !papers.includes(scheme));
  const sections = graded.map(
    (scheme) =>
      html`<section class="panel"><h2>${schemeShort(scheme.id, schemes)}</h2><p class="note">${t.edition} ${line(scheme.edition, 40)}, ${t.criteria(
        scheme.criteria.length,
      )}.</p>${provesLists(scheme, 3)}<h3>${t.levels}</h3>${levelsTable(scheme)}<p class="links"><a href="${schemeAddress(scheme.id)}">${t.open}</a></p></section>`,
  );
  return layout(page, {
    title: t.title,
    section: 'labels',
    head: html`<h1>${t.title}</h1><p class="lead">${t.lead}</p>`,
    main: html`<div class="two"><div>${schemes.length > 0 ? sections : html`<section class="panel"><p class="note">${t.none}</p></section>`}${
      papers.length > 0 &&
      html`<section class="panel"><h2>${t.papers}</h2><p class="note">${t.papersText}</p>${papersTable(papers)}</section>`
    }<section class="panel" id="vouch"><h2>${t.vouch}</h2><p class="note">${
      t.vouchText
    }</p>${trustTable(page.deps.trust())}</section></div><div class="side"><section class="panel" id="marks"><h2>${t.marks}</h2><p class="note">${t.marksText}</p>${example(graded.at(-1), page)}${basisKey()}</section></div></div>`,
  });
}

const SHORT_DEMAND = (demand = 'not-required') =>
  html`<span class="demand ${t.demand[demand] ? demand : ''}">${t.demand[demand] ?? line(demand, 40)}</span>`;

/** Every criterion, with what each level asks of it. */
function allCriteria(scheme: SchemeView): Html {
  const { criteria, levels, retired = [] } = scheme;
  const parts = partsOf(scheme).map((part = '') =>
    t.part(t.parts[part] ?? line(part, 40), criteria.filter((one) => one.part === part).length),
  );
  const ids = levels.map(({ id }) => line(id, 24));
  const rows = criteria.map((one) => ({
    id: one.id,
    title: one.title,
    cells: levels.map(
      ({ id }) => html`<td class="d" data-label="${line(id, 24)}">${SHORT_DEMAND(one.levels[id])}</td>`,
    ),
  }));
  return html`<p class="note">${t.counted(
    parts,
    retired.map((id) => line(id, 24)),
  )}</p>${criteriaTable(t.tableLabel, ids, [{ rows }])}`;
}

/** Where a scheme is published by those who made it. */
function sourceLinks({ sources = [] }: SchemeView): Html | '' {
  if (sources.length === 0) return '';
  const links = sources.map(({ name, url, read }, at) => {
    const address = linkable(url);
    const text = line(name, 120);
    return html`${at > 0 ? '; ' : ''}${address ? html`<a href="${address}" rel="noopener noreferrer">${text}</a>` : text} (${t.asOf(line(read, 10))})`;
  });
  return html`${links}`;
}

/** What decides a scheme, panel by panel: its levels, its rules, who may vouch, its criteria. */
function rulesOf(scheme: SchemeView, trust: TrustRule[]): Html[] {
  const { rules } = scheme;
  const mayVouchHere = vouchersOf(scheme, trust);
  const levels = (rows: Html) => html`<section class="panel"><h2>${t.levels}</h2>${rows}</section>`;
  const vouch = html`<section class="panel"><h2 id="vouch">${t.vouch}</h2><p class="note">${t.vouchText}</p>${trustTable(mayVouchHere, rules ? t.vouchNobody : t.vouchNone)}</section>`;
  const criteria = (rows: Html) =>
    html`<section class="panel"><h2>${t.criteria(scheme.criteria.length)}</h2>${rows}</section>`;
  if (rules?.kind === 'answers')
    return [
      levels(levelsTable(scheme)),
      answersPanels(rules),
      vouch,
      criteria(answersCriteria(rules, sourceLinks(scheme))),
    ];
  if (rules?.kind === 'certificates') {
    const why = noLabelPanel(rules, mayVouchHere.length > 0);
    if (rules.never) return [html`${why}`];
    const graded = levels(certificateLevels(rules, mayVouchHere.length > 0));
    return [html`${why}`, graded, ...certificatePanels(scheme, rules), vouch];
  }
  const evidence = html`<section class="panel"><h2>${t.evidence}</h2><ul class="prose">${t.evidenceText.map((text) => html`<li>${text}</li>`)}</ul></section>`;
  return [levels(levelsTable(scheme)), evidence, vouch, criteria(allCriteria(scheme))];
}

/** `GET /labels/:scheme`: one scheme in full. */
export function schemePage(scheme: SchemeView, page: Page): Html {
  const sources = sourceLinks(scheme);
  return layout(page, {
    title: schemeShort(scheme.id, page.deps.schemes),
    section: 'labels',
    head: html`<p class="crumb"><a href="/labels">${t.title}</a></p><h1>${line(scheme.title, 160)}</h1><p class="state">${t.edition} ${line(scheme.edition, 40)}. ${t.rules} ${digest(scheme.digest)}.${scheme.origin === 'operator' ? ` ${t.byOperator}` : ''}</p>${sources && html`<p class="state" id="sources">${t.sources}: ${sources}.</p>`}`,
    main: html`<div class="one"><section class="panel">${provesLists(scheme, 2)}</section>${rulesOf(scheme, page.deps.trust())}</div>`,
  });
}
