/**
 * Errors and verdicts. A refusal that anybody can cause by sending something is a value (a Verdict), never an
 * exception; Problem is for what the caller asked wrongly of us, and is rendered in one place as RFC 9457
 * problem+json (https://www.rfc-editor.org/rfc/rfc9457).
 */

/** Every code a program can meet, with the HTTP status it is told with and a title for people. */
export const CODES = {
  malformed: { status: 400, title: 'The document is not well-formed' },
  'too-large': { status: 413, title: 'The document is larger than this node takes' },
  unsupported: { status: 415, title: 'This format is not supported' },
  proof: { status: 422, title: 'The signature does not hold' },
  issuer: { status: 422, title: 'The issuer may not say this' },
  expired: { status: 422, title: 'The credential is outside its validity' },
  revoked: { status: 422, title: 'The credential was revoked' },
  suspended: { status: 422, title: 'The credential is suspended' },
  status: { status: 422, title: 'The credential status could not be established' },
  untrusted: { status: 422, title: 'Nobody this node trusts stands behind this' },
  terms: { status: 422, title: 'The credential uses terms that are not defined' },
  shape: { status: 422, title: 'The credential does not have the required shape' },
  'not-admitted': { status: 403, title: 'This publisher is not admitted here' },
  outdated: { status: 409, title: 'A newer version is already held' },
  'key-unavailable': { status: 202, title: "Held until the issuer's key can be fetched" },
  'status-unavailable': { status: 202, title: "Held until the issuer's status list can be fetched" },
  'bad-request': { status: 400, title: 'The request is not understood' },
  unauthorized: { status: 401, title: 'A token is needed' },
  forbidden: { status: 403, title: 'This token may not do that' },
  'not-found': { status: 404, title: 'Nothing is held under this name' },
  gone: { status: 410, title: 'What was held under this name has ended' },
  'method-not-allowed': { status: 405, title: 'This method is not offered here' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  unavailable: { status: 503, title: 'Not able to answer now' },
  internal: { status: 500, title: 'The node failed' },
} as const;

export type Code = keyof typeof CODES;

/** Whether a refusal only waits for something of the issuer's to be fetched: a provider's submission is held and tried again. */
export const isHeld = (code: Code | undefined): boolean => code !== undefined && CODES[code].status === 202;

/** An expected refusal: `code` for programs, `detail` for people. */
export interface Refusal {
  ok: false;
  code: Code;
  detail: string;
  /** What to do about it, where the reason alone tells. */
  mend?: string;
}

/** Either the value or the reason why not. */
export type Verdict<T> = { ok: true; value: T } | Refusal;

export const accepted = <T>(value: T): Verdict<T> => ({ ok: true, value });
export const refused = (code: Code, detail: string, mend?: string): Refusal => ({
  ok: false,
  code,
  detail,
  ...(mend === undefined ? {} : { mend }),
});

/** A request that cannot be answered as asked. `extra` is merged into the problem document. */
export class Problem extends Error {
  readonly code: Code;
  readonly extra: Record<string, unknown>;

  constructor(code: Code, detail: string, extra: Record<string, unknown> = {}) {
    super(detail);
    this.name = 'Problem';
    this.code = code;
    this.extra = extra;
  }

  get status(): number {
    return CODES[this.code].status;
  }

  /** The RFC 9457 document. `instance` names the request, so that a log line can be found again. */
  toDocument(instance?: string): Record<string, unknown> {
    return problemDocument(this.code, this.message, { ...this.extra, ...(instance ? { instance } : {}) });
  }
}

/** The members every problem document shares; `type` points at the page that explains the code. */
export function problemDocument(code: Code, detail: string, extra: Record<string, unknown> = {}) {
  const { status, title } = CODES[code];
  return { type: `/docs/errors#${code}`, title, status, detail, code, ...extra };
}

/** Why a file could not be read, in words for people. */
export function whyNot(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a folder';
  if (code === 'EACCES' || code === 'EPERM') return 'this user may not read it';
  return messageOf(error);
}

/** What a thrown value says, for logs and for `why` of a check. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
