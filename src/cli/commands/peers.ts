import type { SyncReport } from '../../federation/report.ts';
import type { FederationStatus, OriginStatus, PeerStatus } from '../../federation/status.ts';
import { ask, nodeUrl } from '../client.ts';
import { type ExitCode, Failure, wrongUsage } from '../failure.ts';
import { plainFault } from '../fault-words.ts';
import type { Io } from '../io.ts';
import { answer, say } from '../output.ts';
import { clean, cleanDeep, count, shell, time } from '../text.ts';

interface Options {
  node?: string;
  token?: string;
  json?: boolean;
}

const STATUS = '/api/v1/federation';
const PEERS = '/api/v1/admin/peers';

export async function listPeers(io: Io, options: Options): Promise<ExitCode> {
  const { peers } = await ask<FederationStatus>(io, nodeUrl(io, options.node), STATUS);
  if (options.json) answer(io, peers);
  else if (peers.length === 0) say(io, ['No peers. Add one with kontor peers add URL, or in the policy file.']);
  else
    say(
      io,
      cleanDeep(peers).flatMap((peer) => peerLines(io, peer)),
    );
  return 0;
}

function peerLines(io: Io, peer: PeerStatus): string[] {
  const state =
    peer.failures > 0
      ? io.paint('attention', count(peer.failures, 'failure'))
      : peer.lastSuccess
        ? io.paint('good', 'answers')
        : io.paint('quiet', 'not asked yet');
  return [
    `${io.paint('strong', peer.url)}  ${state}`,
    `  ${peer.did ?? 'DID not known yet'}, from the ${peer.source === 'policy' ? 'policy file' : 'operator'}`,
    `  last success ${time(peer.lastSuccess)}; ${count(peer.requests, 'request')}, ${peer.bytes.toLocaleString('en')} bytes`,
    ...(peer.lastError ? [`  last error: ${plainFault(peer.lastError)}`] : []),
    ...(peer.failures > 0 && peer.nextTry ? [`  next try ${time(peer.nextTry)}`] : []),
    ...(peer.blamed ? [`  ${io.paint('bad', 'blamed')}: ${peer.blamed}`] : []),
  ];
}

export async function peersStatus(io: Io, options: Options): Promise<ExitCode> {
  const found = await ask<FederationStatus>(io, nodeUrl(io, options.node), STATUS);
  if (options.json) {
    answer(io, found);
    return 0;
  }
  const { own, origins, peers, forks } = cleanDeep(found);
  say(io, [
    `${io.paint('strong', own.did)}  own log ${own.origin}: ${count(own.size, 'entry', 'entries')}, signed ${time(own.at)}`,
    ...(origins.length === 0 ? ['', 'No other catalogue is known.'] : []),
    ...origins.flatMap((origin) => ['', ...originLines(io, origin)]),
    ...(peers.length > 0
      ? ['', 'Peers', ...peers.flatMap((peer) => peerLines(io, peer).map((line) => `  ${line}`))]
      : []),
    ...forks.flatMap((fork) => ['', `${io.paint('bad', 'fork')} ${fork.origin}, ${time(fork.at)}: ${fork.sentence}`]),
  ]);
  return 0;
}

function originLines(io: Io, origin: OriginStatus): string[] {
  const style = origin.state === 'following' ? 'good' : origin.state === 'forked' ? 'bad' : 'attention';
  const behind = Math.max(0, origin.head - origin.size);
  return [
    `${io.paint('strong', origin.origin)}  ${io.paint(style, origin.state)}, newest sign of life ${time(origin.freshAt)}`,
    `  ${origin.sentence}`,
    `  ${origin.size} of ${count(origin.head, 'entry', 'entries')}${behind > 0 ? `, behind by ${behind}` : ''}; ${count(origin.listings, 'listing')}, ${count(origin.labels, 'label')}${origin.pending > 0 ? `, ${origin.pending} still to fetch` : ''}`,
    ...origin.refused.map(
      ({ code, count: number, example }) => `  refused ${number} (${code}), for example ${example}`,
    ),
  ];
}

