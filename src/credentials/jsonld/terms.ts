import type { JsonObject } from '../credential.ts';
import { editDistance, nearestName } from '../nearest.ts';
import type { Contexts } from './contexts.ts';

/** What can be said of a term that the contexts of a document do not define. */
export interface TermHelp {
  /** The term of those contexts that it was most likely meant to be. */
  nearest(term: string): string | undefined;
  /** Whether those contexts define it. */
  defines(term: string): boolean;
  /** URLs of the other held contexts that define it. */
  elsewhere(term: string): string[];
}

/** Whoever begins with the context of VC 2.0 cannot name it beside. */
const NEVER_BESIDE = 'https://www.w3.org/2018/credentials/v1';

export function termHelp(document: JsonObject, contexts: Contexts): TermHelp {
  const named = [document['@context']].flat().map(String);
  const terms = () => new Set(named.flatMap((url) => [...termsOf(contexts.get(url))]));
  return {
    nearest: (term) => nearestName(term, terms()),
    defines: (term) => terms().has(term),
    elsewhere: (term) =>
      [...contexts]
        .filter(([url, context]) => url !== NEVER_BESIDE && !named.includes(url) && termsOf(context).has(term))
        .map(([url]) => url),
  };
}

/** Terms of a context, and of those within it that hold for one type or property alone. */
function termsOf(value: unknown, terms = new Set<string>()): Set<string> {
  const context = (value as JsonObject | null | undefined)?.['@context'];
  for (const one of [context].flat()) {
    if (one === null || typeof one !== 'object') continue;
    for (const [name, meaning] of Object.entries(one)) {
      if (!name.startsWith('@')) terms.add(name);
      if (meaning !== null && typeof meaning === 'object') termsOf(meaning, terms);
    }
  }
  return terms;
}

/** The held context that a URL was probably meant to be: the same but for its end or its scheme, or two letters away. */
export function nearestContext(url: string, contexts: Contexts): string | undefined {
  if (url.length > 200) return undefined;
  const plain = (one: string) =>
    one
      .toLowerCase()
      .replace(/^https?:\/\/(www\.)?/, '')
      .replace(/[#/]+$/, '');
  const held = [...contexts.keys()];
  return (
    held.find((one) => plain(one) === plain(url)) ??
    held.find((one) => Math.abs(one.length - url.length) <= 2 && editDistance(one, url) <= 2)
  );
}
