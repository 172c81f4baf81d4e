import { html } from 'hono/html';
import { type JudgedLabel, type Judgement, ownChecks } from '../catalogue/judgement.ts';
import type { Check, Stage } from '../credentials/check.ts';
import { CODES, isHeld } from '../errors.ts';
import { checkLink } from './check-pages.ts';
import { criterion } from './criteria.ts';
import type { Page } from './deps.ts';
import { credentialAddress, digest, type Html, listingAddress, number, typeName } from './format.ts';
import { check as checkSign, clock, cross, dash, RESULT_SIGN } from './icons.ts';
import { levelMark, schemeShort } from './marks.ts';
import { line } from './safe-text.ts';
import { en } from './texts/en.ts';

const t = en.publish;
export type Action = 'check' | 'publish';

const STAGES: Stage[] = ['parse', 'verify', 'shape', 'label', 'commit'];
/** A presentation is an envelope: whatever comes after its signature happens to what is in it. */
const ENVELOPE_STAGES: Stage[] = ['parse', 'verify'];
/** A stage that was not reached has a dash. */
const SIGN: Record<Check['result'] | 'skip', Html> = { ...RESULT_SIGN, skip: dash };

/** Text that breaks anywhere but inside a date. */
const wholeDates = (text: string): Html =>
  html`${text.split(/(\d{4}-\d\d-\d\d(?:T[\d:.]+Z?)?)/).map((part, at) => (at % 2 === 1 ? html`<span class="whole">${part}</span>` : part))}`;

