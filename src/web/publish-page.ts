import { html } from 'hono/html';
import type { Judgement } from '../catalogue/judgement.ts';
import type { Page } from './deps.ts';
import { bytes, type Html } from './format.ts';
import { cross } from './icons.ts';
import { type Action, judgementView, stagesPreview } from './judgement-view.ts';
import { layout } from './layout.ts';
import { line } from './safe-text.ts';
import { en } from './texts/en.ts';

const t = en.publish;

/** What the page answers with: nothing yet, a fault of the form itself, or a judgement. */
export type Outcome =
  | { kind: 'none' }
  | { kind: 'fault'; title: string; text: string }
  | { kind: 'judged'; action: Action; judgement: Judgement };

/** `GET /publish` and its answer: the credential on the left, the checks on the right. */
export function publishPage(page: Page, limit: number, outcome: Outcome, text = ''): Html {
  const { url } = page.deps.node;
  const commands = [
    './kontor keygen --did did:web:cloud.example --out key.json > did.json',
    './kontor sign offer.json --key key.json --out offer.jwt',
    './kontor check offer.jwt',
    `./kontor publish offer.jwt --node ${url}`,
  ].join('\n');
  const right =
    outcome.kind === 'judged'
      ? judgementView(outcome.judgement, outcome.action, page)
      : outcome.kind === 'fault'
        ? html`<section class="panel result" aria-label="${t.result}"><div class="notice bad">${cross}<div><b>${outcome.title}</b><p dir="auto">${line(outcome.text, 400)}</p></div></div></section>${stagesPreview()}`
        : stagesPreview();
  // The line feed after <textarea> is dropped by the parser, so text that starts with one keeps it.
  return layout(page, {
    title: t.title,
    section: 'publish',
    head: html`<h1>${t.title}</h1><p class="lead">${t.lead}</p>`,
    main: html`<div class="halves"><form class="panel publish" action="/publish" method="post" enctype="multipart/form-data"><label for="credential" class="strong">${t.field}</label><p class="note" id="credential-hint">${
      t.fieldHint
    }</p><textarea id="credential" name="credential" rows="16" spellcheck="false" autocapitalize="off" autocomplete="off" aria-describedby="credential-hint" data-drop>
${text}</textarea><label for="file" class="strong">${t.file}</label><p class="note" id="file-hint">${t.fileHint} ${t.size(bytes(limit))}</p><input type="file" id="file" name="file" accept=".jwt,.json,.jsonld,.vc,.txt" aria-describedby="file-hint"><p id="chosen" class="note" role="status" data-chosen="${
      t.chosen
    }"></p><p id="secret" role="alert" data-text="${t.secretHere}"></p><p class="actions"><button class="btn" name="action" value="check">${t.check}</button> <button class="btn plain" name="action" value="publish">${t.publish}</button></p><details class="fold"><summary>${
      t.how
    }</summary><p class="note">${t.howText}</p><pre tabindex="0" aria-label="${t.how}"><code>${commands}</code></pre></details></form><div class="outcome" id="result">${right}</div></div>`,
  });
}
