import { resolve } from 'node:path';
import { readConfig } from '../../config.ts';
import { digestOf } from '../../credentials/digest.ts';
import { signDataIntegrity, signJwt } from '../../credentials/issuing/sign.ts';
import { loadContexts } from '../../credentials/jsonld/contexts.ts';
import type { SigningKey } from '../../credentials/keys/keys.ts';
import { messageOf } from '../../errors.ts';
import { completeClaim, issuerOf } from '../claim.ts';
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
  days: number;
  out?: string;
  json?: boolean;
}

export async function sign(io: Io, file: string, options: Options): Promise<ExitCode> {
  const key = signingKey(io, options.key);
  const bytes = file === '-' ? await io.stdin() : readFile(file);
  refusePrivateKey({ name: file, bytes });
  const claim = parseObject(bytes, file);
  if (claim.proof !== undefined) throw wrongUsage(`${file} holds a proof already.`, 'Sign the claim without it.');
  const document = completeClaim(claim, key.did, io.now(), options.days);
  const issuer = issuerOf(document);
  if (issuer !== key.did) {
    throw new Failure(
      1,
      'issuer',
      `${file} names ${String(issuer)} as its issuer, but the key is one of ${key.did}.`,
      'Leave the issuer out, or sign with its own key.',
    );
  }
  const { validUntil: end } = document;
  if (typeof end === 'string' && Date.parse(end) <= io.now().getTime())
    io.err(`Warning: validUntil is ${clean(end)}, which is past: every node will refuse it.\n`);
  const signed = options.format === 'di' ? await dataIntegrity(io, document, key) : await signJwt(document, key);
  if (options.json) {
    const mediaType = options.format === 'di' ? 'application/vc' : 'application/vc+jwt';
    const { validFrom, validUntil } = document;
    if (options.out) deliver(io, signed, options.out);
    const where = options.out ? { file: resolve(options.out) } : { credential: signed };
    answer(io, {
      ok: true,
      mediaType,
      digest: digestOf(Buffer.from(signed)),
      issuer,
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

async function dataIntegrity(io: Io, document: Record<string, unknown>, key: SigningKey): Promise<string> {
  if (key.alg !== 'EdDSA')
    throw wrongUsage(
      `A Data Integrity proof (eddsa-rdfc-2022) needs an Ed25519 key; ${key.id} is for ${key.alg}.`,
      'Sign as vc+jwt, or make a key with --alg EdDSA.',
    );
  const { shapes } = readConfig(io.env);
  try {
    return `${JSON.stringify(await signDataIntegrity(document, key, loadContexts(resolve(shapes, 'contexts')), io.now()), null, 2)}\n`;
  } catch (error) {
    throw new Failure(
      1,
      'terms',
      `The claim cannot be signed: ${whyNot(error)}.`,
      'Every term must be defined by a context the claim names, every id written in full, and every context one this node holds.',
    );
  }
}

/** jsonld's safe mode keeps the term it stumbled over in the details of the error. */
function whyNot(error: unknown): string {
  const event = (error as { details?: { event?: { message?: string; details?: Record<string, unknown> } } }).details
    ?.event;
  if (!event) return messageOf(error);
  const { property, type, object, id } = event.details ?? {};
  const what = property ?? type ?? object ?? id;
  return `${String(event.message).replace(/\.$/, '')}${typeof what === 'string' ? `: "${what}"` : ''}`;
}
