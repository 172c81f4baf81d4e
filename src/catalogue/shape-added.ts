import type { Compliance } from '../compliance/load.ts';
import { type Place, placeOfProperty, placeOfSubject, placeOfValue } from '../compliance/place.ts';
import type { ShaclResult } from '../compliance/shacl/validate.ts';
import type { Vocabulary } from '../compliance/vocabulary.ts';
import type { Checks } from '../credentials/check.ts';
import type { JsonObject, VerifiedCredential } from '../credentials/credential.ts';
import { shorten } from '../credentials/jsonld/claims.ts';
import type { Contexts } from '../credentials/jsonld/contexts.ts';
import { CREDENTIALS } from '../credentials/jsonld/expand.ts';
import { type ExpandedDocument, expand } from '../credentials/jsonld/rdf.ts';

const ID = 'shape.shacl';

/**
 * Checks what a credential says of its subject by the SHACL shapes that the operator added. A set of which no shape applies
 * is told: conforming to nothing is no conforming.
 *
 * @returns names of the sets of which a shape applies
 */
export async function checkAdded(
  { document: { proof: _proof, ...document } }: Pick<VerifiedCredential, 'document'>,
  { added, vocabulary }: Pick<Compliance, 'added' | 'vocabulary'>,
  contexts: Contexts,
  checks: Checks,
): Promise<string[]> {
  const shapes = added();
  if (shapes.sets.length === 0) return [];
  const applied: string[] = [];
  for (const { set, report } of await shapes.check(subjectsOf(await expand(document, contexts)))) {
    const { results, more, covered } = report;
    if (covered.targeted.length > 0) applied.push(set.name);
    // Several shapes may ask the same of one value: it is said once.
    const told = new Set<string>();
    for (const result of results) {
      const { message, found, allowed, mend, severity, component } = result;
      const details = {
        where: placeOf(result, document, vocabulary),
        ...(found === undefined ? {} : { found: found.slice(0, 200) }),
        ...(allowed === undefined ? {} : { allowed: allowed.slice(0, 400) }),
        mend,
      };
      const why = `${message} (${set.name}, sh:${component})`;
      const key = JSON.stringify([details.where, why, details.found]);
      if (told.has(key)) continue;
      told.add(key);
      if (severity === 'Violation') checks.fail('shape', ID, why, details);
      else checks.warn(ID, why, details);
    }
    if (more > 0)
      checks.fail('shape', ID, `There are ${more} more results of ${set.name}`, { mend: 'Mend those that are listed' });
    const types = [...new Set(covered.untargeted.flatMap((one) => one.types.map(shorten)))];
    const rest = types.length > 0 ? `; to ${types.slice(0, 8).join(', ')} none of its shapes applies` : '';
    if (covered.targeted.length === 0)
      checks.warn(ID, `No shape of ${set.name} applies to it: it says nothing of this credential`, {
        mend: 'Nothing, if its types are not meant to be of that vocabulary',
      });
    else if (results.length === 0)
      checks.pass(ID, `It conforms to ${set.name}, by which ${covered.targeted.length} objects were checked${rest}`);
  }
  return applied;
}

/**
 * The subjects alone, each with the types that are written at the credential where it has none of its own: a credential that
 * is named after what it is about is not itself an offering or a company.
 */
function subjectsOf([root = {}]: ExpandedDocument): ExpandedDocument {
  const subjects = (root[`${CREDENTIALS}credentialSubject`] ?? []) as ExpandedDocument;
  const types = ((root['@type'] ?? []) as string[]).filter((type) => type !== `${CREDENTIALS}VerifiableCredential`);
  return subjects.map((subject) => ('@type' in subject ? subject : { ...subject, '@type': types }));
}

/** The place of a result in the document as received. */
function placeOf({ trail, property }: ShaclResult, document: JsonObject, vocabulary: Vocabulary): string {
  let place: Place = placeOfSubject(document, undefined, []);
  for (const { property: step, index } of trail?.steps ?? [])
    place = placeOfValue(placeOfProperty(place, shorten(step), vocabulary), index);
  if (property !== undefined) place = placeOfProperty(place, shorten(property), vocabulary);
  return place.pointer || '/';
}
