import { accepted, refused, type Verdict } from '../../errors.ts';
import type { JsonObject } from '../credential.ts';
import { parseTime } from '../time.ts';
import type { DidDocument } from './did.ts';

export type Purpose = 'assertionMethod' | 'authentication';

/** When a proof says it was made, and when it is looked at. */
interface ProofTime {
  issuedAt: Date;
  now: Date;
}

/** How many keys of a document are named to whoever used another one. */
const MAX_LISTED = 5;
const clip = (value: unknown) => String(value).slice(0, 120);

/**
 * The verification method a DID URL names, if the document lists it for the purpose, controls it itself, and it was
 * good when the proof was made (https://www.w3.org/TR/cid-1.0/#verification-methods):
 *
 * - `revoked`: its holder gave it up, as after a theft. From that time on nothing signed with it counts, whatever
 *   date it bears: who has the key can write any date.
 * - `expires`: it was replaced in good order. What was signed before stays good; what was signed then or later is
 *   refused. Such a method may stand under `verificationMethod` alone, as its owner makes no new statements with it;
 *   one that has not ended must be listed under the purpose, and so must one for authentication, which is an act of
 *   the moment.
 *
 * @param methodId DID URL; a relative reference (`#key-1`) is read against the document
 * @returns the method with its absolute id, or `proof` with the reason
 */
export function findMethod(
  document: DidDocument,
  methodId: string,
  purpose: Purpose,
  time: ProofTime,
): Verdict<JsonObject> {
  const absolute = absoluteIn(document);
  const wanted = absolute(methodId) as string;
  const fail = (why: string, mend: string) => refused('proof', `The key ${clip(wanted)} ${why}`, mend);
  if (!wanted.startsWith(`${document.id}#`))
    return fail(`is not one of ${clip(document.id)}`, `Name a key of the signer, such as ${clip(document.id)}#key-1`);
  const references = listOf(document[purpose]);
  const [method, ...more] = [...references, ...listOf(document.verificationMethod)]
    .filter(isObject)
    .filter((one) => absolute(one.id) === wanted);
  if (!method) {
    const ids = references.map((one) => clip(absolute(isObject(one) ? one.id : one)));
    const listed = ids.length > 0 ? `, which lists ${ids.slice(0, MAX_LISTED).join(', ')}` : ', which lists no key';
    return fail(
      `is not in the DID document of ${clip(document.id)}${listed}`,
      `${ids.length > 0 ? 'Sign with a key that is listed, or add' : 'Add'} this one: ./kontor did KEY.json ... prints the document for all your keys`,
    );
  }
  if (more.length > 0)
    return fail(
      'stands more than once in the DID document; which of them is meant, nobody can tell',
      'Give each key of the DID document an id of its own',
    );
  if (method.controller !== document.id)
    return fail(
      `is controlled by ${clip(method.controller)}, not by ${clip(document.id)}`,
      `Let the controller of the key be ${clip(document.id)} in the DID document, or sign with a key of its own`,
    );

  const [expires, revoked] = [parseTime(method.expires), parseTime(method.revoked)];
  for (const name of ['revoked', 'expires'])
    if (method[name] !== undefined && !parseTime(method[name]))
      return fail(
        `has a "${name}" that is not a time like 2026-11-21T09:14:00Z: ${clip(method[name])}`,
        `Write "${name}" in the DID document as a time with a zone, or take it out`,
      );
  const { issuedAt, now } = time;
  if (revoked && revoked <= now)
    return fail(
      `was revoked at ${revoked.toISOString()}; nothing signed with it counts any more, whatever its date`,
      'Sign the claim again with a key that is not revoked',
    );
  if (expires && expires <= issuedAt)
    return fail(
      `ended at ${expires.toISOString()}; this was signed with it later, at ${issuedAt.toISOString()}`,
      'Sign the claim again with the key that took its place; if this one is still in use, give it a later "expires" in the DID document',
    );

  const lists = (name: Purpose) =>
    listOf(document[name]).some((one) => absolute(isObject(one) ? one.id : one) === wanted);
  const retired = expires !== undefined && expires <= now && purpose === 'assertionMethod' && !lists('authentication');
  if (!lists(purpose) && !retired)
    return fail(
      `is in the DID document, but not listed under ${purpose}`,
      `List it under ${purpose} in the DID document, or sign with a key that is listed there`,
    );
  return accepted({ ...method, id: wanted });
}

/**
 * The keys of a document that its holder has revoked, by their absolute ids, each with the time. Only a time that has
 * come counts: what is misspelt refuses new proofs, but ends nothing that cannot be brought back.
 */
export function revokedKeys(document: DidDocument, now: Date): Map<string, Date> {
  const absolute = absoluteIn(document);
  const methods = [document.assertionMethod, document.verificationMethod].flatMap(listOf).filter(isObject);
  return new Map(
    methods.flatMap(({ id, revoked }): [string, Date][] => {
      const [keyId, time] = [absolute(id), parseTime(revoked)];
      return typeof keyId === 'string' && keyId.startsWith(`${document.id}#`) && time && time <= now
        ? [[keyId, time]]
        : [];
    }),
  );
}

const absoluteIn = (document: DidDocument) => (id: unknown) =>
  typeof id === 'string' && id.startsWith('#') ? document.id + id : id;
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const isObject = (value: unknown): value is JsonObject => value !== null && typeof value === 'object';
