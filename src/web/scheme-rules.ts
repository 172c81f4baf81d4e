import { html } from 'hono/html';
import { type AnswersCriterion, type AnswersScheme, isInert } from '../compliance/answers-scheme.ts';
import type { CertificatesScheme } from '../compliance/certificate-scheme.ts';
import type { SchemeView } from './deps.ts';
import { dayText, type Html } from './format.ts';
import { check } from './icons.ts';
import { line } from './safe-text.ts';
import { en } from './texts/en.ts';

const t = en.labels;
const a = en.answersText;
const c = en.certificatesText;

/** A criterion in a table: its number, what it asks, and the cells of its levels. */
export interface CriterionRow {
  id: string;
  title: string;
  cells: Html | Html[];
}

/** A table of words: a row is its head and its cells. Where there is little room, each cell stands in a line of its own. */
export function table(label: string, columns: string[], rows: (Html | string)[][]): Html {
  const body = rows.map(
    ([head, ...cells]) =>
      html`<tr><th scope="row">${head}</th>${cells.map((cell, at) => html`<td data-label="${columns[at + 1]!}">${cell}</td>`)}</tr>`,
  );
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${label}"><table class="rows stack words"><thead><tr>${columns.map(
    (column) => html`<th scope="col">${column}</th>`,
  )}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** Whether this node decides a level, and if not, why; `anybody`: whether somebody here may sign for it. */
export const decided = ({ decided: is, because }: SchemeView['levels'][number], anybody = true): Html =>
  is && !anybody
    ? html`<span class="quiet">${t.notYet}</span><p class="note">${t.notYetBecause}.</p>`
    : is
      ? html`<span class="basis verified">${check}<span>${t.isDecided}</span></span>`
      : html`<span class="quiet">${t.notDecided}</span>${because && html`<p class="note">${line(because, 240)}.</p>`}`;

const lowestFor = ({ answers }: AnswersCriterion, level: number): number =>
  answers.findIndex((answer) => answer[1] >= level) + 1;

/** What each level of an answers scheme demands, in words. */
export function answersDemand(scheme: AnswersScheme, level: string): string {
  const at = scheme.levels.findIndex(({ id }) => id === level);
  const binding = scheme.criteria.filter((one) => !isInert(scheme, one));
  return a.demands(
    line(level, 24),
    binding.length,
    binding.every((one) => lowestFor(one, at) <= 1),
  );
}

/** How the level comes about, then objectives with their weights. */
export function answersPanels(scheme: AnswersScheme): Html {
  const { criteria, objectives, editions, freshMonths } = scheme;
  const binding = criteria.filter((one) => !isInert(scheme, one));
  const weights = Object.entries(editions);
  const rows = objectives.map(({ id, name }) => {
    const of = (all: AnswersCriterion[]) => String(all.filter(({ objective }) => objective === id).length);
    return [
      html`<code>${line(id, 24)}</code> ${line(name, 120)}`,
      of(criteria),
      of(binding),
      ...weights.map(([, edition]) => `${edition.weights[id]} %`),
    ];
  });
  const columns = [a.objective, a.criteria, a.binding, ...weights.map(([edition]) => a.weight(line(edition, 40)))];
  const divisors = weights.map(([edition, { divisor }]) => a.divisor(line(edition, 40), divisor));
  const rules = a.rules(binding.length, criteria.length - binding.length, freshMonths);
  return html`<section class="panel"><h2>${a.how}</h2><ul class="prose">${rules.map((text) => html`<li>${text}</li>`)}</ul></section><section class="panel"><h2>${a.objectives}</h2><p class="note">${a.objectivesText}</p>${table(a.objectives, columns, rows)}<p class="note">${divisors.join(' ')}</p></section>`;
}

/** A table of criteria, with a cell or more for the levels. Where there is little room, a criterion is a block of its own. */
export function criteriaTable(
  label: string,
  levels: string[],
  groups: { title?: string; rows: CriterionRow[] }[],
): Html {
  const bodies = groups.map(
    ({ title, rows }) =>
      html`<tbody>${title && html`<tr><th scope="rowgroup" colspan="${levels.length + 2}" class="group">${title}</th></tr>`}${rows.map(
        ({ id, title, cells }) =>
          html`<tr><th scope="row"><code>${line(id, 24)}</code></th><td>${line(title, 240)}</td>${cells}</tr>`,
      )}</tbody>`,
  );
  const head = levels.map((level) => html`<th scope="col">${level}</th>`);
  return html`<div class="scroll tall" role="region" tabindex="0" aria-label="${label}"><table class="rows words criteria"><thead><tr><th scope="col"><span class="vh">${t.criterion}</span></th><th scope="col">${t.criterion}</th>${head}</tr></thead>${bodies}</table></div>`;
}

