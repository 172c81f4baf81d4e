import type { Contexts } from '../credentials/jsonld/contexts.ts';

/** Members under which a document or a context names contexts. */
const NAMING = new Set(['@context', '@import']);

/**
 * The contexts that signed documents name, and those that these name in turn, by URL in plain order. What is no JSON (a
 * JWT) is looked into.
 */
export function contextsOf(signed: Uint8Array[], contexts: Contexts): [string, object][] {
  const found = new Map<string, object>();
  const look = (value: unknown, naming: boolean): void => {
    if (typeof value === 'string' && naming) {
      const context = contexts.get(value);
      if (!context || found.has(value)) return;
      found.set(value, context);
      look(context, false);
    } else if (Array.isArray(value)) for (const one of value) look(one, naming);
    else if (value !== null && typeof value === 'object')
      for (const [name, member] of Object.entries(value)) look(member, NAMING.has(name));
  };
  for (const bytes of signed) look(documentOf(Buffer.from(bytes).toString('utf8')), false);
  return [...found].sort(([one], [other]) => (one < other ? -1 : 1));
}

function documentOf(text: string): unknown {
  try {
    return JSON.parse(
      text.startsWith('{') ? text : Buffer.from(text.split('.')[1] ?? '', 'base64url').toString('utf8'),
    );
  } catch {
    return undefined;
  }
}
