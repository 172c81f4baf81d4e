import { type Check, Checks } from '../../src/credentials/check.ts';
import type { JsonObject } from '../../src/credentials/credential.ts';
import { generateDidKey } from '../../src/credentials/issuing/identity.ts';
import { type Cryptosuite, signDataIntegrity, signJwt } from '../../src/credentials/issuing/sign.ts';
import { LIST_SIZE, statusEntry, statusListDocument } from '../../src/credentials/issuing/status-list.ts';
import type { Contexts } from '../../src/credentials/jsonld/contexts.ts';
import { explainJsonLd, inspectDocument } from '../../src/credentials/jsonld/expand.ts';
import type { Alg } from '../../src/credentials/keys/keys.ts';
import { readEnvelope } from '../../src/credentials/structure.ts';

/** One issuer with a key of its own, known by its did:key. */
export interface Issuer {
  did: string;
  /** The signed credential, or undefined where a check failed. */
  issue: (credential: unknown, checks: Checks) => Promise<JsonObject | undefined>;
  /** Its status list as a signed credential, for the issuer that keeps one. */
  statusList?: () => Promise<JsonObject>;
  /** Entries of the list that are revoked. */
  revoked?: Set<number>;
}

export interface IssuersOptions {
  /** Where the server answers. */
  url: string;
  contexts: Contexts;
  /** The verifier that everything issued has to satisfy. */
  verify: (credential: JsonObject, checks: Checks) => Promise<void>;
}

type Sign = (document: JsonObject) => Promise<JsonObject>;

const V1 = 'https://www.w3.org/2018/credentials/v1';
const V2 = 'https://www.w3.org/ns/credentials/v2';
const DATA_INTEGRITY = 'https://w3id.org/security/data-integrity/v2';

/** Issuers by path: the cryptosuite, and the curve where it is not the first of the suite. */
const SUITES: [path: string, cryptosuite: Cryptosuite, alg: Alg][] = [
  ['eddsa-rdfc-2022', 'eddsa-rdfc-2022', 'EdDSA'],
  ['eddsa-jcs-2022', 'eddsa-jcs-2022', 'EdDSA'],
  ['ecdsa-rdfc-2019', 'ecdsa-rdfc-2019', 'ES256'],
  ['ecdsa-rdfc-2019/p384', 'ecdsa-rdfc-2019', 'ES384'],
  ['ecdsa-jcs-2019', 'ecdsa-jcs-2019', 'ES256'],
  ['ecdsa-jcs-2019/p384', 'ecdsa-jcs-2019', 'ES384'],
];

/** An issuer for each cryptosuite and curve, one for enveloped credentials, and one that keeps a status list. */
export function createIssuers(options: IssuersOptions): Map<string, Issuer> {
  const issuers = new Map<string, Issuer>();
  for (const [path, cryptosuite, alg] of SUITES) {
    const key = generateDidKey(alg);
    const sign: Sign = (document) => signDataIntegrity(document, key, options.contexts, { cryptosuite });
    issuers.set(path, issuer(key.did, sign, options));
  }
  const key = generateDidKey('ES256');
  const envelope: Sign = async (document) => ({
    '@context': V2,
    id: `data:application/vc+jwt,${await signJwt(document, key)}`,
    type: 'EnvelopedVerifiableCredential',
  });
  issuers.set('vc-jose-cose', issuer(key.did, envelope, options));
  issuers.set('bitstring-status-list', listKeeper('bitstring-status-list', options));
  return issuers;
}

const issuer = (did: string, sign: Sign, options: IssuersOptions): Issuer => ({
  did,
  issue: (credential, checks) => issue(credential, did, sign, options, checks),
});

/** An issuer that gives every credential a place in its status list. */
function listKeeper(path: string, options: IssuersOptions): Issuer {
  const url = `${options.url}/${path}/status-list`;
  const key = generateDidKey('EdDSA');
  const revoked = new Set<number>();
  let next = 0;
  const sign: Sign = (document) => signDataIntegrity(document, key, options.contexts);
  const signWithStatus: Sign = (document) =>
    sign({ ...document, credentialStatus: statusEntry(url, next++ % LIST_SIZE) });
  return {
    ...issuer(key.did, signWithStatus, options),
    revoked,
    statusList: () => sign(statusListDocument({ url, issuer: key.did, set: revoked, now: new Date() })),
  };
}

/**
 * Signs a credential as its issuer, and gives it out only if our own verifier takes it. What begins later, has ended, or
 * names a status that cannot be asked yet may be issued all the same.
 */
async function issue(
  credential: unknown,
  did: string,
  sign: Sign,
  { contexts, verify }: IssuersOptions,
  checks: Checks,
): Promise<JsonObject | undefined> {
  const document = withIssuer(credential, did, checks);
  if (!document || !isWhole(document, contexts, checks)) return undefined;
  let signed: JsonObject;
  try {
    signed = await sign(document);
  } catch (error) {
    explainJsonLd(error, checks);
    return undefined;
  }
  await verify(signed, checks);
  return mayBeIssued(checks) ? signed : undefined;
}

/** Looks at the form before signing, so that a fault is named where it stands. */
function isWhole(document: JsonObject, contexts: Contexts, checks: Checks): boolean {
  const found = new Checks();
  const whole = readEnvelope({ document, jwt: undefined }, true, found) !== undefined;
  if (whole && inspectDocument(document, { contexts, inline: true, checks: found })) return true;
  checks.take({ checks: found.list, failure: found.failure });
  return false;
}

/** Of time and status the issuer is the judge; everything else has to be right. */
function mayBeIssued({ list, failure }: Checks): boolean {
  const own = ({ id, result }: Check) => result !== 'fail' || id === 'verify.validity' || id === 'verify.status';
  return !failure || (['expired', 'status'].includes(failure.code) && list.every(own));
}

/** The credential in the name of this issuer. An issuer that is given has to be a URL, or an object with one. */
function withIssuer(credential: unknown, did: string, checks: Checks): JsonObject | undefined {
  if (credential === null || typeof credential !== 'object' || Array.isArray(credential)) {
    checks.fail('malformed', 'issue.credential', 'There is no credential to sign', {
      where: '/credential',
      mend: 'Send one as "credential"',
    });
    return undefined;
  }
  const document = credential as JsonObject;
  const given = document.issuer;
  const named = given === undefined || typeof given === 'string' ? given : (given as JsonObject | null)?.id;
  if (given !== undefined && (typeof named !== 'string' || !URL.canParse(named))) {
    checks.fail('malformed', 'issue.issuer', 'The issuer is neither a URL nor an object with one as its id', {
      where: '/issuer',
      found: JSON.stringify(given).slice(0, 120),
      mend: 'Leave the issuer out, or name it by a URL',
    });
    return undefined;
  }
  const contexts = [document['@context'] ?? []].flat();
  // https://www.w3.org/TR/vc-data-integrity/#context-injection: VC 1.1 does not define the terms of the proof.
  const injected = contexts[0] === V1 && !contexts.includes(DATA_INTEGRITY) && [...contexts, DATA_INTEGRITY];
  return {
    ...document,
    ...(injected ? { '@context': injected } : {}),
    issuer: typeof given === 'object' ? { ...given, id: did } : did,
  };
}
