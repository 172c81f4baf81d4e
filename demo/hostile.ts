/**
 * `node demo/hostile.ts PORT VICTIM-URL PEER-URL...`: a node that lies. It speaks the protocol well and mirrors the
 * victim's log under its true, signed head; but it turns entries and bodies into better ones on the way, and it keeps
 * a log of its own of which it shows different askers different histories. What it changed is printed, a line each.
 */
import { createServer, type IncomingMessage } from 'node:http';
import { didDocument, ed25519Signer, generateKey, rawPublicKey } from '../src/credentials/issuing/identity.ts';
import { messageOf } from '../src/errors.ts';
import { claimedCheckpoint, signCheckpoint } from '../src/federation/checkpoint.ts';
import { EMPTY_EDGE, edgeRoot, extendEdge, hashLeaf } from '../src/federation/merkle.ts';
import { mirrorName } from '../src/federation/origins.ts';
import { encodeBundle } from '../src/federation/tiles.ts';
import { loopbackDid, loopbackUrl } from './build/identity.ts';

const [portText, victim, ...audience] = process.argv.slice(2);
if (!portText || !victim) throw new Error('Use: node demo/hostile.ts PORT VICTIM-URL PEER-URL...');
const port = Number(portText);
const url = loopbackUrl(port);
const did = loopbackDid(port);
const key = generateKey('EdDSA', did);
const signer = { publicKey: rawPublicKey(key), sign: ed25519Signer(key) };
const ownOrigin = `localhost:${port}/catalogue/1`;
const victimOrigin = `${new URL(victim).host}/catalogue/1`;
const mirrorPrefix = `/federation/mirror/${mirrorName(victimOrigin)}`;

const WATCH_MS = 100;
/** The newest head of the victim, as it signed it. */
let victimHead: { note: string; size: number } | undefined;
/** The two histories, once there is something to lie about: who asks decides which one is shown. */
let histories: [History, History] | undefined;
let version = 0;

interface History {
  lines: string[];
  note: string;
}

async function history(lines: string[]): Promise<History> {
  const edge = extendEdge(
    EMPTY_EDGE,
    lines.map((line) => hashLeaf(Buffer.from(line))),
  );
  const note = await signCheckpoint(
    { origin: ownOrigin, size: edge.size, root: edgeRoot(edge) },
    signer,
    Math.floor(Date.now() / 1000),
  );
  return { lines, note };
}

/** Nodes name themselves in their requests: one of them is shown another history than the others. */
const historyFor = (request: IncomingMessage): History | undefined =>
  histories?.[request.headers['user-agent']?.includes(audience[0] ?? '-') ? 1 : 0];