/** A check: sign, one sentence, and for whatever is not fine the place, what was found, what is allowed, the mend. */
function checkItem(one: Check): Html {
  const details: [string, Html | undefined][] = [
    [t.where, one.where === undefined ? undefined : html`<code class="break">${line(one.where, 200) || '/'}</code>`],
    [
      t.found,
      one.found === undefined ? undefined : html`<code class="break">${wholeDates(line(one.found, 300))}</code>`,
    ],
    [t.allowed, one.allowed === undefined ? undefined : html`${line(one.allowed, 400)}`],
    [t.mend, one.mend === undefined ? undefined : html`${line(one.mend, 500)}`],
  ];
  const rows = details.filter(([, value]) => value !== undefined && one.result !== 'pass');
  return html`<li class="check ${one.result}"><span class="sign">${SIGN[one.result]}<span class="vh">${t.checks[one.result]}</span></span><div><p dir="auto">${line(one.why, 500)} ${checkLink(line(one.id, 80))}</p>${rows.length > 0 && html`<dl class="pairs tight">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd dir="auto">${value}</dd></div>`)}</dl>`}</div></li>`;
}

/** In the order in which they were made. */
const checkList = (checks: Check[]): Html => html`<ul class="checks">${checks.map(checkItem)}</ul>`;

function stageItem(stage: Stage, judgement: Judgement, action: Action): Html {
  const { name, what } = t.stages[stage];
  const all = ownChecks(judgement).filter((one) => one.id.startsWith(`${stage}.`));
  const fine = all.every((one) => one.result === 'pass');
  const at = STAGES.indexOf(judgement.stage);
  const reached = judgement.items !== undefined || STAGES.indexOf(stage) <= at;
  const failed = !judgement.ok && !judgement.items && stage === judgement.stage;
  const state = failed ? (isHeld(judgement.code) ? 'warn' : 'fail') : reached ? 'pass' : 'skip';
  const skipped = stage === 'commit' && judgement.ok && action === 'check' ? t.notStored : t.notReached;
  return html`<li class="stage ${state}"><h3><span class="sign">${SIGN[state]}<span class="vh">${t.checks[state]}: </span></span>${name}</h3><p class="quiet">${reached ? what : skipped}</p>${
    all.length > 0 &&
    (fine
      ? html`<details class="fold"><summary>${t.passed(all.length)}</summary>${checkList(all)}</details>`
      : checkList(all))
  }</li>`;
}

/** The stages before anything was checked: what will happen. */
export function stagesPreview(): Html {
  const items = STAGES.map(
    (stage) =>
      html`<li class="stage skip"><h3><span class="sign">${dash}</span>${t.stages[stage].name}</h3><p class="quiet">${t.stages[stage].what}</p></li>`,
  );
  return html`<section class="panel"><h2>${t.checksHeading}</h2><p class="note">${t.notRun}</p><ol class="stages">${items}</ol></section>`;
}

function labelItem(label: JudgedLabel, page: Page): Html {
  const scheme = schemeShort(label.scheme, page.deps.schemes);
  const open = label.next?.missing ?? [];
  const missing = label.next
    ? html`<details class="fold"><summary>${t.missing(line(label.next.level, 24), open.length)}</summary><ul class="crits">${open.map(criterion)}</ul></details>`
    : html`<p class="note">${t.complete}</p>`;
  return html`<div class="got">${
    label.level
      ? levelMark(label.scheme, label.level, label.basis, page)
      : html`<span class="mark none">${scheme}: ${t.noLevel}</span>`
  }${missing}</div>`;
}

/** What became of each credential of a presentation: some may be listed though others were refused. */
function partsBanner(items: Judgement[], action: Action): Html {
  const taken = items.filter((item) => item.ok).length;
  const [style, sign] = taken === items.length ? ['good', checkSign] : taken > 0 ? ['', clock] : ['bad', cross];
  const rows = items.map((item, at) => {
    const became = item.ok
      ? item.known
        ? t.part.known
        : t.part.ok[action]
      : `${t.part[isHeld(item.code) ? 'held' : 'refused'][action]}: ${line(item.detail ?? '', 300)}`;
    const name = item.listing && html` <span dir="auto">(${line(item.listing.name, 120)})</span>`;
    return html`<li><a href="#credential-${at + 1}">${t.item(at + 1, items.length)}</a>${name}: ${became}</li>`;
  });
  return html`<div class="notice ${style}">${sign}<div><b>${t.parts[action](taken, items.length)}</b><p>${t.acceptedText.presentation}</p><ul>${rows}</ul></div></div>`;
}

function banner(judgement: Judgement, action: Action): Html {
  const { code, items } = judgement;
  if (items) return partsBanner(items, action);
  if (judgement.ok) {
    const text =
      action === 'check'
        ? t.acceptedText.check
        : judgement.known
          ? t.acceptedText.known
          : t.acceptedText[judgement.kind ?? 'listing'];
    return html`<div class="notice good">${checkSign}<div><b>${t.accepted[action]}</b><p>${text}</p></div></div>`;
  }
  if (isHeld(code))
    return html`<div class="notice">${clock}<div><b>${t.heldTitle[action]}</b><p>${code === 'key-unavailable' ? t.heldText : t.heldStatusText} ${t.heldThen[action]}</p></div></div>`;
  const failed = judgement.checks.filter(({ result }) => result === 'fail');
  const title = t.refusedBy[failed[0]?.id ?? ''] ?? (code ? CODES[code].title : '');
  const more = failed.length > 1 ? `; ${t.andMore(failed.length - 1)}` : '';
  return html`<div class="notice bad">${cross}<div><b>${t.refused}: ${title}</b><p dir="auto">${line(judgement.detail ?? '', 500)}${more}</p><p class="quiet">${t.refusedAt(
    t.stages[judgement.stage].name,
  )} ${code && html`<a href="/docs/errors#${code}">${t.codeHelp}</a> <code>${code}</code>`}</p></div></div>`;
}

function became(judgement: Judgement, action: Action): Html | '' {
  const { listing, items } = judgement;
  if (!listing || !judgement.ok || items) return '';
  const name = html`<b dir="auto">${line(listing.name, 200)}</b>`;
  const entry =
    judgement.entry &&
    html`<p class="note">${t.entry(number(judgement.entry.index), line(judgement.entry.origin, 100))}</p>`;
  return html`<h3>${t.looks[action]}</h3><p>${name} <span class="quiet">${typeName(listing.type)}</span></p>${entry}${
    action === 'publish' && html`<p><a class="btn" href="${listingAddress(listing.key)}">${t.see}</a></p>`
  }`;
}

/** A judgement, stage by stage, then what it became and the labels with what is missing. */
export function judgementView(judgement: Judgement, action: Action, page: Page): Html {
  if (judgement.items) {
    const items = judgement.items.map(
      (item, index) =>
        html`<h2 class="section" id="credential-${index + 1}">${t.item(index + 1, judgement.items!.length)}</h2>${judgementView(item, action, page)}`,
    );
    return html`${single(judgement, action, page)}${items}`;
  }
  return single(judgement, action, page);
}

function single(judgement: Judgement, action: Action, page: Page): Html {
  const stages = (judgement.items ? ENVELOPE_STAGES : STAGES).map((stage) => stageItem(stage, judgement, action));
  const labels = judgement.labels ?? [];
  const stored = action === 'publish' && judgement.ok && !judgement.items;
  return html`<section class="panel result" aria-label="${t.result}"><h2 class="vh">${t.result}</h2>${banner(judgement, action)}<ol class="stages">${stages}</ol>${became(judgement, action)}${
    judgement.ok &&
    judgement.kind === 'listing' &&
    html`<h3>${t.labels[action]}</h3>${labels.length > 0 ? labels.map((label) => labelItem(label, page)) : html`<p class="note">${t.labelsNone}</p>`}`
  }<p class="note">${t.digest}: ${digest(judgement.digest, stored ? credentialAddress(judgement.digest) : undefined)}</p></section>`;
}
