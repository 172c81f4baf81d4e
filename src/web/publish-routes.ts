import { type Context, Hono } from 'hono';
import { holdsPrivateKey } from '../credentials/private-key.ts';
import { CODES, Problem } from '../errors.ts';
import { DEFAULT_POLICY } from '../policy.ts';
import type { Page, WebDeps } from './deps.ts';
import { bytes as sizeText } from './format.ts';
import type { Action } from './judgement-view.ts';
import { openPage } from './layout.ts';
import { type Outcome, publishPage } from './publish-page.ts';
import { sendPage } from './respond.ts';
import { echo, pasted, sniff } from './submission.ts';
import { en } from './texts/en.ts';

const t = en.publish;
/** Room for the boundaries and fields of a form around the credential. */
const FORM_EXTRA = 16_384;

/** Reads the body, but never more of it than a form of the allowed size; undefined when it is longer. */
async function readBody(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

async function readForm(c: Context, limit: number): Promise<FormData | 'too-large' | 'unreadable'> {
  // A paste may need three bytes a character when a form is sent urlencoded.
  const body = await readBody(c.req.raw, limit * 3 + FORM_EXTRA);
  if (!body) return 'too-large';
  const type = c.req.header('Content-Type') ?? '';
  return new Response(body, { headers: { 'Content-Type': type } }).formData().catch(() => 'unreadable' as const);
}

/** The bytes to judge: the file if one was chosen, else the pasted text. */
async function given(form: FormData): Promise<{ bytes: Uint8Array; text: string | undefined } | undefined> {
  const file = form.get('file');
  if (file && typeof file !== 'string' && file.size > 0) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    return { bytes, text: echo(bytes) };
  }
  const field = form.get('credential');
  if (typeof field !== 'string' || field.trim() === '') return undefined;
  const bytes = pasted(field);
  return { bytes, text: echo(bytes) };
}

const fault = (title: string, text: string): Outcome => ({ kind: 'fault', title, text });

async function judge(
  deps: WebDeps,
  action: Action,
  bytes: Uint8Array,
  limit: number,
): Promise<{ status: number; outcome: Outcome }> {
  if (bytes.byteLength > limit)
    return { status: 413, outcome: fault(t.tooLarge, t.tooLargeText(sizeText(limit), sizeText(bytes.byteLength))) };
  const sniffed = sniff(bytes);
  if (!sniffed.ok) return { status: 400, outcome: fault(t.neither, t.neitherText(sniffed.found)) };
  try {
    const judgement = await deps[action](sniffed.bytes, sniffed.mediaType);
    const status = judgement.ok
      ? action === 'publish' && !judgement.known
        ? 201
        : 200
      : CODES[judgement.code ?? 'internal'].status;
    return { status, outcome: { kind: 'judged', action, judgement } };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { status: error.status, outcome: fault(CODES[error.code].title, error.message) };
  }
}

/** `/publish`: a form that works without script. The answer has the status that the interface for programs would give. */
export function publishRoutes(deps: WebDeps): Hono {
  const app = new Hono();
  const limit = () => deps.maxBytes?.() ?? DEFAULT_POLICY.limits.bodyBytes;
  const answer = (c: Context, page: Page, status: number, outcome: Outcome, text?: string) =>
    sendPage(c, status, publishPage(page, limit(), outcome, text));

  app.get('/publish', async (c) => answer(c, await openPage(deps), 200, { kind: 'none' }));

  app.post('/publish', async (c) => {
    const page = await openPage(deps);
    // Another site must not publish through the browser of somebody who can reach this node (Fetch Metadata).
    if (!['same-origin', 'none', undefined].includes(c.req.header('Sec-Fetch-Site')))
      throw new Problem('bad-request', t.foreign);
    const form = await readForm(c, limit());
    if (form === 'too-large') {
      const sent = Number(c.req.header('Content-Length'));
      const size = sent > 0 ? sizeText(sent) : undefined;
      return answer(c, page, 413, fault(t.tooLarge, t.tooLargeText(sizeText(limit()), size)));
    }
    if (form === 'unreadable') return answer(c, page, 400, fault(t.nothing, t.nothingText));
    const action = form.get('action') ?? 'check';
    if (action !== 'check' && action !== 'publish')
      throw new Problem('bad-request', `"action" is not known. Known: check, publish`);
    const submitted = await given(form);
    if (!submitted) return answer(c, page, 400, fault(t.nothing, t.nothingText));
    // Not judged, and not shown again: the page would carry it once more over the line.
    if (holdsPrivateKey(submitted.bytes)) return answer(c, page, 400, fault(t.secret, t.secretText));
    const { status, outcome } = await judge(deps, action, submitted.bytes, limit());
    return answer(c, outcome.kind === 'judged' ? await openPage(deps) : page, status, outcome, submitted.text);
  });
  return app;
}
