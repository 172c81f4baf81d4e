import type { JsonObject } from '../credential.ts';
import type { Contexts } from '../jsonld/contexts.ts';
import { canonize, expand } from '../jsonld/rdf.ts';

/**
 * Proof options are the same few statements in every proof, yet expanding them costs as much as the document. So what
 * the general way makes of one proof with placeholders is kept, and others of the same form are filled in. A form is
 * the contexts, the members, and the values that are names; only two plain values are filled in, of letters that no
 * step of the general way could change.
 */
const PLACE = { created: '2001-02-03T04:05:06Z', verificationMethod: 'did:kontor:placeholder#key' };
const PLAIN = {
  created: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  verificationMethod: /^did:[a-z0-9]+:[A-Za-z0-9._-][A-Za-z0-9._:%#-]*$/,
};
const FORM = ['created', 'cryptosuite', 'proofPurpose', 'type', 'verificationMethod'];
const MAX_FORMS = 256;

type Filled = (created: string, verificationMethod: string) => string;
const forms = new WeakMap<Contexts, Map<string, Filled | undefined>>();

/**
 * The canonical N-Quads of proof options: the proof without its value, read under the document's contexts
 * (https://www.w3.org/TR/vc-di-eddsa/#proof-configuration-eddsa-rdfc-2022).
 *
 * @param options members of the proof that are signed
 * @param context the document's `@context`
 */
export async function canonicalOptions(
  options: JsonObject,
  context: unknown,
  contexts: Contexts,
  hash: 'sha256' | 'sha384',
): Promise<string> {
  const general = async (proof: JsonObject) =>
    canonize(await expand({ ...proof, '@context': context }, contexts), hash);
  const { created, verificationMethod, type, cryptosuite, proofPurpose } = options;
  const plain =
    typeof created === 'string' &&
    PLAIN.created.test(created) &&
    typeof verificationMethod === 'string' &&
    PLAIN.verificationMethod.test(verificationMethod) &&
    Object.keys(options).every((member) => FORM.includes(member)) &&
    [context].flat().every((one) => typeof one === 'string');
  if (!plain) return general(options);
  const known = forms.get(contexts) ?? new Map<string, Filled | undefined>();
  forms.set(contexts, known);
  const form = JSON.stringify([context, type, cryptosuite, proofPurpose, hash]);
  if (!known.has(form)) {
    known.set(form, fillable(await general({ ...options, ...PLACE })));
    if (known.size > MAX_FORMS) known.delete(known.keys().next().value!);
  }
  return known.get(form)?.(created, verificationMethod) ?? general(options);
}

/** A way to fill the placeholders in, if each stands there once and as it was written. */
function fillable(quads: string): Filled | undefined {
  const date = `"${PLACE.created}"`;
  const key = `<${PLACE.verificationMethod}>`;
  const [before, between, after, ...rest] = quads.split(new RegExp(`${quoted(date)}|${quoted(key)}`));
  if (after === undefined || rest.length > 0 || quads.indexOf(date) < 0 || quads.indexOf(key) < 0) return undefined;
  return quads.indexOf(date) < quads.indexOf(key)
    ? (created, method) => `${before}"${created}"${between}<${method}>${after}`
    : (created, method) => `${before}<${method}>${between}"${created}"${after}`;
}

const quoted = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
