import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { JudgedLabel, Judgement } from '../../catalogue/judgement.ts';
import { readConfig } from '../../config.ts';
import type { Stage } from '../../credentials/check.ts';
import type { Submission } from '../../credentials/credential.ts';
import { createHttp, type Http } from '../../credentials/http.ts';
import { createDidResolver, type DidDocument, type ResolveDid } from '../../credentials/keys/did.ts';
import { refused } from '../../errors.ts';
import { createNode } from '../../node.ts';
import { DEFAULT_POLICY, type TrustRule } from '../../policy.ts';
import { advice, explained, withLocalMend } from '../check-advice.ts';
import { contextFolder } from '../context-folder.ts';
import { readDidDocuments } from '../did-documents.ts';
import { type ExitCode, wrongUsage } from '../failure.ts';
import { type Input, readInput } from '../input.ts';
import type { Io } from '../io.ts';
import { levelsOf } from '../levels.ts';
import { type Listed, readListed, trustOf } from '../listed.ts';
import { listingAt } from '../listing-name.ts';
import { answer, say } from '../output.ts';
import { isUnsigned, refusePrivateKey } from '../secrets.ts';
import { checkLines, judgementLines } from '../show-judgement.ts';
import { clean, cleanDeep, count } from '../text.ts';
import { upTo } from '../up-to.ts';

interface Options {
  stage: Exclude<Stage, 'commit'>;
  at?: Date;
  did?: string;
  contexts?: string;
  trust?: string;
  provider?: string[];
  json?: boolean;
}

/** What became of a credential that was taken in before the one to be judged. */
interface Taken {
  file: string;
  judgement: Judgement;
}

export async function check(io: Io, name: string, options: Options): Promise<ExitCode> {
  const named = listingAt(name);
  const labelled = options.stage === 'label';
  const listed = named?.node ? await readListed(io, named.node, named.key, labelled) : undefined;
  const input = { ...(listed?.credential ?? (await readInput(io, name))), name };
  const provided = [...(listed?.rests ?? [])];
  for (const file of options.provider ?? []) provided.push(await readInput(io, file));
  for (const one of [input, ...provided]) refusePrivateKey(one);
  const own = policyFile(io, options.trust);
  const theirs = listed && labelled && !own ? await trustOf(io, listed.node) : undefined;
  const judged = await judge(io, input, provided, options, own, theirs);
  // A label without anybody who may vouch would be another one than the node's, and would say nothing about it.
  const unjudged = listed !== undefined && labelled && !own && !theirs;
  const { labels, ...rest } = withLocalMend(judged.judgement);
  const judgement: Judgement = labels && !unjudged ? { ...rest, labels } : rest;
  const trust = theirs && listed ? { from: `${listed.node}/api/v1/trust`, entries: theirs.length } : undefined;
  if (options.json) {
    answer(io, {
      ...judgement,
      ...(judged.taken.length > 0 ? { provider: judged.taken.map(summary) } : {}),
      ...(trust ? { trust } : {}),
    });
    return judgement.ok ? 0 : 1;
  }
  // What was fetched beside a listing matters to its label, and a refused credential gets none.
  const beside = judged.taken.filter(({ file }) => judgement.ok || options.provider?.includes(file));
  const absent = judgement.ok ? (listed?.absent ?? []) : [];
  const next = advice(io, judgement, name, { ...options, unsigned: isUnsigned(input) });
  const end = [...explained(judgement), ...(next ? [next] : [])];
  say(io, [
    ...beside.flatMap((one) => takenLines(io, one)),
    ...absent.map((why) => `${io.paint('attention', 'without')} ${clean(why)}`),
    ...judgementLines(io, cleanDeep(judgement), name, levelsOf(io)),
    ...(unjudged && judgement.ok
      ? ['', 'Label not judged: no trust list was given. Name yours with --trust FILE.']
      : []),
    ...(trust && judgement.labels ? ['', trustLine(listed!.node, trust.entries)] : []),
    ...(listed && judgement.labels ? [clean(comparison(listed, judgement.labels))] : []),
    ...(end.length > 0 ? ['', ...end] : []),
  ]);
  return judgement.ok ? 0 : 1;
}

const summary = ({ file, judgement: { ok, code, detail, digest } }: Taken) => ({ file, ok, code, detail, digest });

