import { createRequire } from 'node:module';
import type jsonldType from 'jsonld';

/*
 * jsonld with its context processing remembered. For every type-scoped context jsonld 9.0.0 clones the active context
 * (570 terms and more) before it looks into its own cache, so every look-up misses. Here the result of processing one
 * local context upon one active context is kept: contexts do not change once they are processed, and an active context
 * is always the same object because the one before it was. What an unmended jsonld gives is compared with this in
 * test/credentials/differential.test.ts; docs/decisions/013 tells more.
 *
 * It has to be in place before anything loads jsonld's other files, so packages that use jsonld themselves
 * (@digitalbazaar/vc) are imported by `await import()` only, from modules that import this one.
 */

const require = createRequire(import.meta.url);
const KNOWN_VERSION = '9.0.0';
const MAX_CONTEXT_LISTS = 64;
/** Contexts that one document may have processed anew: scoped contexts nested in ever other orders would take hours. */
const MAX_PROCESSED = 150;

/** What a context says of a term, as far as it is read here. */
export interface TermDefinition {
  '@container'?: string[];
  '@type'?: string;
  '@context'?: unknown;
  '@language'?: string | null;
  '@direction'?: string | null;
  reverse?: boolean;
}
/** A processed context, as jsonld holds it; never changed. */
export interface ActiveContext {
  mappings: Map<string, TermDefinition | null>;
  '@language'?: string;
  '@direction'?: string;
  previousContext?: ActiveContext;
  revertToPreviousContext: (this: ActiveContext) => ActiveContext;
}
interface Options {
  documentLoader: object;
  base?: string | null;
  eventHandler?: unknown;
  /** Made anew for each document that is expanded. */
  contextResolver: object;
}
interface Task {
  activeCtx: ActiveContext;
  localCtx: unknown;
  options: Options;
  propagate?: boolean;
  overrideProtected?: boolean;
  cycles?: Set<unknown>;
}
interface Processed {
  result: ActiveContext;
  /** Warnings that processing gave; told again whenever the result is used again. */
  events: unknown[];
}
interface ContextModule {
  process: (task: Task) => Promise<ActiveContext>;
  getInitialContext: (options: Partial<Options>) => ActiveContext;
  expandIri: (context: ActiveContext, value: string, relativeTo: object, options: object) => string | null;
}

/** By who loads contexts, then by active context: what was made of each local context. */
const remembered = new WeakMap<object, WeakMap<ActiveContext, Shelf>>();

/** Whether this process runs with the mended jsonld; an unknown version, or one loaded before, stays as it is. */
export const mended = mend();

const jsonld = require('jsonld') as typeof jsonldType;
export default jsonld;

const { expandIri: iriOf, getInitialContext } = require('jsonld/lib/context.js') as ContextModule;

/** The active context before any context was named. */
export const initialContext = (): ActiveContext => getInitialContext({});

/**
 * What a name stands for under an active context, without a base IRI
 * (https://www.w3.org/TR/json-ld11-api/#iri-expansion).
 */
export const expandIri = (
  context: ActiveContext,
  name: string,
  relativeTo: { vocab?: boolean; base?: boolean },
): string | null => iriOf(context, name, relativeTo, NO_BASE);
const NO_BASE = { base: null };

function mend(): boolean {
  const { version } = require('jsonld/package.json') as { version: string };
  if (version !== KNOWN_VERSION || require.resolve('jsonld/lib/expand.js') in require.cache) return false;
  const context = require('jsonld/lib/context.js') as ContextModule;
  const { handleEvent } = require('jsonld/lib/events.js') as { handleEvent: (told: object) => void };
  const { process, getInitialContext } = context;
  const processed = new WeakMap<object, number>();

  context.getInitialContext = (options) => {
    const initial = getInitialContext(options);
    // Nothing changes a processed context, so it is handed back as it is, and found again by identity.
    initial.revertToPreviousContext = previous;
    return initial;
  };
  context.process = async (task) => {
    const { activeCtx, localCtx, options, propagate = true, overrideProtected = false, cycles } = task;
    const key = cycles ? undefined : keyOf(localCtx);
    if (key === undefined) return process(task);
    const shelves = remembered.get(options.documentLoader) ?? new WeakMap<ActiveContext, Shelf>();
    remembered.set(options.documentLoader, shelves);
    const shelf = shelves.get(activeCtx) ?? new Shelf();
    shelves.set(activeCtx, shelf);
    const flags = flagsOf(propagate, overrideProtected, options.base);
    const held = shelf.get(key, flags);
    if (held) {
      if (options.eventHandler) for (const event of held.events) handleEvent({ event, options });
      return held.result;
    }
    const count = (processed.get(options.contextResolver) ?? 0) + 1;
    if (count > MAX_PROCESSED) throw new Error(`Its scoped contexts are nested in more than ${MAX_PROCESSED} ways`);
    processed.set(options.contextResolver, count);
    const events: unknown[] = [];
    const listen = ({ event, next }: { event: unknown; next: () => void }) => {
      events.push(event);
      next();
    };
    const eventHandler = [listen, ...(options.eventHandler ? [options.eventHandler] : [])];
    const result = await process({ ...task, options: { ...options, eventHandler } });
    shelf.set(key, flags, { result, events });
    return result;
  };
  return true;
}

const flagsOf = (propagate: boolean, overrideProtected: boolean, base: unknown) =>
  `${propagate} ${overrideProtected} ${base}`;

/** What jsonld has made of a local context before, without a base; undefined where it has not, or gave a warning. */
export function processedBefore(
  documentLoader: object,
  activeCtx: ActiveContext,
  localCtx: unknown,
  { propagate = true, overrideProtected = false } = {},
): ActiveContext | undefined {
  const key = keyOf(localCtx);
  if (key === undefined) return undefined;
  const held = remembered
    .get(documentLoader)
    ?.get(activeCtx)
    ?.get(key, flagsOf(propagate, overrideProtected, null));
  return held?.events.length === 0 ? held.result : undefined;
}

function previous(this: ActiveContext): ActiveContext {
  return this.previousContext ?? this;
}

/** Scoped contexts are objects of the context they stand in; lists of URLs are told apart by their text. */
function keyOf(localCtx: unknown): string | object | undefined {
  const names = [localCtx].flat();
  if (names.every((one) => typeof one === 'string')) return JSON.stringify(localCtx);
  if (Array.isArray(localCtx)) return undefined;
  return localCtx ?? undefined;
}

/** What was made of local contexts upon one active context. Lists of URLs come from outside, so they are bounded. */
class Shelf {
  readonly #lists = new Map<string, Processed>();
  readonly #scoped = new WeakMap<object, Map<string, Processed>>();

  get(key: string | object, flags: string): Processed | undefined {
    return typeof key === 'string' ? this.#lists.get(`${flags}\n${key}`) : this.#scoped.get(key)?.get(flags);
  }

  set(key: string | object, flags: string, value: Processed): void {
    if (typeof key === 'string') {
      this.#lists.set(`${flags}\n${key}`, value);
      if (this.#lists.size > MAX_CONTEXT_LISTS) this.#lists.delete(this.#lists.keys().next().value!);
    } else {
      const byFlags = this.#scoped.get(key) ?? new Map<string, Processed>();
      this.#scoped.set(key, byFlags.set(flags, value));
    }
  }
}
