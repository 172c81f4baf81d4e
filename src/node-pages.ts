import { criteriaOf, type Scheme } from './compliance/scheme.ts';
import type { Submission } from './credentials/credential.ts';
import { messageOf } from './errors.ts';
import type { Node } from './node.ts';
import type { SchemeView, WebDeps } from './web/deps.ts';
import { errorPage, webRoutes } from './web/routes.ts';

/** The pages of a node, and how they show a problem. */
export function pagesOf(node: Node) {
  const submission = (bytes: Uint8Array, mediaType: string): Submission => ({
    bytes,
    mediaType,
    source: { kind: 'provider' },
  });
  let shown: { schemes: readonly Scheme[]; views: SchemeView[] } = { schemes: [], views: [] };
  const deps: WebDeps = {
    reader: node.reader,
    check: (bytes, mediaType) => node.check(submission(bytes, mediaType)),
    publish: (bytes, mediaType) => node.ingest(submission(bytes, mediaType)),
    federation: () => node.federation.status(),
    node: {
      name: new URL(node.config.url).host,
      did: node.did,
      url: node.config.url,
      privateNetwork: node.config.allowPrivateNetwork,
    },
    get schemes() {
      const now = node.compliance.schemes();
      if (shown.schemes !== now) shown = { schemes: now, views: now.map(viewOf) };
      return shown.views;
    },
    changes: (key) => node.explain.changes(key),
    planned: (key) => node.planned.of(key),
    trust: () => node.policy().trust,
    clock: node.clock,
    maxBytes: () => node.policy().limits.objectBytes,
    report: (error) => node.log.error({ error: messageOf(error) }, 'a page failed'),
  };
  return {
    routes: webRoutes(deps),
    problem: (c: Parameters<typeof errorPage>[0], error: unknown) => errorPage(c, deps, error),
  };
}

function viewOf(scheme: Scheme): SchemeView {
  const { id, name, kind = 'criteria', edition, digest, levels, proves, doesNotProve, sources, origin } = scheme;
  return {
    id,
    title: name,
    kind,
    edition,
    digest,
    levels,
    ...(proves ? { proves } : {}),
    ...(doesNotProve ? { doesNotProve } : {}),
    ...(sources ? { sources } : {}),
    ...(origin ? { origin } : {}),
    criteria: criteriaOf(scheme),
    ...(scheme.kind === 'answers' || scheme.kind === 'certificates'
      ? { rules: scheme }
      : { retired: scheme.retired ?? [] }),
  };
}