const fetchText = async (address: string): Promise<string> => {
  const response = await fetch(address, { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  return response.text();
};

const victimEntries = async (from: number, to: number): Promise<string[]> =>
  (await fetchText(`${victim}/catalogue/1/entries?since=${from}&to=${to}`)).split('\n').filter((line) => line !== '');

/** Turns the last entry of a page into a better one: a higher label, or a longer validity. */
function improve(lines: string[], first: number): string[] {
  const at = lines.findLastIndex((line) => /"label":"|"validUntil":"/.test(line));
  if (at < 0) return lines;
  const line = lines[at]!;
  const better = line.includes('"label":"')
    ? line.replace(/"label":"[^"]*"/, '"label":"gaia-x:L3"')
    : line.replace(/"validUntil":"\d{4}/, '"validUntil":"2099');
  console.log(`entry ${first + at} of ${victimOrigin} changed on the way`);
  return lines.with(at, better);
}

const UPGRADES: [RegExp, string][] = [
  [/"kontor:level":"[^"]*"/, '"kontor:level":"L3"'],
  [/"kontor:keyHolder":"provider"/, '"kontor:keyHolder":"customer"'],
  [/"kontor:switchingCharges":"[^"]*"/, '"kontor:switchingCharges":"free"'],
];

/** A body with a better claim in it, under the old signature. */
function upgrade(body: Buffer): Buffer {
  const text = body.toString('utf8');
  const better = (claims: string) =>
    UPGRADES.reduce((before, [pattern, after]) => before.replace(pattern, after), claims);
  const [head, payload, signature] = text.split('.');
  if (text.startsWith('{') || !head || !payload || !signature) return Buffer.from(better(text));
  return Buffer.from(
    `${head}.${Buffer.from(better(Buffer.from(payload, 'base64url').toString('utf8'))).toString('base64url')}.${signature}`,
  );
}

async function objects(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  const response = await fetch(`${victim}/objects`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: Buffer.concat(parts),
    signal: AbortSignal.timeout(5_000),
  });
  const lines = (await response.text()).split('\n').filter((line) => line !== '');
  return lines
    .map((line) => {
      const object = JSON.parse(line) as { digest: string; body?: string };
      if (object.body === undefined) return `${line}\n`;
      const before = Buffer.from(object.body, 'base64url');
      const after = upgrade(before);
      if (!after.equals(before)) console.log(`body of ${object.digest} changed on the way`);
      return `${JSON.stringify({ ...object, body: after.toString('base64url') })}\n`;
    })
    .join('');
}

/** Watches the victim, takes its new heads over, and tells everybody to come and fetch. */
async function watch(): Promise<void> {
  const note = await fetchText(`${victim}/catalogue/1/checkpoint`);
  const claimed = claimedCheckpoint(note);
  if (!claimed.ok || claimed.value.size === (victimHead?.size ?? 0)) return;
  victimHead = { note, size: claimed.value.size };
  if (!histories && victimHead.size >= 2) {
    const puts = (await victimEntries(0, victimHead.size)).filter((line) => line.includes('"op":"put"'));
    const [first, second] = puts;
    if (first && second) {
      const { kind, digest } = JSON.parse(first) as { kind: string; digest: string };
      histories = [
        await history([first, second]),
        await history([first, JSON.stringify({ op: 'drop', kind, digest, reason: 'takedown' })]),
      ];
    }
  }
  version++;
  const nudge = { method: 'POST', headers: { 'content-type': 'application/json' }, signal: AbortSignal.timeout(2_000) };
  await Promise.allSettled(
    audience.map((peer) =>
      fetch(`${peer}/federation/announce`, { ...nudge, body: JSON.stringify({ origin: ownOrigin, size: 2 }) }),
    ),
  );
}

interface Reply {
  status?: number;
  type: string;
  body: string | Uint8Array;
}
const text = (body: string, type = 'text/plain; charset=utf-8'): Reply => ({ type, body });
const missing: Reply = { status: 404, type: 'application/problem+json', body: '{"status":404}' };

async function reply(request: IncomingMessage): Promise<Reply> {
  const { pathname, searchParams } = new URL(request.url ?? '/', url);
  const since = Number(searchParams.get('since') ?? '0');
  const own = historyFor(request);
  if (request.method === 'POST') {
    if (pathname === '/objects') return text(await objects(request), 'application/x-ndjson');
    return pathname === '/federation/announce' ? { status: 202, type: 'application/json', body: '{}' } : missing;
  }
  if (pathname === '/.well-known/did.json')
    return text(JSON.stringify(didDocument(did, [key])), 'application/did+json');
  if (pathname === '/federation/heads') {
    if (since === version) return { status: 304, type: 'application/json', body: '' };
    const heads = [own?.note, victimHead?.note].filter((note) => note !== undefined);
    return text(JSON.stringify({ version, heads, forks: [] }), 'application/json');
  }
  const to = Number(searchParams.get('to') ?? String(Number.MAX_SAFE_INTEGER));
  if (pathname === '/catalogue/1/checkpoint' && own) return text(own.note);
  if (pathname === '/catalogue/1/entries' && own)
    return text(
      own.lines
        .slice(since, to)
        .map((line) => `${line}\n`)
        .join(''),
      'application/x-ndjson',
    );
  if (pathname === `${mirrorPrefix}/checkpoint` && victimHead) return text(victimHead.note);
  if (pathname === `${mirrorPrefix}/entries`)
    return text(
      improve(await victimEntries(since, to), since)
        .map((line) => `${line}\n`)
        .join(''),
      'application/x-ndjson',
    );
  const bundle = /^\/tile\/entries\/(\d{3})$/.exec(pathname.slice(mirrorPrefix.length))?.[1];
  if (bundle && pathname.startsWith(mirrorPrefix)) {
    const lines = improve(await victimEntries(Number(bundle) * 256, Number(bundle) * 256 + 256), Number(bundle) * 256);
    return { type: 'application/octet-stream', body: encodeBundle(lines.map((line) => Buffer.from(line))) };
  }
  return missing;
}

const server = createServer((request, response) => {
  reply(request).then(
    ({ status = 200, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
    (error: unknown) => response.writeHead(502, { 'content-type': 'text/plain' }).end(messageOf(error)),
  );
});
server.listen(port, '127.0.0.1', () => console.log(`A node that lies is up at ${url}`));

let watching = false;
setInterval(() => {
  if (watching) return;
  watching = true;
  watch()
    .catch(() => {
      // The victim is not up yet, or no longer.
    })
    .finally(() => {
      watching = false;
    });
}, WATCH_MS);
// The demo holds the other end of standard input: when it is gone, so is this process.
process.stdin.on('end', () => process.exit(0)).resume();
process.on('SIGTERM', () => process.exit(0));
