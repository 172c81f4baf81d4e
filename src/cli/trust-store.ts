import { dirname } from 'node:path';
import { createAnchorStore, type TrustStore } from '../credentials/keys/anchors.ts';
import type { Anchor } from '../credentials/keys/chain.ts';
import { caOf, isStrongKey } from '../credentials/keys/x509.ts';
import type { Policy } from '../policy.ts';
import { day } from './text.ts';

/** The trust anchors of a policy as they lie on disk (nothing is fetched), and what each is worth. */

/** @param path of the policy file; `data` is the node's folder, where the registry's copy lies */
export function readStore(
  { path, data, policy }: { path: string; data: string; policy: Policy },
  now: Date,
): TrustStore {
  const nobody = async () => {
    throw new Error('not asked here');
  };
  const store = { rule: () => policy.anchors, base: dirname(path), cache: data, http: nobody, clock: () => now };
  return createAnchorStore(store).store();
}

/** Why an anchor stands behind nobody. */
function useless({ certificate }: Anchor, now: Date): string | undefined {
  const { key, from, until } = certificate;
  if (now > until) return `It expired on ${day(until.toISOString())}, so it stands behind nobody.`;
  if (now < from) return `It begins on ${day(from.toISOString())}; until then it stands behind nobody.`;
  if (!isStrongKey(key)) return 'Its key is too weak, so it stands behind nobody.';
  try {
    caOf(certificate);
  } catch {
    return 'It has an extension that cannot be read, so it stands behind nobody.';
  }
  return undefined;
}

/** Whether an anchor counts today; and why it stands behind nobody, or behind fewer than meant. */
export function worthOf(anchor: Anchor, now: Date): { counts: boolean; doubts: string[] } {
  const why = useless(anchor, now);
  if (why) return { counts: false, doubts: [why] };
  const isCa = caOf(anchor.certificate) !== undefined;
  return { counts: true, doubts: isCa ? [] : ['It is no certificate authority: it stands behind its own key only.'] };
}

/** What follows when every key needs a chain, and no anchor counts that one could lead to. */
export function lockedOut({ anchors: rule }: Policy, { anchors }: TrustStore, now: Date): string[] {
  if (!rule?.require || anchors.some((one) => worthOf(one, now).counts)) return [];
  return [
    'No trust anchor counts, and every key needs a chain that leads to one (anchors.require): nobody can be verified but whom trust and authorities name, and nothing new is listed. Mend it with kontor trust anchors add FILE.pem, or by require: false in the policy',
  ];
}
