/**
 * `node demo/issuer.ts ROLE PORT`: one who vouches. A process of its own with its own key and did:web, which signs
 * only what stands in its own register, and only for an applicant who proves to be the one registered.
 *
 * POST /issue {application, mediaType, ask} -> application/vc+jwt, or {detail} with the reason why not
 * POST /withdraw {record}, with the bearer token in ISSUER_TOKEN: sets the record's bit in the status list
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Checks } from '../src/credentials/check.ts';
import { createHttp } from '../src/credentials/http.ts';
import { didDocument, generateKey } from '../src/credentials/issuing/identity.ts';
import { signJwt } from '../src/credentials/issuing/sign.ts';
import { loadContexts } from '../src/credentials/jsonld/contexts.ts';
import { createDidResolver } from '../src/credentials/keys/did.ts';
import { parse } from '../src/credentials/parse.ts';
import { createVerifier } from '../src/credentials/verify.ts';
import { messageOf } from '../src/errors.ts';
import { certificateCredential, monthsFrom, vatCredential } from './build/evidence.ts';
import { loopbackDid, loopbackUrl, serviceAt } from './build/identity.ts';
import { contexts as contextUrls, type Node, second } from './build/values.ts';
import { ISSUERS } from './issuers.ts';
import type { Report } from './model.ts';

interface NumberRecord {
  number: string;
  name: string;
  country: string;
}
interface CertificateRecord {
  record: string;
  holder: string;
  scheme: string;
  edition: string;
  level?: string;
  certificateType?: string;
  scope: string;
  /** Names of the holder's services inside, where it is about the company. */
  services?: string[];
  report?: Report;
  /** When it was given, and for how long. */
  monthsAgo: number;
  months: number;
}
interface Ask {
  number?: string;
  id?: string;
  scheme?: string;
  scope?: string;
  about?: string;
}

const [roleName, portText] = process.argv.slice(2);
const role = ISSUERS.find(({ id }) => id === roleName);
if (!role || !portText) throw new Error(`Use: node demo/issuer.ts ${ISSUERS.map(({ id }) => id).join('|')} PORT`);
const port = Number(portText);
const did = loopbackDid(port);
const url = loopbackUrl(port);
const key = generateKey(role.alg, did);
const register = JSON.parse(
  readFileSync(join(import.meta.dirname, 'registers', `${role.id}.json`), 'utf8'),
) as unknown[];
const withdrawn = new Set<number>();

const clock = () => new Date();
const contexts = loadContexts(resolve(import.meta.dirname, '../shapes/contexts'));
const http = createHttp({ allowPrivateNetwork: true, userAgent: `demo issuer (${url})` });
const verifier = createVerifier({
  contexts,
  resolveDid: createDidResolver({ http, clock, allowPrivateNetwork: true }),
  http,
  clock,
});

/** A request that is answered with a reason instead of a signature. */
class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const monthsFromNow = (months: number): Date => monthsFrom(clock(), months);
const isoDay = (date: Date): string => date.toISOString().slice(0, 10);

/** Who applies: the name and DID in a self-description whose signature holds. */
async function applicant(application: string, mediaType: string): Promise<{ did: string; name: string }> {
  const checks = new Checks();
  const parsed = parse(
    { bytes: Buffer.from(application), mediaType, source: { kind: 'provider' } },
    { objectBytes: 262_144 },
    checks,
  );
  const verified = parsed?.kind === 'credential' ? await verifier.credential(parsed.credential, checks) : undefined;
  const name = verified?.subjects[0]?.['schema:name']?.[0];
  if (!verified || typeof name !== 'string')
    throw new Refusal(
      422,
      `The application does not prove who applies: ${checks.failure?.detail ?? 'it names nobody'}`,
    );
  if (verified.subjects[0]?.['@id'] !== verified.issuer)
    throw new Refusal(422, 'The application is about somebody other than its signer');
  return { did: verified.issuer, name };
}

async function issue({
  application,
  mediaType,
  ask,
}: {
  application: string;
  mediaType: string;
  ask: Ask;
}): Promise<string> {
  const who = await applicant(application, mediaType);
  const document = role!.role === 'registration-number' ? registration(who, ask) : certificate(who, ask);
  return signJwt(document, key);
}

function registration(who: { did: string; name: string }, ask: Ask): Node {
  const record = (register as NumberRecord[]).find(({ number }) => number === ask.number);
  if (!record) throw new Refusal(404, `${ask.number} is not in the register`);
  if (record.name !== who.name) throw new Refusal(409, `${ask.number} belongs to ${record.name}, not to ${who.name}`);
  if (!ask.id?.startsWith(`${who.did}#`))
    throw new Refusal(400, 'The id of the number must be a fragment of the DID of the applicant');
  return vatCredential(
    did,
    { id: ask.id, number: record.number, country: record.country },
    { from: clock(), until: monthsFromNow(6) },
  );
}

