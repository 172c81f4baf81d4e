import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Judgement } from '../../catalogue/judgement.ts';
import type { ListingDetail } from '../../catalogue/listing.ts';
import { readConfig } from '../../config.ts';
import type { Stage } from '../../credentials/check.ts';
import type { Submission } from '../../credentials/credential.ts';
import { createDidResolver, type DidDocument, type ResolveDid } from '../../credentials/did.ts';
import { createHttp, type Http } from '../../credentials/http.ts';
import { refused } from '../../errors.ts';
import { createNode } from '../../node.ts';
import { ask } from '../client.ts';
import { readDidDocuments } from '../did-documents.ts';
import { type ExitCode, wrongUsage } from '../failure.ts';
import { type Input, readInput } from '../input.ts';
import type { Io } from '../io.ts';
import { levelsOf } from '../levels.ts';
import { listingAt } from '../listing-name.ts';
import { answer, say } from '../output.ts';
import { checkLines, judgementLines } from '../show-judgement.ts';
import { cleanDeep, shell } from '../text.ts';
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
  const input = { ...(await readInput(io, await credentialOf(io, name))), name };
  const provided: Input[] = [];
  for (const file of options.provider ?? []) provided.push(await readInput(io, file));
  const { taken, judgement } = await judge(io, input, provided, options);
  if (options.json) {
    const before = taken.map(({ file, judgement: { ok, code, detail, digest } }) => ({
      file,
      ok,
      code,
      detail,
      digest,
    }));
    answer(io, { ...judgement, ...(before.length > 0 ? { provider: before } : {}) });
  } else {
    const lines = judgementLines(io, cleanDeep(judgement), input.name, levelsOf(io));
    say(io, [...taken.flatMap((one) => takenLines(io, one)), ...lines, '', next(judgement, input.name, options)]);
  }
  return judgement.ok ? 0 : 1;
}

/** The URL of a listing leads to the credential that it shows; every other name is one already. */
async function credentialOf(io: Io, name: string): Promise<string> {
  const listing = listingAt(name);
  if (!listing?.node) return name;
  const { digest } = await ask<ListingDetail>(io, listing.node, `/api/v1/listings/${listing.key}`);
  return `${listing.node}/api/v1/credentials/${digest}`;
}

/** The whole flow in a node of its own that lives in memory for this one question. */
async function judge(
  io: Io,
  input: Input,
  provided: Input[],
  options: Options,
): Promise<{ taken: Taken[]; judgement: Judgement }> {
  const data = mkdtempSync(join(tmpdir(), 'kontor-check-'));
  try {
    const policy = policyFile(io, options.trust) ?? join(data, 'policy.yaml');
    const config = { ...readConfig(io.env), data, database: ':memory:', policy, log: 'silent' as const };
    const clock = options.at ? () => options.at! : io.now;
    const http = createHttp({ allowPrivateNetwork: config.allowPrivateNetwork, userAgent: 'kontor check' });
    const node = await createNode(config, {
      clock,
      http,
      resolveDid: resolver(http, clock, config.allowPrivateNetwork, options),
      contextDirs: options.contexts ? [contextFolder(options.contexts)] : [],
    });
    try {
      const taken: Taken[] = [];
      for (const one of provided) taken.push({ file: one.name, judgement: await node.ingest(submission(one)) });
      return { taken, judgement: upTo(options.stage, await node.check(submission(input))) };
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
  { did, stage, provider }: Options,
): ResolveDid {
  const documents = did ? readDidDocuments(did) : new Map<string, DidDocument>();
  if (stage === 'parse' && !provider)
    return async (wanted) => refused('key-unavailable', `${wanted} was not asked for`);
  return createDidResolver({ http, clock, allowPrivateNetwork, known: (wanted) => documents.get(wanted) });
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

function contextFolder(path: string): string {
  if (!existsSync(join(path, 'index.json')))
    throw wrongUsage(
      `${path} holds no index.json.`,
      '--contexts takes a folder whose index.json maps each context URL to a file in it.',
    );
  return resolve(path);
}

function takenLines(io: Io, { file, judgement }: Taken): string[] {
  const { ok, detail, checks } = cleanDeep(judgement);
  if (ok) return [`${io.paint('quiet', 'with')} ${file}`];
  const failed = checks.filter((one) => one.result === 'fail');
  return [`${io.paint('attention', 'without')} ${file}: ${detail}`, ...checkLines(io, failed, '    ')];
}

function next(judgement: Judgement, file: string, { stage, provider }: Options): string {
  const again = `kontor check ${shell(file)}`;
  if (judgement.code === 'key-unavailable')
    return `Next: host the DID document that kontor did KEY.json prints, or ${again} --did did.json`;
  if (!judgement.ok) return `Next: mend the claim, sign it again, then ${again}`;
  if (stage !== 'label') return `Next: ${again}`;
  const open = judgement.labels?.some((label) =>
    (label.next?.missing ?? label.criteria).some(
      (one) => one.id === 'P1.3.2' && one.result !== 'met' && one.result !== 'not-applicable',
    ),
  );
  // Who the provider is cannot be read from its offer alone.
  if (open && !provider) return `The provider can be judged too: ${again} --provider company.jwt`;
  const listing = listingAt(file);
  if (listing?.node) return `Next: kontor explain ${shell(listing.key)} --node ${shell(listing.node)}`;
  return file === '-'
    ? 'Next: save the signed credential to a file, then kontor publish FILE'
    : `Next: kontor publish ${shell(file)}`;
}
