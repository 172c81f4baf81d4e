/**
 * Whether an issuer may speak for a subject id by its own name: the id is its DID, something under it, or a URL of the
 * host (and path) that its did:web names. Ids without an owner (urn:uuid) belong to whoever uses them, because a
 * listing is keyed by id *and* issuer.
 */
export function controls(issuer: string, subjectId: string): boolean {
  if (subjectId === issuer || subjectId.startsWith(`${issuer}#`) || subjectId.startsWith(`${issuer}:`)) return true;
  if (isUnowned(subjectId)) return true;
  if (!issuer.startsWith('did:web:') || !URL.canParse(subjectId)) return false;
  const [host, ...path] = issuer
    .slice('did:web:'.length)
    .replaceAll('%3A', '\n')
    .replaceAll('%3a', '\n')
    .split(':')
    .map((part) => part.replace('\n', ':'));
  const url = new URL(subjectId);
  if (!['https:', 'http:'].includes(url.protocol) || url.username || url.host !== host?.toLowerCase()) return false;
  const prefix = path.length > 0 ? `/${path.join('/')}/` : '/';
  return url.pathname.startsWith(prefix);
}

/** The DIDs that control a subject id, if they exist: what `controls` asks, the other way round. None owns a urn. */
export function ownersOf(subjectId: string): string[] {
  if (subjectId.startsWith('did:'))
    return [...subjectId.matchAll(/[:#]|$/g)].map(({ index }) => subjectId.slice(0, index)).slice(2);
  if (!/^https?:/.test(subjectId) || !URL.canParse(subjectId)) return [];
  const { host, pathname } = new URL(subjectId);
  const folders = pathname.split('/').slice(1, -1);
  return ['', ...folders].map((_, depth) =>
    ['did:web', host.replace(':', '%3A'), ...folders.slice(0, depth)].join(':'),
  );
}

/** Whether an id names its subject without saying whose it is: anybody may use it, and nobody gains by it. */
export const isUnowned = (id: string): boolean => /^urn:/i.test(id);

/** Whether a subject id is one a listing may have: an absolute http(s) URL, DID or urn:uuid of sane length. */
export function isSubjectId(id: unknown): id is string {
  if (typeof id !== 'string' || id.length > 2048 || /[\s<>"{}|\\^`\u0000-\u001f]/.test(id)) return false;
  if (/^did:[a-z0-9]+:[^\s/?]+/.test(id) || /^urn:uuid:[0-9a-f-]{36}$/.test(id)) return true;
  if (!/^https?:\/\//.test(id) || !URL.canParse(id)) return false;
  const url = new URL(id);
  return !url.username && !url.password;
}

/** Whether a policy's list of foreign subjects (exact, or a prefix ending in `*`) covers the id. */
export const permits = (subjects: string[], id: string): boolean =>
  subjects.some((subject) => (subject.endsWith('*') ? id.startsWith(subject.slice(0, -1)) : id === subject));