function certificate(who: { did: string; name: string }, ask: Ask): Node {
  const index = (register as CertificateRecord[]).findIndex(
    (one) => one.holder === who.name && one.scheme === ask.scheme && one.scope === ask.scope,
  );
  const record = (register as CertificateRecord[])[index];
  if (!record) throw new Refusal(404, `${who.name} holds no certificate for "${ask.scope}" in the register`);
  const until = monthsFromNow(record.months - record.monthsAgo);
  if (until <= clock()) throw new Refusal(410, `${record.record} ended on ${isoDay(until)} and was not renewed`);
  const { monthsAgo, months: _, record: number, services = [], ...what } = record;
  const claim = {
    ...what,
    ...(services.length > 0 ? { covers: services.map((slug) => serviceAt(who.did, slug)) } : {}),
    about: ask.about ?? who.did,
    holder: who.did,
    body: role!.name,
    from: isoDay(monthsFromNow(-monthsAgo)),
    until: isoDay(until),
    registerRecord: `${url}/register/${number}`,
  };
  const list = `${url}/status/${yearOf(number)}`;
  const status = {
    id: `${list}#${index}`,
    type: 'BitstringStatusListEntry',
    statusPurpose: 'revocation',
    statusListIndex: String(index),
    statusListCredential: list,
  };
  return certificateCredential(did, claim, { from: clock(), until }, status);
}

/** Records are numbered BODY-YEAR-NUMBER; each year has a status list of its own. */
const yearOf = (record: string): string => record.split('-')[1]!;

/** https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistcredential: 131,072 bits, the least it allows. */
function statusList(year: string): Promise<string> {
  const list = `${url}/status/${year}`;
  const bits = Buffer.alloc(16_384);
  for (const index of withdrawn) bits[index >> 3]! |= 0x80 >> (index & 7);
  const now = clock();
  return signJwt(
    {
      '@context': [contextUrls()[0]],
      id: list,
      type: ['VerifiableCredential', 'BitstringStatusListCredential'],
      issuer: did,
      validFrom: second(now),
      validUntil: second(new Date(now.getTime() + 86_400_000)),
      credentialSubject: {
        id: `${list}#list`,
        type: 'BitstringStatusList',
        statusPurpose: 'revocation',
        encodedList: `u${gzipSync(bits).toString('base64url')}`,
      },
    },
    key,
  );
}

function withdraw({ record }: { record: string }, authorization: string | undefined): string {
  if (!process.env.ISSUER_TOKEN || authorization !== `Bearer ${process.env.ISSUER_TOKEN}`)
    throw new Refusal(401, 'A token is needed');
  const index = (register as CertificateRecord[]).findIndex((one) => one.record === record);
  if (index < 0) throw new Refusal(404, `${record} is not in the register`);
  withdrawn.add(index);
  return JSON.stringify({ record, withdrawn: true });
}

async function bodyOf<T>(request: IncomingMessage): Promise<T> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > 524_288) throw new Refusal(413, 'The request is too large');
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8')) as T;
  } catch {
    throw new Refusal(400, 'The request is not JSON');
  }
}

async function answer(request: IncomingMessage): Promise<[type: string, body: string]> {
  const { pathname } = new URL(request.url ?? '/', url);
  const post = request.method === 'POST';
  if (!post && pathname === '/.well-known/did.json')
    return ['application/did+json', JSON.stringify(didDocument(did, [key]))];
  const year = /^\/status\/(\d{4})$/.exec(pathname)?.[1];
  if (!post && year) return ['application/vc+jwt', await statusList(year)];
  if (post && pathname === '/issue') return ['application/vc+jwt', await issue(await bodyOf(request))];
  if (post && pathname === '/withdraw')
    return ['application/json', withdraw(await bodyOf(request), request.headers.authorization)];
  const record = /^\/register\/([A-Z0-9-]+)$/.exec(pathname)?.[1];
  const found = (register as Partial<CertificateRecord>[]).find((one) => record !== undefined && one.record === record);
  if (!post && found) return ['application/json', JSON.stringify(found, null, 2)];
  throw new Refusal(404, 'Nothing stands here');
}

const server = createServer((request, response) => {
  answer(request).then(
    ([type, body]) => response.writeHead(200, { 'content-type': type }).end(body),
    (error: unknown) =>
      response
        .writeHead(error instanceof Refusal ? error.status : 500, { 'content-type': 'application/json' })
        .end(JSON.stringify({ detail: messageOf(error) })),
  );
});
server.listen(port, '127.0.0.1', () => console.log(`${role.name} at ${url}`));
// The demo holds the other end of standard input: when it is gone, so is this process.
process.stdin.on('end', () => process.exit(0)).resume();
process.on('SIGTERM', () => process.exit(0));