/** Every criterion under its objective, with the answers that do for each level. */
export function answersCriteria(scheme: AnswersScheme, sources: Html | ''): Html {
  const levels = scheme.levels.map(({ id }) => line(id, 24));
  const cells = (criterion: AnswersCriterion): Html | Html[] =>
    isInert(scheme, criterion)
      ? html`<td class="d quiet" colspan="${levels.length}">${a.inert}</td>`
      : levels.map((level, at) => {
          const lowest = lowestFor(criterion, at);
          return html`<td class="d${lowest > 1 ? '' : ' quiet'}" data-label="${level}">${a.answers(lowest, criterion.answers.length)}</td>`;
        });
  const groups = scheme.objectives.map(({ id, name }) => ({
    title: `${line(id, 24)} ${line(name, 120)}`,
    rows: scheme.criteria
      .filter(({ objective }) => objective === id)
      .map((one) => ({ id: one.id, title: one.title, cells: cells(one) })),
  }));
  return html`<p class="note">${a.answersFor}${sources && html` ${a.wording} ${sources}.`}</p>${criteriaTable(a.tableLabel, levels, groups)}`;
}

const codes = (names: string[]): Html[] =>
  names.map((name, at) => html`${at > 0 ? ' ' : ''}<code class="nb">${line(name, 60)}</code>`);

/** Levels of a certificates scheme: how they are written, whose word counts, how long they last. */
export function certificateLevels(scheme: CertificatesScheme, anybody: boolean): Html {
  const rows = scheme.levels.map((level) => [
    line(level.name, 120),
    html`${codes([level.id, ...(level.aliases ?? [])])}`,
    level.self ? c.self : anybody ? c.body : c.nobody,
    c.levelLasts(level, scheme),
    decided(level, anybody || level.self === true),
  ]);
  return table(t.levels, [t.level, c.written, c.whose, c.lasts, t.decided], rows);
}

/** What a certificate must be to count, editions, and what is refused by name. */
export function certificatePanels(view: SchemeView, scheme: CertificatesScheme): Html[] {
  const { editions = [], refusedEditions = {}, refused = {}, opinion = false } = scheme;
  const document = line(scheme.document, 60);
  const panel = (title: string, note: string, columns: string[], rows: (Html | string)[][]): Html[] =>
    rows.length > 0
      ? [
          html`<section class="panel"><h2>${title}</h2>${note && html`<p class="note">${note}</p>`}${table(title, columns, rows)}</section>`,
        ]
      : [];
  const editionRows = [
    ...editions.map((one) => [
      line(one.id, 60),
      html`${codes([one.id, ...(one.aliases ?? [])])}`,
      c.when(one, opinion, dayText),
    ]),
    ...grouped(refusedEditions).map(([why, names]) => [
      line(names[0]!, 60),
      html`${codes(names)}`,
      c.refusedEdition(line(why, 240)),
    ]),
  ];
  return [
    ...panel(
      c.rules(document),
      c.rulesText(document),
      [c.rule, c.holds],
      view.criteria.map(({ id, title }) => [line(title, 120), c.holdsWhere[id]?.(scheme) ?? '']),
    ),
    ...panel(c.editions, '', [c.edition, c.written, c.counts], editionRows),
    ...panel(
      c.refused,
      c.refusedText,
      [c.name, c.why],
      grouped(refused).map(([why, names]) => [html`${codes(names)}`, line(why, 240)]),
    ),
  ];
}

/** Why a scheme gives no label, or none yet; `anybody`: whether somebody on the trust list may issue it. */
export function noLabelPanel({ never, readiness }: CertificatesScheme, anybody: boolean): Html | '' {
  if (never) return html`<section class="panel"><h2>${c.never}</h2><p>${line(never, 400)}.</p></section>`;
  if (!readiness) return '';
  return html`<section class="panel"><h2>${c.readiness}</h2><p>${line(readiness, 400)}. ${anybody ? c.readinessOn : c.readinessOff}</p></section>`;
}

/** Names by their reason, so that spellings of one thing make one row. */
function grouped(reasons: Record<string, string>): [why: string, names: string[]][] {
  const groups = new Map<string, string[]>();
  for (const [name, why] of Object.entries(reasons)) groups.set(why, [...(groups.get(why) ?? []), name]);
  return [...groups];
}
