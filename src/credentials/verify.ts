import type { Code, Refusal, Verdict } from '../errors.ts';
import { accepted, refused } from '../errors.ts';
import { Checks } from './check.ts';
import { CLOCK_SKEW_MS, type JsonObject, type ParsedCredential, type VerifiedCredential } from './credential.ts';
import type { Http } from './http.ts';
import type { Contexts } from './jsonld/contexts.ts';
import { expandCredential, inspectCredential, withoutJwtClaims } from './jsonld/expand.ts';
import { findMethod, type Purpose, type ResolveDid } from './keys/did.ts';
import { type Parsed, parse } from './parse.ts';
import {
  dataIntegrityClaim,
  jwtClaim,
  type ProofClaim,
  parseTime,
  verifyDataIntegrity,
  verifyJwt,
} from './proofs/proof.ts';
import { createStatusCheck } from './status/status.ts';

export interface VerifierOptions {
  contexts: Contexts;
  resolveDid: ResolveDid;
  http: Http;
  clock: () => Date;
}

export interface Verifier {
  /** Is this really theirs, and does it still hold? Writes every check; undefined when one failed. */
  credential(parsed: ParsedCredential, checks: Checks): Promise<VerifiedCredential | undefined>;
  /** Verifies the holder's proof over a presentation; its credentials are judged each on its own. */
  presentation(parsed: Extract<Parsed, { kind: 'presentation' }>, checks: Checks): Promise<boolean>;
}

/** A submission is answered within two seconds, whoever is slow. */
const ANSWER_MS = 1_800;
const YEAR_MS = 365 * 86_400_000;
const V2 = 'https://www.w3.org/ns/credentials/v2';