const trustLine = (node: string, entries: number): string =>
  `Who may vouch: the list of the operator of ${node} (${count(entries, 'entry', 'entries')}), not yours; --trust FILE judges by your own.`;

/** Whether this machine comes to the label that the node gave. */
function comparison({ node, labels }: Listed, judged: JudgedLabel[]): string {
  const here = judged.flatMap(({ scheme, level, basis }) => (level ? [`${scheme} ${level}, ${basis}`] : [])).sort();
  const there = labels.map(({ scheme, level, basis }) => `${scheme} ${level}, ${basis}`).sort();
  const same = here.join() === there.join();
  return `The node at ${node} says ${same ? 'the same' : 'otherwise'}: ${there.join('; ') || 'no label'}.`;
}

/** The whole flow in a node of its own that lives in memory for this one question. */
async function judge(
  io: Io,
  input: Input,
  provided: Input[],
  options: Options,
  policyPath: string | undefined,
  trust: TrustRule[] | undefined,
): Promise<{ taken: Taken[]; judgement: Judgement }> {
  const data = mkdtempSync(join(tmpdir(), 'kontor-check-'));
  try {
    const policy = policyPath ?? join(data, 'policy.yaml');
    const config = { ...readConfig(io.env), data, database: ':memory:', policy, log: 'silent' as const, workers: 0 };
    const clock = options.at ? () => options.at! : io.now;
    const http = createHttp({
      allowPrivateNetwork: config.allowPrivateNetwork,
      allow: config.allowHosts,
      userAgent: 'kontor check',
    });
    const given = options.did ? readDidDocuments(options.did) : new Map<string, DidDocument>();
    const unused = new Set(given.keys());
    const node = await createNode(config, {
      clock,
      http,
      resolveDid: resolver(http, clock, config.allowPrivateNetwork, options, (did) => {
        unused.delete(did);
        return given.get(did);
      }),
      ...(trust ? { policy: { ...DEFAULT_POLICY, trust } } : {}),
      contextDirs: options.contexts ? [contextFolder(options.contexts)] : [],
    });
    try {
      const taken: Taken[] = [];
      for (const one of provided) taken.push({ file: one.name, judgement: await node.ingest(submission(one)) });
      const judgement = upTo(options.stage, await node.check(submission(input)));
      if (given.size > 0 && unused.size === given.size)
        io.err(
          `Warning: --did ${clean(options.did!)} was not used. It holds the document of ${clean([...given.keys()].slice(0, 3).join(', '))}, and nobody asked for it.\n`,
        );
      return { taken, judgement };
    } finally {
      // What was taken in is signed and written behind the answer; the folder must stand until then.
      await node.federation.publish();
      await node.close();
      await http.close();
    }
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

/** DIDs as given with --did, then as hosted. Reading a document needs no key, so up to `parse` nobody is asked. */
function resolver(
  http: Http,
  clock: () => Date,
  allowPrivateNetwork: boolean,
  { stage, provider }: Options,
  known: (did: string) => DidDocument | undefined,
): ResolveDid {
  if (stage === 'parse' && !provider)
    return async (wanted) => refused('key-unavailable', `${wanted} was not asked for`);
  return createDidResolver({ http, clock, allowPrivateNetwork, known });
}

const submission = ({ name, bytes, mediaType }: Input): Submission => ({
  bytes,
  mediaType,
  source: { kind: 'file', path: name },
});

/** A policy that was named, here or in the environment. The policy of a node that happens to lie near is not meant. */
function policyFile(io: Io, trust: string | undefined): string | undefined {
  if (!trust) return io.env.KONTOR_POLICY ? resolve(io.env.KONTOR_POLICY) : undefined;
  if (!existsSync(trust))
    throw wrongUsage(
      `There is no file ${trust}.`,
      '--trust takes a policy file whose "trust" names who may vouch for what.',
    );
  return resolve(trust);
}

function takenLines(io: Io, { file, judgement }: Taken): string[] {
  const { ok, detail, checks } = cleanDeep(withLocalMend(judgement));
  if (ok) return [`${io.paint('quiet', 'with')} ${clean(file)}`];
  const failed = checks.filter(({ result }) => result === 'fail' || result === 'unknown');
  return [`${io.paint('attention', 'without')} ${clean(file)}: ${detail}`, ...checkLines(io, failed, '    ')];
}
