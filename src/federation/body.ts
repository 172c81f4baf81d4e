import type { JsonObject } from '../credentials/credential.ts';
import { MEDIA_TYPES } from '../credentials/parse.ts';

/** An object on its way in: bytes of the right digest, and what they are. */
export interface Body {
  bytes: Uint8Array;
  mediaType: MediaType;
}
type MediaType = 'application/vc' | 'application/vc+jwt';

const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);
const BRACE = 0x7b;
const JSON_TYPES = new Set(MEDIA_TYPES.filter((type) => !type.endsWith('+jwt')));

/**
 * The media type of an object, by its bytes alone. A digest covers nothing else, so nothing else that a carrier says
 * may decide how they are read. A JWT in compact form never begins with a brace (RFC 7515 section 7.1).
 */
export function mediaTypeOf(bytes: Uint8Array): MediaType {
  const first = bytes.find((byte) => !SPACE.has(byte));
  return first === BRACE ? 'application/vc' : 'application/vc+jwt';
}

/** Whether a declared media type can be that of the bytes; JSON goes by more than one name. */
export const fits = (declared: unknown, bytes: Uint8Array): boolean =>
  mediaTypeOf(bytes) === 'application/vc' ? JSON_TYPES.has(String(declared)) : declared === 'application/vc+jwt';

/** The document within, as far as it can be read; without any judgement. */
export function documentOf(bytes: Uint8Array): JsonObject {
  try {
    const text = Buffer.from(bytes).toString('utf8');
    const json = mediaTypeOf(bytes) === 'application/vc' ? text : Buffer.from(text.split('.')[1] ?? '', 'base64url');
    return (JSON.parse(json.toString()) as JsonObject | null) ?? {};
  } catch {
    return {};
  }
}

/** Whether it is an envelope: logs name credentials, and what comes in an envelope would be in no log. */
export function isPresentation(bytes: Uint8Array): boolean {
  const document = documentOf(bytes);
  return [document.type ?? document['@type']].flat().includes('VerifiablePresentation');
}
