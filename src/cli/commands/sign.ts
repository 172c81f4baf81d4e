import { resolve } from 'node:path';
import { readConfig } from '../../config.ts';
import { CLOCK_SKEW_MS, type JsonObject } from '../../credentials/credential.ts';
import { digestOf } from '../../credentials/digest.ts';
import type { SigningKey } from '../../credentials/issuing/identity.ts';
import { secondOpinion } from '../../credentials/issuing/second-opinion.ts';
import { type Cryptosuite, signDataIntegrity, signJwt, suitesOf } from '../../credentials/issuing/sign.ts';
import { unsignable } from '../../credentials/issuing/signable.ts';
import { LIST_SIZE, statusEntry } from '../../credentials/issuing/status-list.ts';
import { type Contexts, loadContexts } from '../../credentials/jsonld/contexts.ts';
import { completeClaim } from '../claim.ts';
import { contextFolder } from '../context-folder.ts';
import { type ExitCode, Failure, wrongUsage } from '../failure.ts';
import { parseObject, readFile } from '../input.ts';
import type { Io } from '../io.ts';
import { signingKey } from '../key.ts';
import { answer, deliver } from '../output.ts';
import { refusePrivateKey } from '../secrets.ts';
import { clean, shell } from '../text.ts';

interface Options {
  key?: string;
  format: 'vc+jwt' | 'di';
  contexts?: string;
  suite?: Cryptosuite;
  days: number;
  status?: string;
  out?: string;
  json?: boolean;
}

export async function sign(io: Io, file: string, options: Options): Promise<ExitCode> {
  const key = signingKey(io, options.key);
  const bytes = file === '-' ? await io.stdin() : readFile(file);
  refusePrivateKey({ name: file, bytes });
  const claim = parseObject(bytes, file);
  if (options.suite && options.format !== 'di')
    throw wrongUsage('--suite is for Data Integrity proofs.', 'Add --format di, or leave --suite out.');
  if (claim.proof !== undefined) throw wrongUsage(`${file} holds a proof already.`, 'Sign the claim without it.');
  const document = completeClaim(claim, key.did, io.now(), options.days);
  const contexts = loadContexts(
    resolve(readConfig(io.env).shapes, 'contexts'),
    ...(options.contexts ? [contextFolder(options.contexts)] : []),
  );
  if (options.status) document.credentialStatus = entryOf(options.status, claim);
  const fault = await unsignable(document, key, contexts);
  if (fault)
    throw new Failure(
      1,
      fault.code,
      `${file} cannot be signed: ${fault.detail}${fault.where ? ` (at ${fault.where})` : ''}.`,
      `${fault.mend}.`,
    );
  const { validFrom: begin, validUntil: end } = document;
  if (typeof begin === 'string' && Date.parse(begin) > io.now().getTime() + CLOCK_SKEW_MS)
    io.err(`Warning: validFrom is ${clean(begin)}, which is to come: every node will refuse it until then.\n`);
  if (typeof end === 'string' && Date.parse(end) <= io.now().getTime())
    io.err(`Warning: validUntil is ${clean(end)}, which is past: every node will refuse it.\n`);
  const signed =
    options.format === 'di'
      ? await dataIntegrity(io, document, key, contexts, options.suite)
      : await signJwt(document, key);
  if (options.json) {
    const mediaType = options.format === 'di' ? 'application/vc' : 'application/vc+jwt';
    const { validFrom, validUntil } = document;
    if (options.out) deliver(io, signed, options.out);
    const where = options.out ? { file: resolve(options.out) } : { credential: signed };
    answer(io, {
      ok: true,
      mediaType,
      digest: digestOf(Buffer.from(signed)),
      issuer: key.did,
      keyId: key.id,
      validFrom,
      validUntil,
      ...where,
    });
    return 0;
  }
  deliver(io, signed, options.out);
  if (options.out) {
    io.err(
      `Signed by ${key.id}, valid until ${String(document.validUntil)}: ${options.out}\nNext: ./kontor check ${shell(options.out)}\n`,
    );
  }
  return 0;
}

/** What `--status URL#INDEX` says. */
function entryOf(given: string, claim: JsonObject): JsonObject {
  const [, url, index] = /^(https?:\/\/[^#]+)#(\d{1,6})$/.exec(given) ?? [];
  if (url === undefined || Number(index) >= LIST_SIZE)
    throw wrongUsage(
      `--status ${given} names no entry of a list.`,
      `Write it as URL#INDEX, for example https://cloud.example/status/1#42, with an INDEX below ${LIST_SIZE}.`,
    );
  if (claim.credentialStatus !== undefined)
    throw wrongUsage('The claim names a status entry already.', 'Take it out of the claim, or leave --status out.');
  return statusEntry(url, Number(index));
}

async function dataIntegrity(
  io: Io,
  document: JsonObject,
  key: SigningKey,
  contexts: Contexts,
  suite: Cryptosuite | undefined,
): Promise<string> {
  const suites = suitesOf(key);
  if (suite ? !suites.includes(suite) : suites.length === 0)
    throw wrongUsage(
      `${key.id} is for ${key.alg}; ${suite ?? 'a Data Integrity proof'} needs another kind of key.`,
      suites.length > 0
        ? `With this key, --suite takes ${suites.join(' or ')}.`
        : 'Sign as vc+jwt, or make a key with --alg EdDSA, ES256 or ES384.',
    );
  const options = { now: io.now(), ...(suite ? { cryptosuite: suite } : {}) };
  const signed = await signDataIntegrity(document, key, contexts, options);
  const refusal = (options.cryptosuite ?? suites[0])!.includes('-rdfc-')
    ? await secondOpinion(signed, key, contexts)
    : undefined;
  if (refusal)
    throw new Failure(1, 'proof', `It was signed, but @digitalbazaar/vc refuses it: ${refusal}.`, 'Sign it as vc+jwt.');
  return `${JSON.stringify(signed, null, 2)}\n`;
}
