import type { Checks } from './check.ts';
import type { JsonObject } from './credential.ts';
import { DIGEST_FORMS, type Digest, type DigestForm, readDigest } from './digest.ts';
import { isObject, pointerToken } from './strict-json.ts';

/** The check of everything that is named by id and digest. */
export const ID = 'verify.related';
const MAX_REFERENCES = 100;

/** A thing named by its id together with what it has to hash to. */
export interface Reference {
  id: string;
  /** JSON pointer of the object that names it. */
  where: string;
  /** All have to hold. */
  digests: { name: string; digest: Digest; text: string }[];
  /** The digest is of the very bytes (`relatedResource`), not of the JSON that they say. */
  exact: boolean;
  mediaType?: string;
  /** A normalisation before hashing that is not known here. */
  normalised?: string;
}

/** Properties that carry a digest: W3C's, and those of Gaia-X's two generations. */
const CLAIMS: Record<string, DigestForm> = { digestSRI: 'sri', digestMultibase: 'multibase', integrity: 'sri' };
/** The last part of a property's name, however it is written: a term, with a prefix, or as an IRI. */
const localName = (key: string) => key.slice(Math.max(...[...'#/:'].map((mark) => key.lastIndexOf(mark))) + 1);

/**
 * Everything a credential names by id and digest: `relatedResource`
 * (https://www.w3.org/TR/vc-data-model-2.0/#integrity-of-related-resources), and any other object that has both, such as
 * evidence, schemas, and the credentials that a clearing house lists.
 *
 * @returns undefined when a check failed as `malformed`
 */
export function readReferences(document: JsonObject, checks: Checks): Reference[] | undefined {
  const found: Reference[] = [];
  const before = checks.failure;
  const { relatedResource, '@context': _context, proof: _proof, ...rest } = document;
  readRelated(relatedResource, found, checks);
  const path: string[] = [];
  const walk = (value: object): void => {
    const { id = (value as JsonObject)['@id'] } = value as JsonObject;
    if (
      path.length > 0 &&
      typeof id === 'string' &&
      Object.keys(value).some((key) => Object.hasOwn(CLAIMS, localName(key)))
    ) {
      const where = path.map((key) => `/${pointerToken(key)}`).join('');
      found.push(...readReference(value as JsonObject, id, where, false, checks));
    }
    for (const key of Object.keys(value)) {
      const inner = (value as JsonObject)[key];
      if (inner === null || typeof inner !== 'object') continue;
      path.push(key);
      walk(inner);
      path.pop();
    }
  };
  walk(rest);
  if (found.length > MAX_REFERENCES)
    checks.fail('malformed', ID, `It names ${found.length} resources with their digests`, {
      found: String(found.length),
      allowed: `up to ${MAX_REFERENCES}`,
      mend: 'Name fewer of them in one credential',
    });
  return checks.failure === before ? found : undefined;
}

function readRelated(value: unknown, found: Reference[], checks: Checks): void {
  if (value === undefined) return;
  const fail = (where: string, why: string, allowed: string) =>
    checks.fail('malformed', ID, why, {
      where,
      allowed,
      mend: 'Give each related resource its id, once, and digestSRI or digestMultibase',
    });
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0) fail('/relatedResource', 'relatedResource is empty', 'one or more objects');
  const seen = new Set<string>();
  for (const [at, one] of list.entries()) {
    const where = Array.isArray(value) ? `/relatedResource/${at}` : '/relatedResource';
    if (!isObject(one)) {
      fail(where, 'A related resource is not an object', 'an object with id and digestSRI or digestMultibase');
      continue;
    }
    const { id } = one;
    if (typeof id !== 'string' || !URL.canParse(id)) fail(where, 'A related resource has no id that is a URL', 'a URL');
    else if (seen.has(id)) fail(`${where}/id`, `The related resource ${clip(id)} is named twice`, 'each id once');
    else if (one.digestSRI === undefined && one.digestMultibase === undefined)
      fail(where, `The related resource ${clip(id)} has no digest`, 'digestSRI or digestMultibase');
    else found.push(...readReference(one, id, where, true, checks));
    if (typeof id === 'string') seen.add(id);
  }
}

/** The object as a reference: none when it has no digest, or one that cannot be read, which is reported. */
function readReference(one: JsonObject, id: string, where: string, exact: boolean, checks: Checks): Reference[] {
  const digests: Reference['digests'] = [];
  for (const name of Object.keys(one)) {
    const form = Object.hasOwn(CLAIMS, localName(name)) ? CLAIMS[localName(name)] : undefined;
    if (!form || one[name] === undefined || name === 'integrity') continue;
    const digest = readDigest(one[name], form);
    const text = JSON.stringify(one[name]).slice(0, 200);
    if (digest.ok) digests.push({ name, digest: digest.value, text });
    else
      checks.fail('malformed', ID, `The ${name} of ${clip(id)} cannot be read: ${digest.detail}`, {
        where: `${where}/${pointerToken(name)}`,
        found: text,
        allowed: DIGEST_FORMS[form],
        mend: 'Write the digest anew; kontor takes sha-256, sha-384 and sha-512',
      });
  }
  const { mediaType, 'gx:integrityNormalization': normalised } = one;
  const known = normalised === undefined || (typeof normalised === 'string' && /^RFC8785(:JCS)?$/.test(normalised));
  const sane = typeof mediaType === 'string' && /^[\w.+-]{1,80}\/[\w.+-]{1,80}$/.test(mediaType);
  const reference = {
    ...{ id, where, digests, exact },
    ...(sane ? { mediaType: mediaType.toLowerCase() } : {}),
    ...(known ? {} : { normalised: JSON.stringify(normalised).slice(0, 80) }),
  };
  return digests.length > 0 ? [reference] : [];
}

export const clip = (text: string) => (text.length > 120 ? `${text.slice(0, 117)}...` : text);