/** Verification of credentials over injected network, clock and contexts. */
export function createVerifier({ contexts, resolveDid, http, clock }: VerifierOptions): Verifier {
  const checkStatus = createStatusCheck({
    http,
    clock,
    verifyList: async (bytes, mediaType) => {
      const checks = new Checks();
      const parsed = parse({ bytes, mediaType, source: { kind: 'provider' } }, { objectBytes: 1_000_000 }, checks);
      const verified = parsed?.kind === 'credential' ? await credential(parsed.credential, checks, false) : undefined;
      if (!verified)
        return refused(
          'status',
          `the status list itself does not verify: ${checks.failure?.detail ?? 'it is not a credential'}`,
        );
      return accepted({ issuer: verified.issuer, document: verified.document });
    },
  });

  const credential = async (
    parsed: ParsedCredential,
    checks: Checks,
    withStatus: boolean,
  ): Promise<VerifiedCredential | undefined> => {
    const document = parsed.jwt ? withoutJwtClaims(parsed.jwt.payload) : parsed.document;
    const started = performance.now();
    if (!parsed.jwt && document.proof === undefined) {
      checks.fail('proof', 'verify.proof', 'It is not signed: there is no proof', {
        where: '/proof',
        mend: 'Sign it first, for example: kontor sign FILE --key KEY.json',
      });
      return undefined;
    }
    const shape = readEnvelope(document, parsed, checks);
    if (!shape || !inspectCredential(document, contexts, checks)) return undefined;
    const claim = parsed.jwt
      ? jwtClaim(parsed.jwt.header, parsed.jwt.payload)
      : dataIntegrityClaim(document, 'assertionMethod');
    const keyId = await prove(parsed, claim, shape.issuer, 'assertionMethod', checks);
    if (!keyId || !claim.ok) return undefined;
    const times = readTimes(document, parsed, claim.value, clock(), checks);
    const expanded = await expandCredential(parsed.jwt ? document : withoutProof(document), contexts, checks);
    if (expanded && withStatus && !checks.failure)
      await checkStatus(document, shape.issuer, checks, ANSWER_MS - (performance.now() - started));
    if (!times || !expanded || checks.failure) return undefined;
    const { id } = document;
    return {
      parsed,
      digest: parsed.digest,
      format: parsed.format,
      document,
      ...(typeof id === 'string' ? { id } : {}),
      issuer: shape.issuer,
      keyId,
      ...expanded,
      ...times,
      verifiedAt: clock(),
    } as VerifiedCredential;
  };

  /** Finds the key and verifies the proof, asking for a fresh DID document once before calling it bad. */
  const prove = async (
    signed: Pick<ParsedCredential, 'document' | 'jwt'>,
    claim: Verdict<ProofClaim>,
    signer: string,
    purpose: Purpose,
    checks: Checks,
  ): Promise<string | undefined> => {
    const where = signed.jwt ? 'jwt:header' : '/proof';
    const fail = (code: Code, id: string, why: string, details = {}) => {
      checks.fail(code, id, why, { where, ...details });
      return undefined;
    };
    if (!claim.ok)
      return fail(claim.code, 'verify.proof', claim.detail, {
        mend: 'Sign the credential again with a key of the issuer',
      });
    if (claim.value.did !== signer) {
      return fail('issuer', 'verify.issuer', `It was signed by ${claim.value.did}, but says it is from ${signer}`, {
        found: claim.value.did,
        allowed: signer,
        mend: 'Sign with a key of the issuer, or name the signer as issuer',
      });
    }
    let before: string | undefined;
    let failed: Refusal | undefined;
    for (const fresh of [false, true]) {
      const resolved = await resolveDid(signer, { fresh });
      if (!resolved.ok)
        return fail(resolved.code, 'verify.did', resolved.detail, {
          found: signer,
          mend: 'Publish the DID document where the DID says, with the signing key under assertionMethod',
        });
      const method = findMethod(resolved.value, claim.value.keyId, purpose);
      const keys = JSON.stringify(resolved.value);
      const changed = keys !== before;
      before = keys;
      // Older wallets list signing keys under assertionMethod only; a presentation is taken from such a key, with a word.
      const fallback =
        !method.ok && purpose === 'authentication'
          ? findMethod(resolved.value, claim.value.keyId, 'assertionMethod')
          : method;
      const proven: Verdict<true | JsonObject> = !changed
        ? failed!
        : fallback.ok
          ? signed.jwt
            ? await verifyJwt(signed.jwt.compact, claim.value, fallback.value)
            : await verifyDataIntegrity(signed, claim.value, fallback.value, contexts, clock(), purpose)
          : fallback;
      if (proven.ok) {
        checks.pass('verify.did', `The DID document of ${signer} lists the key ${claim.value.keyId}`);
        if (!method.ok)
          checks.warn('verify.key-purpose', 'The key is listed for assertions, not for authentication', { where });
        checks.pass('verify.signature', `The signature (${claim.value.alg}) is good`);
        return claim.value.keyId;
      }
      failed = proven;
      if (fresh)
        return fail(proven.code, fallback.ok ? 'verify.signature' : 'verify.key', proven.detail, {
          mend: 'Sign the exact content with a key that the DID document lists',
        });
    }
    return undefined;
  };

  return {
    credential: (parsed, checks) => credential(parsed, checks, true),
    presentation: async (parsed, checks) => {
      if (!parsed.holder) {
        checks.fail('malformed', 'verify.presentation', 'The presentation names no holder', {
          where: '/holder',
          mend: 'Add the DID of the presenter as "holder"',
        });
        return false;
      }
      const claim = parsed.jwt
        ? jwtClaim(parsed.jwt.header, parsed.jwt.payload)
        : dataIntegrityClaim(parsed.document, 'authentication');
      return (await prove(parsed, claim, parsed.holder, 'authentication', checks)) !== undefined;
    },
  };
}

const withoutProof = (document: JsonObject): JsonObject => {
  const { proof: _proof, ...rest } = document;
  return rest;
};

