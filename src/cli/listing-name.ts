const KEY = /^[\w-]{22}$/;

/** A listing as a person names it: its key, or the URL of its page or of its API document. */
export function listingAt(name: string): { key: string; node?: string } | undefined {
  if (KEY.test(name)) return { key: name };
  const match = /^(https?:\/\/[^/?#]+)(?:\/api\/v1)?\/listings\/([\w-]{22})(?:[/?#].*)?$/.exec(name);
  return match ? { node: match[1]!, key: match[2]! } : undefined;
}
