import type { Checks } from './check.ts';
import type { Submission } from './credential.ts';
import { JOSE_TYPES } from './jwt.ts';
import { pointerToken } from './strict-json.ts';

/** Forms that are mistaken for ones that are taken, told by their names: what to do differs from one to the next. */

type Refused = Parameters<Checks['fail']>;

const COMPACT = /^([\w-]+)\.[\w-]+\.[\w-]*(~|$)/;
const WHOLE = /^[\w-]+\.[\w-]+\.[\w-]*$/;
/** The header of a JWT is a JSON object, so its base64url begins like this. */
const BEGIN = /^eyJ[\w-]/;
const BARE = 'Send it bare, without quotes or JSON around it, as application/vc+jwt (vp+jwt for a presentation)';

/** What bytes are that cannot be what their media type says; undefined where they may be. */
export function mistakenForm({ bytes, mediaType }: Submission, allowed: readonly string[]): Refused | undefined {
  if (bytes[0] === 0x7b) return undefined;
  const jwt = (why: string, mend: string): Refused => ['malformed', 'parse.jwt', why, { mend }];
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    return ['malformed', 'parse.json', 'It is text in UTF-16', { mend: 'Save the file as UTF-8, and send it again' }];
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').trim();
  // The mark itself, as Latin-1 shows its three bytes.
  if (/^\u00ef\u00bb\u00bf\s*eyJ/.test(text))
    return jwt('A byte-order mark stands before the JWT', 'Save the file as UTF-8 without a byte-order mark (BOM)');
  const bearer = /^bearer[\s:]+eyJ/i.test(text);
  if (bearer) return jwt('The word "Bearer" stands before the JWT', 'Send the JWT alone, without "Bearer"');
  const bare = /^"([^"\s]*)"$/.exec(text)?.[1];
  const [, header, more] = COMPACT.exec(bare ?? text) ?? [];
  if (header === undefined) return broken(text, jwt) ?? (text.startsWith('[') ? wrapped(jsonOf(text)) : undefined);
  // https://www.rfc-editor.org/rfc/rfc9901: an SD-JWT ends its parts with tildes
  const selective =
    more === '~' || /"(application\/)?(dc|vc)\+sd-jwt"/.test(Buffer.from(header, 'base64url').toString());
  if (selective)
    return [
      'unsupported',
      'parse.media-type',
      'This is an SD-JWT; selective disclosure is not supported: what a catalogue lists is public',
      {
        found: mediaType,
        allowed: allowed.join(', '),
        mend: 'Have it issued as vc+jwt, or as JSON with a Data Integrity proof',
      },
    ];
  if (bare !== undefined) return jwt('This is a JWT in quotes', BARE);
  if (text.length < bytes.length)
    return jwt('White space stands before or after the JWT', 'Send the JWT alone, without a line break at its end');
  if (JOSE_TYPES.has(mediaType) || !/^application\/(.*\+)?(json|v[cp])$/.test(mediaType)) return undefined;
  const why = `This is a JWT, and was sent as ${mediaType}, which is for JSON`;
  return ['malformed', 'parse.json', why, { found: mediaType, allowed: 'a JSON object', mend: BARE }];
}

/** A JWT that was broken on its way: by line breaks or other white space, by being cut off, by other letters. */
function broken(text: string, jwt: (why: string, mend: string) => Refused): Refused | undefined {
  if (!BEGIN.test(text)) return undefined;
  const at = text.search(/[^\w.-]/);
  const [odd, place] = [text[at] ?? '', `at character ${at + 1}`];
  if (/\s/.test(odd))
    return jwt(
      `There is a ${/[\r\n]/.test(odd) ? 'line break' : 'space'} in the JWT, ${place}`,
      'Take all line breaks and spaces out: a JWT is one line',
    );
  if (odd)
    return jwt(`There is a character ${place} that no JWT has`, 'Send base64url as it was issued, without padding');
  const parts = text.split('.').length;
  return parts < 3
    ? jwt(
        `The JWT ends at character ${text.length}, in part ${parts} of 3: it was cut off`,
        'Send the whole JWT: three parts joined by dots',
      )
    : jwt(`The JWT has ${parts} parts`, 'Send a signed JWT, which has three; an encrypted one is not read here');
}

/** JSON that holds a JWT instead of being a credential, as the answers of wallets and tools often do. */
export function wrapped(value: unknown): Refused | undefined {
  const where = placeOfJwt(value, 2);
  if (where === undefined) return undefined;
  const mend = `Send what stands at ${where} alone, as application/vc+jwt`;
  return ['malformed', 'parse.json', `There is a JWT inside, at ${where}: send that`, { where, mend }];
}

function placeOfJwt(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return BEGIN.test(value) && WHOLE.test(value) ? '' : undefined;
  if (value === null || typeof value !== 'object' || depth === 0) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const below = placeOfJwt(inner, depth - 1);
    if (below !== undefined) return `/${pointerToken(key)}${below}`;
  }
  return undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