/** The parts every VC 2.0 has (https://www.w3.org/TR/vc-data-model-2.0/#verifiable-credentials). */
function readEnvelope(document: JsonObject, parsed: ParsedCredential, checks: Checks): { issuer: string } | undefined {
  const fail = (where: string, why: string, mend: string, code: Code = 'malformed') => {
    checks.fail(code, 'verify.structure', why, { where, mend });
    return undefined;
  };
  const [first] = [document['@context']].flat();
  if (first !== V2)
    return fail(
      '/@context',
      `The first context is ${JSON.stringify(first)?.slice(0, 120) ?? 'missing'}`,
      `Use VC 2.0: begin "@context" with ${V2}`,
    );
  if ('vc' in document || 'issuanceDate' in document)
    return fail(
      'vc' in document ? '/vc' : '/issuanceDate',
      'It is written in VC 1.1',
      'Use VC 2.0: the JWT payload is the credential itself, with validFrom and validUntil',
    );
  const { issuer } = document;
  const issuerId = typeof issuer === 'string' ? issuer : (issuer as JsonObject | null | undefined)?.id;
  if (typeof issuerId !== 'string' || !/^did:[a-z0-9]+:[^\s/?#]+$/.test(issuerId) || issuerId.length > 2048) {
    return fail(
      '/issuer',
      `The issuer is ${JSON.stringify(issuer)?.slice(0, 120) ?? 'missing'}`,
      'Name the issuer by its DID, for example did:web:provider.example',
    );
  }
  const subjects = [document.credentialSubject ?? []].flat();
  if (
    subjects.length === 0 ||
    subjects.some((subject) => subject === null || typeof subject !== 'object' || Object.keys(subject).length === 0)
  ) {
    return fail(
      '/credentialSubject',
      'There is no credentialSubject, or an empty one',
      'Say what the credential is about',
    );
  }
  const payload = parsed.jwt?.payload ?? {};
  const agree: [string, unknown, unknown, Code][] = [
    ['payload/iss', payload.iss, issuerId, 'issuer'],
    ['header/iss', parsed.jwt?.header.iss, issuerId, 'issuer'],
    ['payload/jti', payload.jti, document.id, 'malformed'],
  ];
  for (const [place, claimed, said, code] of agree) {
    if (claimed !== undefined && claimed !== said)
      return fail(
        `jwt:${place}`,
        `The JWT's ${place} is ${String(claimed).slice(0, 120)}, the credential says ${String(said).slice(0, 120)}`,
        'Let both say the same, or leave the JWT claim out',
        code,
      );
  }
  checks.pass('verify.structure', 'It has the parts of a VC 2.0 credential');
  return { issuer: issuerId };
}

/** The window in which the credential speaks; every time given has to agree. */
function readTimes(
  document: JsonObject,
  parsed: ParsedCredential,
  claim: ProofClaim,
  now: Date,
  checks: Checks,
): Pick<VerifiedCredential, 'validFrom' | 'validUntil' | 'issuedAt'> | undefined {
  const before = checks.failure;
  const fail = (code: Code, where: string, why: string, mend: string) =>
    checks.fail(code, 'verify.validity', why, { where, mend });
  const read = (name: 'validFrom' | 'validUntil'): Date | undefined => {
    const text = document[name];
    const date = parseTime(text);
    if (text !== undefined && !date)
      fail(
        'malformed',
        `/${name}`,
        `${name} is "${String(text).slice(0, 60)}", which is no time`,
        'Write a time like 2026-11-21T09:14:00Z',
      );
    return date;
  };
  const numeric = (name: 'nbf' | 'exp' | 'iat'): Date | undefined => {
    const value = parsed.jwt?.payload[name];
    if (value === undefined) return undefined;
    const sane = typeof value === 'number' && Number.isFinite(value) && value >= 0 && value < 253402300800;
    if (!sane)
      fail(
        'malformed',
        `jwt:payload/${name}`,
        `${name} is ${JSON.stringify(value)?.slice(0, 60)}, which is no time`,
        'Write seconds since 1970 as a number',
      );
    return sane ? new Date(value * 1000) : undefined;
  };
  const given = { from: read('validFrom'), until: read('validUntil') };
  const jwt = { nbf: numeric('nbf'), exp: numeric('exp'), iat: numeric('iat') };
  const validFrom = given.from ?? jwt.nbf ?? claim.created ?? jwt.iat;
  if (!validFrom) {
    if (checks.failure === before)
      fail(
        'malformed',
        '/validFrom',
        'Nothing says from when it is valid',
        'Add validFrom: the order of versions rests on it',
      );
    return undefined;
  }
  const ends = [given.until ?? new Date(validFrom.getTime() + YEAR_MS), jwt.exp, claim.expires].filter(
    (date) => date !== undefined,
  );
  const validUntil = new Date(Math.min(...ends.map((date) => date.getTime())));
  const starts = [validFrom, jwt.nbf, claim.created].filter((date) => date !== undefined);
  const start = new Date(Math.max(...starts.map((date) => date.getTime())));
  if (validUntil <= validFrom)
    fail('malformed', '/validUntil', 'It ends before it begins', 'Set validUntil after validFrom');
  else if (start.getTime() > now.getTime() + CLOCK_SKEW_MS)
    fail(
      'expired',
      '/validFrom',
      `It is not valid before ${start.toISOString()}; now it is ${now.toISOString()}`,
      'Submit it when its time has come',
    );
  else if (validUntil <= now)
    fail(
      'expired',
      '/validUntil',
      `It expired at ${validUntil.toISOString()}; now it is ${now.toISOString()}`,
      'Issue it again with a later validUntil',
    );
  else if (checks.failure === before)
    checks.pass(
      'verify.validity',
      `Valid from ${validFrom.toISOString()} until ${validUntil.toISOString()}${given.until ? '' : ' (one year, as it names no end)'}`,
    );
  return { validFrom, validUntil, issuedAt: claim.created ?? jwt.iat ?? validFrom };
}
