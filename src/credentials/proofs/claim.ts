import type { Checks } from '../check.ts';
import type { JsonObject, ParsedCredential } from '../credential.ts';
import { ALL_JOSE_ALGS } from '../keys/public-key.ts';
import type { Purpose } from '../keys/verification-method.ts';
import { pointerToken } from '../strict-json.ts';
import { numericDate, parseTime } from '../time.ts';
import { SUITE_NAMES, suiteOf } from './suites.ts';

/** What a proof says of itself, before anything is believed: which key to ask for, and when it was made. */
export interface ProofClaim {
  /** Verification method as named: a DID URL. */
  keyId: string;
  /** What the key is looked for in: the DID of the key. */
  controller: string;
  /** How it was signed, in words: `vc+jwt with EdDSA`, `eddsa-rdfc-2022`. */
  how: string;
  /** JSON pointer of the proof, or `jwt:header`. */
  where: string;
  /** JOSE algorithm, for JWTs. */
  alg?: string;
  /** Position among the document's proofs; absent for JWTs. */
  at?: number;
  created?: Date;
  expires?: Date;
}

/** What a caller of a presentation asked the holder to sign (https://www.w3.org/TR/vc-data-integrity/#proofs). */
export interface Expected {
  challenge?: string | undefined;
  domain?: string | undefined;
}

/** Verification with every signature costs, so their number is bounded. */
const MAX_PROOFS = 6;
const DID_URL = /^did:[a-z0-9]+:[^\s/?#]+#\S+$/;
const clip = (value: unknown) =>
  (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'missing')).slice(0, 120);

/**
 * The proofs of a document or JWT, as they describe themselves. Every one of them has to hold.
 *
 * @returns undefined when one is of a kind that is not taken; the check says why
 */
export function readProofs(
  { document, jwt }: Pick<ParsedCredential, 'document' | 'jwt'>,
  purpose: Purpose,
  checks: Checks,
  { anyKeyId = false, expected = {} }: { anyKeyId?: boolean; expected?: Expected } = {},
): ProofClaim[] | undefined {
  if (jwt) {
    const claim = jwtClaim(jwt, anyKeyId, expected, checks);
    return claim && [claim];
  }
  const list = [document.proof ?? []].flat() as unknown[];
  const refuse = (where: string, why: string, details: object = {}) => {
    checks.fail('proof', 'verify.proof', why, {
      where,
      mend: 'Sign the document again with a key of the issuer',
      ...details,
    });
    return undefined;
  };
  if (list.length === 0)
    return refuse('/proof', 'It is not signed: there is no proof', {
      mend: 'Sign it first, for example: kontor sign FILE --key KEY.json',
    });
  if (list.length > MAX_PROOFS)
    return refuse('/proof', `There are ${list.length} proofs`, {
      found: String(list.length),
      allowed: `up to ${MAX_PROOFS}`,
    });
  const claims: ProofClaim[] = [];
  for (const [at, proof] of list.entries()) {
    const where = Array.isArray(document.proof) ? `/proof/${at}` : '/proof';
    const said = proofClaim(proof, purpose, where, { anyKeyId, expected });
    if ('why' in said) return refuse(said.where ?? where, said.why, said.details);
    claims.push({ ...said, at });
  }
  return claims;
}

