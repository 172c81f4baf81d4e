import type { JsonObject } from '../credential.ts';
import { nearestName } from '../nearest.ts';
import type { Contexts } from './contexts.ts';

/** The term of the contexts that a document names which an undefined one was most likely meant to be. */
export function nearestTerm(term: string, document: JsonObject, contexts: Contexts): string | undefined {
  const terms = new Set<string>();
  for (const url of [document['@context']].flat()) collect(contexts.get(String(url)), terms);
  return nearestName(term, terms);
}

/** Terms of a context, and of those within it that hold for one type or property alone. */
function collect(value: unknown, terms: Set<string>): void {
  const context = (value as JsonObject | null | undefined)?.['@context'];
  for (const one of [context].flat()) {
    if (one === null || typeof one !== 'object') continue;
    for (const [name, meaning] of Object.entries(one)) {
      if (!name.startsWith('@')) terms.add(name);
      if (meaning !== null && typeof meaning === 'object') collect(meaning, terms);
    }
  }
}
