import { wrongUsage } from './failure.ts';

const KEY = /^[\w-]{22}$/;

/** A listing as a person names it: its key, or the URL of its page or of its API document. */
export function listingAt(name: string): { key: string; node?: string } | undefined {
  if (KEY.test(name)) return { key: name };
  const match = /^(https?:\/\/[^/?#]+)(?:\/api\/v1)?\/listings\/([\w-]{22})(?:[/?#].*)?$/.exec(name);
  return match ? { node: match[1]!, key: match[2]! } : undefined;
}

/** @throws Failure when the name is neither */
export function requireListing(name: string): { key: string; node?: string } {
  const found = listingAt(name);
  if (!found)
    throw wrongUsage(
      `"${name}" is neither the key of a listing nor its URL.`,
      'Keys are 22 characters, as `kontor search` prints them.',
    );
  return found;
}