/** Which key made the JWS, by the protected header; `jwk`, `jku`, `x5u` and `x5c` never decide (RFC 8725 section 3.10). */
function jwtClaim(
  { header, payload }: NonNullable<ParsedCredential['jwt']>,
  anyKeyId: boolean,
  { challenge, domain }: Expected,
  checks: Checks,
): ProofClaim | undefined {
  const { alg, kid, crit, b64, typ } = header;
  const refuse = (where: string, why: string, details: object = {}) => {
    const mend = 'Sign the credential again with a key of the issuer';
    checks.fail('proof', 'verify.proof', why, { where: `jwt:header/${where}`, mend, ...details });
    return undefined;
  };
  if (typeof alg !== 'string' || !ALL_JOSE_ALGS.includes(alg))
    return refuse('alg', `The header's alg ${alg === undefined ? 'is missing' : `"${clip(alg)}" is not taken here`}`, {
      found: clip(alg),
      allowed: ALL_JOSE_ALGS.join(', '),
      mend: `Have it issued with one of ${ALL_JOSE_ALGS.join(', ')}`,
    });
  if (crit !== undefined || b64 !== undefined)
    return refuse(
      crit === undefined ? 'b64' : 'crit',
      'The header has "crit" or "b64", which this node does not process',
    );
  if (typeof kid !== 'string' || kid.length > 2048)
    return refuse('kid', 'The header has no "kid" that names the signing key', {
      allowed: 'a DID URL with a fragment, such as did:web:provider.example#key-1',
    });
  if (!DID_URL.test(kid) && !anyKeyId)
    return refuse('kid', `The header's kid "${clip(kid)}" is not a DID URL with a fragment`, {
      found: clip(kid),
      allowed: 'a DID URL with a fragment, such as did:web:provider.example#key-1',
    });
  for (const [claim, wanted] of [
    ['nonce', challenge],
    ['aud', domain],
  ] as const)
    if (wanted !== undefined && ![payload[claim]].flat().includes(wanted)) {
      checks.fail('proof', 'verify.proof', `The JWT is not for the ${claim} that was asked for`, {
        where: `jwt:payload/${claim}`,
        found: clip(payload[claim]),
        allowed: wanted,
        mend: `Sign it again for that ${claim}`,
      });
      return undefined;
    }
  const { issuer } = payload;
  const created = numericDate(payload.iat);
  const speaker = issuer !== null && typeof issuer === 'object' ? (issuer as JsonObject).id : issuer;
  const controller = kid.includes('#')
    ? kid.slice(0, kid.indexOf('#'))
    : String(speaker ?? payload.iss ?? payload.holder);
  return {
    keyId: kid.includes('#') ? kid : `${controller}#${kid}`,
    controller,
    how: `${typeof typ === 'string' ? typ : 'JWT'} with ${alg}`,
    where: 'jwt:header',
    alg,
    ...(created ? { created } : {}),
  };
}

type Fault = { why: string; where?: string; details?: object };

/** Members every proof has (https://www.w3.org/TR/vc-data-integrity/#proofs). */
function proofClaim(
  value: unknown,
  purpose: Purpose,
  where: string,
  { anyKeyId, expected }: { anyKeyId: boolean; expected: Expected },
): ProofClaim | Fault {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return { why: 'The proof is not an object' };
  const proof = value as JsonObject;
  const fault = (member: string, why: string, allowed?: string, mend?: string): Fault => ({
    why,
    where: `${where}/${pointerToken(member)}`,
    details: { found: clip(proof[member]), ...(allowed ? { allowed } : {}), ...(mend ? { mend } : {}) },
  });
  const suite = suiteOf(proof);
  if (!suite)
    return fault(
      proof.type === 'DataIntegrityProof' ? 'cryptosuite' : 'type',
      `A proof of ${[proof.type, proof.cryptosuite ?? []].flat().map(clip).join(' ')} is not taken here`,
      SUITE_NAMES,
      `Have it issued with one of ${SUITE_NAMES}, or as vc+jwt`,
    );
  if (proof.proofPurpose !== purpose && !(purpose === 'authentication' && proof.proofPurpose === 'assertionMethod'))
    return fault(
      'proofPurpose',
      `The proof was made for "${clip(proof.proofPurpose)}"`,
      purpose,
      `Sign it with proofPurpose ${purpose}`,
    );
  const method = proof.verificationMethod;
  if (typeof method !== 'string' || method.length > 2048 || !(anyKeyId ? /^\S+$/ : DID_URL).test(method))
    return fault(
      'verificationMethod',
      `The verificationMethod "${clip(method)}" is not a DID URL with a fragment`,
      'such as did:web:provider.example#key-1',
    );
  if (typeof proof[suite.value] !== 'string')
    return fault(
      suite.value,
      `The proof has no ${suite.value}`,
      suite.value === 'jws' ? 'a detached JWS' : 'z and base58btc',
    );
  for (const member of ['challenge', 'domain'] as const) {
    const said = [proof[member] ?? []].flat();
    if (expected[member] !== undefined && !said.includes(expected[member]))
      return fault(member, `The proof is not for the ${member} that was asked for`, expected[member]);
  }
  const dates: { created?: Date; expires?: Date } = {};
  for (const member of ['created', 'expires'] as const) {
    if (proof[member] === undefined) continue;
    const date = parseTime(proof[member]);
    if (!date) return fault(member, `The proof's ${member} is no time`, 'a time such as 2026-11-21T09:14:00Z');
    dates[member] = date;
  }
  if (suite.value === 'jws' && !dates.created) return fault('created', 'The proof does not say when it was made');
  return { keyId: method, controller: method.split('#')[0]!, how: suite.name, where, ...dates };
}
