import { html } from 'hono/html';
import type { TrustRule } from '../policy.ts';
import type { Page, SchemeView } from './deps.ts';
import { dayText, digest, type Html, schemeAddress } from './format.ts';
import { check } from './icons.ts';
import { layout } from './layout.ts';
import { basisKey, certificationName, levelMark, schemeShort } from './marks.ts';
import { line } from './safe-text.ts';
import { en } from './texts/en.ts';

const t = en.labels;
const wordsOf = (id: string) => en.schemes[id] ?? { short: undefined, ...en.schemeGeneric };

const partsOf = (scheme: SchemeView) => [...new Set(scheme.criteria.map((one) => one.part))];

/** How a level is reached: the number of criteria by each kind of demand, for each part of the scheme. */
function levelDemands(scheme: SchemeView, level: string): Html[] {
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
  const rows = scheme.levels.map(
    (level) =>
      html`<tr><th scope="row">${line(level.id, 24)}</th><td>${line(level.name, 120)}</td><td>${levelDemands(scheme, level.id)}</td><td>${
        level.decided
          ? html`<span class="basis verified">${check}<span>${t.decided}</span></span>`
          : html`<span class="quiet">${t.notDecided}</span>${level.because && html`<p class="note">${line(level.because, 240)}.</p>`}`
      }</td></tr>`,
  );
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${t.levels}"><table class="rows"><thead><tr><th scope="col">${t.level}</th><th scope="col">${t.name}</th><th scope="col">${
    t.demands
  }</th><th scope="col"><span class="vh">${t.decided}</span></th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function provesLists(scheme: SchemeView, level: 2 | 3): Html {
  const title = (text: string) => (level === 2 ? html`<h2>${text}</h2>` : html`<h3>${text}</h3>`);
  const words = wordsOf(scheme.id);
  const proves = scheme.proves ? [line(scheme.proves, 400), ...words.proves] : words.proves;
  const { not } = words;
  const items = (texts: string[]) => texts.map((text) => html`<li>${text}</li>`);
  return html`<div class="proves"><div>${title(t.proves)}<ul>${items(proves)}</ul></div><div>${title(t.not)}<ul>${items(not)}</ul></div></div>`;
}

function trustTable(rules: TrustRule[]): Html {
  if (rules.length === 0) return html`<p class="note">${t.vouchNone}</p>`;
  const columns = t.vouchColumns;
  const rows = rules.map(
    (rule) =>
      html`<tr><th scope="row">${rule.name ? html`${line(rule.name, 120)}<br>` : ''}<code class="break">${line(rule.did, 160)}</code></th><td>${t.role[rule.role]}${
        rule.role === 'certificate' || rule.role === 'assessment-body'
          ? html`: ${rule.schemes?.map(certificationName).join(', ') ?? t.any}`
          : ''
      }</td><td>${rule.from ? dayText(rule.from) : '–'}</td><td>${rule.until ? dayText(rule.until) : t.openEnded}</td></tr>`,
  );
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${t.vouch}"><table class="rows"><thead><tr><th scope="col">${columns.who}</th><th scope="col">${columns.role}</th><th scope="col">${
    columns.since
  }</th><th scope="col">${columns.until}</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** Schemes whose verdict is a third party's paper: what each proves, and its levels, a row each. */
function papersTable(schemes: SchemeView[]): Html {
  const rows = schemes.map((scheme) => {
    const levels = scheme.levels.map((level) => line(level.name, 60)).join(', ');
    return html`<tr><th scope="row"><a href="${schemeAddress(scheme.id)}">${line(scheme.title, 80)}</a></th><td>${levels || t.noLevels}</td><td>${scheme.proves && line(scheme.proves, 400)}</td></tr>`;
  });
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${t.papers}"><table class="rows papers"><thead><tr><th scope="col">${t.name}</th><th scope="col">${t.levels}</th><th scope="col">${t.proves}</th></tr></thead><tbody>${rows}</tbody></table></div>`;
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

const SHORT_DEMAND = (demand: string | undefined) =>
  html`<span class="demand ${demand ?? 'not-required'}">${t.demand[demand ?? 'not-required'] ?? line(demand ?? '', 40)}</span>`;

/** `GET /labels/:scheme`: one scheme in full. */
export function schemePage(scheme: SchemeView, page: Page): Html {
  const head = scheme.levels.map((level) => html`<th scope="col">${line(level.id, 24)}</th>`);
  const rows = scheme.criteria.map(
    (one) =>
      html`<tr><th scope="row"><code>${line(one.id, 24)}</code></th><td>${line(one.title, 240)}</td>${scheme.levels.map((level) => html`<td class="d">${SHORT_DEMAND(one.levels[level.id])}</td>`)}</tr>`,
  );
  return layout(page, {
    title: schemeShort(scheme.id, page.deps.schemes),
    section: 'labels',
    head: html`<p class="crumb"><a href="/labels">${t.title}</a></p><h1>${line(scheme.title, 160)}</h1><p class="state">${t.edition} ${line(scheme.edition, 40)}. ${t.rules} ${digest(scheme.digest)}.</p>`,
    main: html`<div class="one"><section class="panel">${provesLists(scheme, 2)}</section><section class="panel"><h2>${t.levels}</h2>${levelsTable(scheme)}</section><section class="panel"><h2>${
      t.evidence
    }</h2><ul class="prose">${t.evidenceText.map((text) => html`<li>${text}</li>`)}</ul><h3 id="vouch">${t.vouch}</h3><p class="note">${t.vouchText}</p>${trustTable(page.deps.trust())}</section><section class="panel"><h2>${t.criteria(
      scheme.criteria.length,
    )}</h2><div class="scroll tall" role="region" tabindex="0" aria-label="${t.tableLabel}"><table class="rows criteria"><thead><tr><th scope="col"><span class="vh">${t.criterion}</span></th><th scope="col">${
      t.criterion
    }</th>${head}</tr></thead><tbody>${rows}</tbody></table></div></section></div>`,
  });
}
