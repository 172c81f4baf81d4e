import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError, readConfig } from '../../config.ts';
import { doubtsAbout, type Policy, readPolicy } from '../../policy.ts';
import { type ExitCode, wrongUsage } from '../failure.ts';
import type { Io } from '../io.ts';
import { levelsOf } from '../levels.ts';
import { answer, say } from '../output.ts';
import { clean, cleanDeep, count, shell } from '../text.ts';
import { lockedOut, readStore, worthOf } from '../trust-store.ts';
import { VOUCHES_FOR } from '../vouches-for.ts';

export async function policyCheck(io: Io, file: string | undefined, { json }: { json?: boolean }): Promise<ExitCode> {
  const config = readConfig(io.env);
  const path = file ? resolve(file) : config.policy;
  if (!existsSync(path)) {
    throw wrongUsage(
      `There is no policy file ${path}.`,
      file ? 'Check the name.' : 'Without one a node uses its defaults; `kontor init` writes one with comments.',
    );
  }
  let policy: Policy;
  try {
    policy = readPolicy(path);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    if (json) answer(io, { ok: false, file: path, problems: error.problems });
    else
      say(io, [
        `${io.paint('bad', 'not usable')}`,
        ...error.problems.map((line) => `  ${io.paint('bad', 'no')}  ${clean(line)}`),
        '',
        `Next: mend it, then ./kontor policy check ${shell(file ?? path)}`,
      ]);
    return 1;
  }
  const schemes = Object.entries(levelsOf(io)).map(([id, levels]) => ({
    id,
    levels: levels.map((one) => ({ id: one })),
  }));
  const now = io.now();
  const store = readStore({ path, data: config.data, policy }, now);
  const useless = store.anchors.flatMap((one) =>
    worthOf(one, now).doubts.map((doubt) => `${one.certificate.subject} in ${one.from}: ${doubt.replace(/\.$/, '')}`),
  );
  // A policy that names no anchors at all was told of already.
  const locked = store.configured ? lockedOut(policy, store, now) : [];
  const doubts = [...doubtsAbout(policy, now, schemes), ...store.problems, ...useless, ...locked];
  if (json) answer(io, { ok: true, file: path, doubts, policy });
  else
    say(io, [
      `${io.paint('good', 'good')}  ${clean(path)}`,
      ...doubts.map((doubt) => `  ${io.paint('attention', '!')}  ${clean(doubt)}.`),
      ...meaning(cleanDeep(policy)).map((line) => `  ${line}`),
    ]);
  return 0;
}

/** What a node does under this policy, in sentences. */
function meaning({ publishers, peers, authorities, trust, anchors, limits }: Policy): string[] {
  return [
    publishers === 'open'
      ? 'Everyone whose signature holds may publish.'
      : `${count(publishers.length, 'publisher')} may publish${publishers.length === 0 ? ': nobody can' : ''}.`,
    ...(publishers === 'open'
      ? []
      : publishers.map(
          ({ did, subjects }) => `  ${did}${subjects?.length ? `, also for ${subjects.join(', ')}` : ''}`,
        )),
    peers.length === 0 ? 'It pulls from no peer.' : `It pulls from ${count(peers.length, 'peer')}:`,
    ...peers.map(({ url, pull }) => `  ${url} every ${pull} s`),
    authorities.length === 0
      ? "No other node's labels count here."
      : `Labels of ${count(authorities.length, 'other node')} count here:`,
    ...authorities.map(({ did, labels }) => `  ${did}: ${labels?.join(', ') ?? 'all labels'}`),
    trust.length === 0
      ? 'Nobody may vouch for registration numbers or certificates, so nothing is "verified" by third parties.'
      : `${count(trust.length, 'party', 'parties')} may vouch:`,
    ...trust.map(({ did, name, role, schemes, from, until }) => {
      const what = VOUCHES_FOR[role] + (schemes ? ` (${schemes.join(', ')})` : '');
      return `  ${name ?? did} (${did}) for ${what}${from ? ` from ${from}` : ''}${until ? ` until ${until}` : ''}`;
    }),
    ...anchorWords(anchors),
    `A request may have ${limits.bodyBytes.toLocaleString('en')} bytes, a credential ${limits.objectBytes.toLocaleString('en')}.`,
  ];
}

function anchorWords({ files = [], registry, require }: NonNullable<Policy['anchors']> = {}): string[] {
  const from = [...files, ...(registry ? [registry] : [])];
  return [
    from.length === 0 ? 'It trusts no certificate authority.' : 'It trusts certificate authorities from:',
    ...from.map((one) => `  ${one}`),
    ...(require ? ['Every key needs a certificate chain that leads to one of them.'] : []),
  ];
}
