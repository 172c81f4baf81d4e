import type { Code } from '../../errors.ts';
import { Checks } from '../check.ts';
import type { JsonObject } from '../credential.ts';
import type { Contexts } from '../jsonld/contexts.ts';
import { explainJsonLd, HOLD_IT, inspectDocument, readClaims } from '../jsonld/expand.ts';
import { expand } from '../jsonld/rdf.ts';
import { termHelp } from '../jsonld/terms.ts';
import { parseTime } from '../time.ts';
import type { SigningKey } from './identity.ts';

const V2 = 'https://www.w3.org/ns/credentials/v2';

/** Why a document is not worth a signature: nobody would accept it. */
interface Unsignable {
  code: Code;
  detail: string;
  /** JSON pointer into the document. */
  where: string;
  mend: string;
}

/**
 * Looks whether a VC 2.0 credential or presentation could be accepted once this key has signed it
 * (https://www.w3.org/TR/vc-data-model-2.0/#basic-concepts): its form, its issuer, its dates, its terms.
 *
 * @returns the first thing that is wrong; undefined where nothing is
 */
export async function unsignable(
  document: JsonObject,
  key: Pick<SigningKey, 'id' | 'did'>,
  contexts: Contexts,
): Promise<Unsignable | undefined> {
  const fault = (code: Code, where: string, detail: string, mend: string): Unsignable => ({
    code,
    where,
    detail,
    mend,
  });
  const types = [document.type].flat();
  const isPresentation = types.includes('VerifiablePresentation');
  if ([document['@context']].flat()[0] !== V2)
    return fault('malformed', '/@context', 'Its first context is not that of VC 2.0', `Begin @context with ${V2}`);
  if (!isPresentation && !types.includes('VerifiableCredential'))
    return fault('malformed', '/type', 'Its type is not VerifiableCredential', 'Add VerifiableCredential to its type');

  const member = isPresentation ? 'holder' : 'issuer';
  const signer = idOf(document[member]);
  if (signer === undefined && !isPresentation)
    return fault('issuer', '/issuer', 'It names no issuer', `Set issuer to ${key.did}, whose key signs`);
  if (signer !== undefined && signer !== key.did)
    return fault(
      'issuer',
      `/${member}`,
      `It names ${String(signer)} as its ${member}, but the key is one of ${key.did}`,
      `Leave the ${member} out, or sign with its own key`,
    );
  if (!isPresentation && !hasSubject(document.credentialSubject))
    return fault('malformed', '/credentialSubject', 'It says nothing about anybody', 'Give it a credentialSubject');

  for (const name of ['validFrom', 'validUntil']) {
    if (document[name] !== undefined && !parseTime(document[name]))
      return fault(
        'malformed',
        `/${name}`,
        `Its ${name} is ${JSON.stringify(document[name])}, which is no time with a zone`,
        'Write it as 2027-01-31T00:00:00Z',
      );
  }
  const [from, until] = [parseTime(document.validFrom), parseTime(document.validUntil)];
  if (from && until && until <= from)
    return fault('malformed', '/validUntil', 'It ends before it begins', 'Set validUntil after validFrom');
  return undefinedTerm(document, contexts);
}

/** The id of an issuer or holder, which is given bare or as a member. */
const idOf = (value: unknown): unknown =>
  value !== null && typeof value === 'object' ? (value as JsonObject).id : value;

const hasSubject = (value: unknown): boolean => {
  const subjects = [value].flat();
  return (
    subjects.length > 0 &&
    subjects.every((one) => one !== null && typeof one === 'object' && Object.keys(one).length > 0)
  );
};

/** The verifier's own look at contexts and terms. */
async function undefinedTerm(document: JsonObject, contexts: Contexts): Promise<Unsignable | undefined> {
  const checks = new Checks();
  if (inspectDocument(document, { contexts, inline: false, checks })) {
    const help = termHelp(document, contexts);
    try {
      readClaims(await expand(document, contexts), checks, help);
    } catch (error) {
      explainJsonLd(error, checks, help);
    }
  }
  if (!checks.failure) return undefined;
  const { where = '', mend, allowed, id } = checks.list.find(({ result }) => result === 'fail')!;
  // Where it is signed there may be no node, and its operator is nobody to ask.
  if (id === 'verify.context' && mend === HOLD_IT)
    return {
      ...checks.failure,
      where,
      mend: `Name one that is held: ${allowed}. Or give a folder with yours by --contexts`,
    };
  return {
    ...checks.failure,
    where,
    mend: mend ?? 'Every term must be defined by a context the document names, and every id written in full',
  };
}