export async function addPeer(io: Io, peer: string, options: Options): Promise<ExitCode> {
  const url = peerUrl(peer);
  const node = nodeUrl(io, options.node);
  token(io, options);
  const { peers } = await ask<FederationStatus>(io, node, STATUS);
  const known = peers.find((one) => one.url === url);
  const done = await post<object>(io, node, PEERS, { url }, options);
  const tried = await firstTry(io, node, url, options);
  const [fault] = tried?.errors ?? [];
  const first =
    known?.source === 'policy'
      ? `${url} stands in the policy file of ${node} already; nothing was added.`
      : `${node} pulls from ${url} from now on.`;
  const outcome = !tried
    ? 'The first pull takes longer and goes on.'
    : fault
      ? `It does not answer yet: ${plainFault(fault.why)}. The node tries again by itself.`
      : pulled(tried);
  const next = fault ? `./kontor peers sync ${shell(url)}` : './kontor peers status';
  return told(io, options, { ...done, ...(fault ? { error: fault.why } : {}) }, [
    first,
    clean(outcome),
    `Next: ${next}`,
  ]);
}

/** One pull at once, so that a mistyped address shows. Undefined: it had not ended when the command stopped waiting. */
async function firstTry(io: Io, node: string, url: string, options: Options): Promise<SyncReport | undefined> {
  try {
    return await post<SyncReport>(io, node, `${PEERS}/sync`, { url }, options);
  } catch (error) {
    if (error instanceof Failure && error.code === 'unavailable') return undefined;
    throw error;
  }
}

const post = <T>(io: Io, node: string, path: string, body: object, options: Options): Promise<T> =>
  ask<T>(io, node, path, {
    method: 'POST',
    body: JSON.stringify(body),
    mediaType: 'application/json',
    token: token(io, options),
  });

export async function removePeer(io: Io, peer: string, options: Options): Promise<ExitCode> {
  const url = peerUrl(peer);
  const node = nodeUrl(io, options.node);
  const done = await ask<object>(io, node, PEERS, {
    method: 'DELETE',
    query: new URLSearchParams({ url }),
    token: token(io, options),
  });
  return told(io, options, done, [`${node} no longer pulls from ${url}. What it brought stays.`]);
}

export async function syncPeers(io: Io, peer: string | undefined, options: Options): Promise<ExitCode> {
  const node = nodeUrl(io, options.node);
  const report = await post<SyncReport>(io, node, `${PEERS}/sync`, peer ? { url: peerUrl(peer) } : {}, options);
  const { rejected, errors } = report;
  const lines = [
    pulled(report),
    ...errors.map(({ url, why }) => `  ${io.paint('bad', 'no')}  ${clean(`${url}: ${plainFault(why)}`)}`),
    ...rejected.map(({ code, origin, digest, detail }) =>
      clean(`  refused (${code}) ${digest} of ${origin}: ${detail}`),
    ),
    'Next: ./kontor peers status',
  ];
  return told(io, options, report, lines, errors.length === 0);
}

const pulled = ({ entries, objects, requests, bytes }: SyncReport): string =>
  `${count(entries, 'entry', 'entries')} and ${count(objects, 'object')} in ${count(requests, 'request')}, ${bytes.toLocaleString('en')} bytes.`;

function told(io: Io, { json }: Options, value: object, lines: string[], ok = true): ExitCode {
  if (json) answer(io, { ...value, ok });
  else say(io, lines);
  return ok ? 0 : 1;
}

function token(io: Io, { token: given }: Options): string {
  const found = given ?? io.env.KONTOR_TOKEN;
  if (!found)
    throw wrongUsage(
      'An operator token is needed.',
      'Give it with --token or KONTOR_TOKEN; `kontor init` printed it once.',
    );
  return found;
}

function peerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.pathname !== '/' || url.search || url.hash) {
    throw wrongUsage(
      `"${text}" is not the base URL of a node.`,
      'Give one such as https://node-b.example, without a path.',
    );
  }
  return url.origin;
}
