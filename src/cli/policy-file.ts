import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type Document, isSeq, parseDocument, type YAMLSeq } from 'yaml';
import { type Config, readConfig } from '../config.ts';
import { doubtsAbout, type Policy, parsePolicy } from '../policy.ts';
import { wrongUsage } from './failure.ts';
import type { Io } from './io.ts';
import { spoiledPlans } from './spoiled-plans.ts';

/** The policy file of the node that the environment names. @throws ConfigError when it cannot be used */
export function openPolicy(
  io: Io,
): Pick<Config, 'data' | 'allowPrivateNetwork' | 'allowHosts'> & { path: string; policy: Policy } {
  const { policy: path, data, allowPrivateNetwork, allowHosts } = readConfig(io.env);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return { path, data, allowPrivateNetwork, allowHosts, policy: parsePolicy(text, path) };
}

/**
 * Changes the policy file. Comments and order stay; the space before a comment becomes one blank. A running node reads
 * the file again within a second.
 *
 * @returns what in the change is hardly meant, and which plans cannot be put in force after it
 * @throws ConfigError when the changed policy could not be used; the file is then as it was
 */
export function editPolicy(io: Io, change: (document: Document) => void): { path: string; doubts: string[] } {
  const config = readConfig(io.env);
  const { path, policy } = openPolicy(io);
  if (!existsSync(path))
    throw wrongUsage(
      `There is no policy file ${path}.`,
      '`kontor init` writes one; KONTOR_DATA and KONTOR_POLICY say where.',
    );
  const document = parseDocument(readFileSync(path, 'utf8'));
  change(document);
  const text = document.toString({ lineWidth: 0 });
  const before = new Set(doubtsAbout(policy, io.now()));
  const doubts = doubtsAbout(parsePolicy(text, path), io.now()).filter((doubt) => !before.has(doubt));
  writeFileSync(path, text);
  return { path, doubts: [...doubts, ...spoiledPlans(config)] };
}

/** The list at a place of the policy, made where there is none. */
export function listAt(document: Document, place: string[]): YAMLSeq {
  const found = document.getIn(place, true);
  if (isSeq(found)) {
    // An empty `[]` becomes a list with an entry a line.
    if (found.items.length === 0) found.flow = false;
    return found;
  }
  const list = document.createNode([]) as YAMLSeq;
  document.setIn(place, list);
  return list;
}

/** Takes the entries out that fit. @returns how many */
export function removeFrom(list: YAMLSeq, fits: (entry: unknown) => boolean): number {
  const entries = list.toJSON() as unknown[];
  const gone = entries.map((entry, at) => (fits(entry) ? at : -1)).filter((at) => at >= 0);
  for (const at of gone.reverse()) list.delete(at);
  return gone.length;
}
