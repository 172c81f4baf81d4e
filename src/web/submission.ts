/** What was pasted or uploaded, as bytes with a media type this node reads. */
export type Sniffed = { ok: true; bytes: Uint8Array; mediaType: string } | { ok: false; found: string };

const JWT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;

function json(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

const part = (text: string) => json(Buffer.from(text, 'base64url').toString('utf8'));

/** The JSON inside a JWT or a JSON document, for reading only; undefined where there is none. */
export function decoded(
  bytes: Uint8Array,
): { document: Record<string, unknown>; header: Record<string, unknown> } | undefined {
  const text = new TextDecoder().decode(bytes).trim();
  const [head = '', body = ''] = JWT.test(text) ? text.split('.') : [];
  const document = body ? part(body) : json(text);
  return document && { document, header: part(head) ?? {} };
}

const isPresentation = (document: Record<string, unknown> | undefined) =>
  [document?.type].flat().some((type) => String(type).endsWith('VerifiablePresentation'));

/**
 * Tells the media type of a credential from its form: three base64url parts are a JWT
 * (https://www.w3.org/TR/vc-jose-cose/), a JSON object is a credential with an embedded proof. Neither is judged here.
 *
 * @param bytes exactly as uploaded, or the pasted text. White space around a JWT is no part of it and is dropped;
 *   JSON goes on byte for byte, so that its digest is that of the file.
 */
export function sniff(bytes: Uint8Array): Sniffed {
  const text = new TextDecoder().decode(bytes);
  const trimmed = text.trim();
  if (JWT.test(trimmed)) {
    const [header = '', payload = ''] = trimmed.split('.');
    const content = part(payload);
    // What it holds decides; a `typ` that says otherwise is for the checks to name.
    const named = [content?.type].flat().includes('VerifiableCredential');
    const presentation = isPresentation(content) || (!named && part(header)?.typ === 'vp+jwt');
    return {
      ok: true,
      bytes: new TextEncoder().encode(trimmed),
      mediaType: presentation ? 'application/vp+jwt' : 'application/vc+jwt',
    };
  }
  // A JWT in quotes and an SD-JWT go to the checks as well, which name them.
  if (/^"?[\w-]+\.[\w-]+\.[\w~.-]*"?$/.test(trimmed)) return { ok: true, bytes, mediaType: 'application/vc+jwt' };
  // So do a JWT that was broken on its way, or has something before it, and JSON with a JWT inside.
  if (/^(bearer[\s:]+)?eyJ/i.test(trimmed)) return { ok: true, bytes, mediaType: 'application/vc+jwt' };
  if (trimmed.startsWith('[')) return { ok: true, bytes, mediaType: 'application/vc' };
  // A broken JSON document still goes to the checks: they name the place where it breaks.
  if (trimmed.startsWith('{'))
    return { ok: true, bytes, mediaType: isPresentation(json(trimmed)) ? 'application/vp' : 'application/vc' };
  return { ok: false, found: trimmed.slice(0, 40) };
}

/** Forms send line ends as CR LF (https://url.spec.whatwg.org/#concept-urlencoded-serializer); what was pasted had LF. */
export const pasted = (text: string): Uint8Array => new TextEncoder().encode(text.replace(/\r\n/g, '\n'));

/** The text that gives back exactly these bytes when the form is sent again; undefined where no text does. */
export function echo(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes('\r') || text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}
