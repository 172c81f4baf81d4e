import type { Code, Verdict } from '../errors.ts';
import { accepted, refused } from '../errors.ts';
import { type CheckDetails, Checks } from './check.ts';
import type { JsonObject, ParsedCredential, ReadDocument, VerifiedCredential } from './credential.ts';
import { digestOf } from './digest.ts';
import type { Http } from './http.ts';
import { type Allowance, createRelatedCheck, type Within } from './integrity.ts';
import type { Contexts } from './jsonld/contexts.ts';
import { inspectDocument } from './jsonld/expand.ts';
import type { ChainCheck } from './keys/chain-check.ts';
import type { ResolveDid, Resolved } from './keys/did.ts';
import { didWarnings } from './keys/did-web.ts';
import { publicKeyOf } from './keys/public-key.ts';
import { findMethod, type Purpose } from './keys/verification-method.ts';
import { type Parsed, parse } from './parse.ts';
import { type Expected, type ProofClaim, readProofs } from './proofs/claim.ts';
import type { Proved } from './proofs/document.ts';
import { createProver, type ProofOutcome, type Prover } from './proofs/prove.ts';
import { createStatusCheck, type StatusLists } from './status/status.ts';
import { readEnvelope, readPresentation, readTimes } from './structure.ts';
import { parseTime } from './time.ts';

interface VerifierOptions {
  contexts: Contexts;
  resolveDid: ResolveDid;
  http: Http;
  clock: () => Date;
  /** Fetches what credentials name by digest; by default `http`. */
  related?: Http;
  /** Judges the certificates beside the issuer's key; none are looked at without it. */
  chain?: ChainCheck;
  /** The date of the newest status list that was ever taken from an address; by default what this verifier remembers. */
  newestSeen?: (url: string) => Promise<Date | undefined>;
  /** Does what costs processor time; by default in this thread. */
  prover?: Prover;
  /**
   * Accept what the standards allow beyond what a catalogue can use: contexts and keywords of the credential's own,
   * issuers that are no DID or not that of the key (told as a warning), no time at all, presentations without holder.
   */
  standard?: boolean;
}

/** What a credential comes with. */
export interface Circumstances {
  /** What its proof has to be for. */
  expected?: Expected;
  /** The other credentials of its presentation, by id. */
  within?: Within;
  /** What its submission may still make this node fetch; what one submission may, where it is none of several. */
  allowance?: Allowance;
  /** When the answer began to be worked on (performance.now), where it is not now. */
  since?: number;
}

export interface Verifier {
  /** What it reads documents by. */
  contexts: Contexts;
  /** The status lists of others that verification asks; who checks again later asks the same. */
  statusLists: StatusLists;
  /** Is this really theirs, and does it still hold? Writes every check; undefined when one failed. */
  credential(
    parsed: ParsedCredential,
    checks: Checks,
    circumstances?: Circumstances,
  ): Promise<VerifiedCredential | undefined>;
  /** The same without its status, what it names by digest, and its claims: was it signed, by whom, and for now? */
  proof(parsed: ParsedCredential, checks: Checks): Promise<VerifiedCredential | undefined>;
  /** Verifies the holder's proof over a presentation; its credentials are judged each on its own. */
  presentation(
    parsed: Extract<Parsed, { kind: 'presentation' }>,
    checks: Checks,
    expected?: Expected,
  ): Promise<boolean>;
}

/** A submission is answered within two seconds, whoever is slow. */
const ANSWER_MS = 1_800;
/** Past this, there is no time to prove anything once more: it is held, and judged by the new document next time. */
const AGAIN_MS = 1_000;

/** What was signed, by whom it says it is, and what is wanted of it. */
interface Signed {
  document: JsonObject;
  jwt: ParsedCredential['jwt'];
  purpose: Purpose;
  /** Who says this; undefined where nobody is named. */
  signer: string | undefined;
  /** Whether the claims are read as well. */
  claims: boolean;
  expected: Expected | undefined;
  /** When the answer began to be worked on. */
  since: number;
  /** The very bytes of the document, where it is nothing else. */
  bytes?: Uint8Array;
}

/** The proofs of whoever says this, fingerprint of what they say, and the claims that were read on the way. */
interface Proven {
  /** At least one. Others may have signed too, and have no say in when this holds. */
  own: ProofClaim[];
  method: JsonObject;
  statement: string;
  outcome: ProofOutcome;
  documents: ReadDocument[];
}

/**
 * A key that a proof names, or why there is none. `spare`: it is listed for assertions, and was used to present.
 * `ended`: it counts only for what was signed before some time.
 */
type Found = Verdict<{ method: JsonObject; spare: boolean; ended: boolean }> & { resolved: boolean };

/** Verification of credentials over injected network, clock, contexts and processor. */
export function createVerifier(options: VerifierOptions): Verifier {
  const { contexts, resolveDid, http, clock, chain, prover = createProver(contexts), standard = false } = options;
  const checkRelated = createRelatedCheck({ http: options.related ?? http, clock });
  const checkStatus = createStatusCheck({
    http,
    clock,
    ...(options.newestSeen ? { newestSeen: options.newestSeen } : {}),
    verifyList: async (bytes, mediaType) => {
      const checks = new Checks();
      const parsed = parse({ bytes, mediaType, source: { kind: 'provider' } }, { objectBytes: 1_000_000 }, checks);
      const verified = parsed?.kind === 'credential' ? await credential(parsed.credential, checks, false) : undefined;
      if (!verified)
        return refused(checks.failure?.code ?? 'status', checks.failure?.detail ?? 'it is not a credential');
      return accepted(verified);
    },
  });

  const credential = async (
    parsed: ParsedCredential,
    checks: Checks,
    whole: boolean,
    { expected, within, allowance, since = performance.now() }: Circumstances = {},
  ): Promise<VerifiedCredential | undefined> => {
    const { document, jwt } = parsed;
    if (!jwt && document.proof === undefined) return void readProofs(parsed, 'assertionMethod', checks);
    const envelope = readEnvelope(parsed, standard, checks);
    if (!envelope || !inspectDocument(document, { contexts, inline: standard, checks })) return undefined;
    const { issuer, version } = envelope;
    const proven = await prove(
      // Statements hold however they are arranged, so where a proof is over statements, they are always looked at.
      {
        document,
        jwt,
        purpose: 'assertionMethod',
        signer: issuer,
        claims: whole || !jwt,
        expected,
        since,
        bytes: parsed.submission.bytes,
      },
      checks,
    );
    if (!proven) return undefined;
    const times = readTimes(parsed, proven.own, clock(), standard, checks);
    const rest = () => ANSWER_MS - (performance.now() - since);
    // Also of whoever signed a status list: it says what still holds.
    const anchored = checks.failure ? undefined : await chain?.(issuer, proven.method, checks, rest());
    // Where it is published; a peer judges what was signed, whatever has become of the documents it names.
    if (whole && !checks.failure && parsed.submission.source.kind !== 'peer')
      await checkRelated(document, checks, {
        budgetMs: rest(),
        ...(within ? { within } : {}),
        ...(allowance ? { allowance } : {}),
      });
    if (whole && !checks.failure && !isGovernedByLog(parsed, issuer))
      await checkStatus(document, issuer, checks, rest());
    if (!times || checks.failure) return undefined;
    const { id } = document;
    return {
      parsed,
      digest: parsed.digest,
      format: parsed.format,
      version,
      document,
      ...(typeof id === 'string' ? { id } : {}),
      issuer,
      keyId: proven.own[0]!.keyId,
      statement: proven.statement,
      ...(proven.outcome.expanded ?? { types: [], subjects: [] }),
      ...times,
      ...(anchored ? { anchored } : {}),
      documents: proven.documents,
      verifiedAt: clock(),
    } as VerifiedCredential;
  };

  /** Finds the keys and verifies every proof, asking for fresh DID documents once before calling one bad. */
  const prove = async (signed: Signed, checks: Checks): Promise<Proven | undefined> => {
    const { document, jwt, purpose, signer, claims } = signed;
    const proofs = readProofs(signed, purpose, checks, { anyKeyId: standard, expected: signed.expected });
    if (!proofs) return undefined;
    let found: Found[] = [];
    const read = new Map<string, Resolved>();
    let outcome: ProofOutcome | undefined;
    for (const fresh of [false, true]) {
      const before = fresh ? JSON.stringify(found) : '';
      found = await Promise.all(proofs.map((proof) => findKey(proof, signed, fresh, read)));
      if (fresh && JSON.stringify(found) === before) break;
      if (fresh && performance.now() - signed.since > AGAIN_MS) {
        const why = 'The DID document has just been changed, and it took too long to judge by it at once';
        found = found.map(() => ({ ...refused('key-unavailable', why), resolved: false }));
        outcome = undefined;
        break;
      }
      // A host that is silent is not asked again at once; the document it has sent before would do.
      const silent = found.some((one) => !one.ok && one.code === 'key-unavailable');
      const methods = found.flatMap((one) => (one.ok ? [one.value.method] : []));
      outcome =
        methods.length === proofs.length
          ? await prover({
              document,
              ...(jwt ? { compact: jwt.compact } : signed.bytes ? { bytes: signed.bytes } : {}),
              proofs: proofs.map((claim, at) => ({ claim, method: methods[at]! })),
              claims,
            })
          : undefined;
      if (silent || (outcome && (outcome.failure || outcome.proofs.every((one) => one.ok)))) break;
    }
    for (const [at, proof] of proofs.entries())
      if (!reportProof(proof, found[at]!, outcome?.proofs[at], checks, read.get(proof.controller)?.readAt))
        return undefined;
    if (!outcome || !isSaidBy(signer, proofs, checks)) return undefined;
    checks.take(outcome);
    if (outcome.failure) return undefined;
    // Anybody may add a proof of theirs, or put proofs in another order: neither changes who says what, and when.
    const mine = proofs
      .map((proof, at) => ({ proof, found: found[at]!, proved: outcome.proofs[at]! }))
      .filter(({ proof }) => proof.controller === signer || !proofs.some(({ controller }) => controller === signer))
      .toSorted((one, other) => (one.proof.keyId < other.proof.keyId ? -1 : 1));
    const own = mine.map(({ proof, proved }) =>
      proved.ok && proved.value.covers === 'document' ? undated(proof) : proof,
    );
    const [{ found: key, proved }] = mine as [(typeof mine)[number]];
    if (!key.ok || !proved.ok) return undefined;
    const statement = jwt
      ? proved.value.statement
      : digestOf(Buffer.from(`${own[0]!.keyId} ${proved.value.statement}`));
    const documents = [...read.values()].flatMap((one) =>
      one.ok && one.readAt ? [{ document: one.value, readAt: one.readAt }] : [],
    );
    return { own, method: key.value.method, statement, outcome, documents };
  };

  const findKey = async (
    { controller, keyId, created }: ProofClaim,
    signed: Signed,
    fresh: boolean,
    read: Map<string, Resolved>,
  ): Promise<Found> => {
    const resolved = await resolveDid(controller, { fresh });
    read.set(controller, resolved);
    if (!resolved.ok) return { ...refused(resolved.code, resolved.detail, resolved.mend), resolved: false };
    const { document, purpose } = signed;
    const now = clock();
    // A JWT need not say when it was signed; it claims nothing from before its begin.
    const begin = purpose === 'assertionMethod' ? parseTime(document.validFrom ?? document.issuanceDate) : undefined;
    const listed = findMethod(resolved.value, keyId, purpose, { issuedAt: created ?? begin ?? now, now });
    // Older wallets list signing keys under assertionMethod only; a presentation is taken from such a key, with a word.
    const spare = !listed.ok && purpose === 'authentication';
    const method = spare ? findMethod(resolved.value, keyId, 'assertionMethod', { issuedAt: now, now }) : listed;
    if (!method.ok) return { ...(listed.ok ? method : listed), resolved: true };
    const key = publicKeyOf(method.value);
    if (!key.ok) return { ...key, resolved: true };
    const ended = (parseTime(method.value.expires) ?? now) < now;
    return { ok: true, value: { method: method.value, spare, ended }, resolved: true };
  };

  /** Whoever says this has to have signed it; more may have. */
  const isSaidBy = (signer: string | undefined, proofs: ProofClaim[], checks: Checks): boolean => {
    if (signer === undefined) return true;
    if (proofs.some(({ controller }) => controller === signer)) {
      checks.pass('verify.issuer', `It is signed by ${signer}, who says it`);
      return true;
    }
    const by = [...new Set(proofs.map(({ controller }) => controller))].join(', ');
    const why = `It was signed by ${by}, but says it is from ${signer}`;
    const details = {
      where: proofs[0]!.where,
      found: by,
      allowed: signer,
      mend: 'Sign with a key of the issuer, or name the signer as issuer',
    };
    if (standard) checks.warn('verify.issuer', why, details);
    else checks.fail('issuer', 'verify.issuer', why, details);
    return standard;
  };

  return {
    contexts,
    statusLists: checkStatus.lists,
    credential: (parsed, checks, circumstances) => credential(parsed, checks, true, circumstances),
    proof: (parsed, checks) => credential(parsed, checks, false),
    presentation: async (parsed, checks, expected) => {
      const { document, jwt, holder } = parsed;
      if (!readPresentation(parsed, standard, checks)) return false;
      if (!inspectDocument(document, { contexts, inline: standard, checks })) return false;
      const since = performance.now();
      const signed = {
        document,
        jwt,
        purpose: 'authentication',
        signer: holder,
        claims: false,
        expected,
        since,
      } as const;
      const proven = await prove(signed, checks);
      if (!proven) return false;
      // It need not say when it holds; what it says must be so.
      const timed = new Checks();
      readTimes({ document: {}, ...(jwt ? { jwt } : {}) }, proven.own, clock(), true, timed);
      if (timed.failure) checks.take({ checks: timed.list, failure: timed.failure });
      return !timed.failure;
    },
  };
}

/** A label that its own node's log carries ends by that log; it holds also while its node is away. */
const isGovernedByLog = ({ submission: { source }, document }: ParsedCredential, issuer: string): boolean =>
  source.kind === 'peer' && source.did === issuer && [document.type].flat().includes('TrustLabelCredential');

/** A proof whose own members are not signed, so that they say nothing. */
const undated = ({ created: _created, expires: _expires, ...proof }: ProofClaim): ProofClaim => proof;

/**
 * Writes what became of one proof; false when it does not hold.
 *
 * @param readAt when the DID document was asked for; whoever has changed it since sees why that did not count
 */
function reportProof(
  { controller, keyId, how, where }: ProofClaim,
  found: Found,
  proven: Verdict<Proved> | undefined,
  checks: Checks,
  readAt: Date | undefined,
): boolean {
  const at = readAt ? ` at ${readAt.toISOString()}` : '';
  const document = at ? { found: `the DID document as read${at}` } : {};
  const fail = (code: Code, id: string, why: string, mend: string, details: CheckDetails = document) => {
    checks.fail(code, id, why, { where, mend, ...details });
    return false;
  };
  if (!found.ok && !found.resolved)
    return fail(
      found.code,
      'verify.did',
      found.detail,
      found.mend ?? 'Publish the DID document where the DID says, with the signing key under assertionMethod',
      { found: `${controller}${at && `, asked${at}`}` },
    );
  checks.pass('verify.did', `The DID document of ${controller} was read`);
  for (const warning of didWarnings(controller))
    checks.warn('verify.look-alike', warning, {
      found: controller,
      mend: 'Make sure by another way that this is the organisation you know',
    });
  if (!found.ok)
    return fail(
      found.code,
      'verify.key',
      found.detail,
      found.mend ?? 'Sign with a key that the DID document lists for this purpose',
    );
  const { spare, ended } = found.value;
  const undatedUse = ended && proven?.ok && proven.value.covers === 'document';
  if (undatedUse)
    return fail(
      'proof',
      'verify.key',
      `The key ${keyId} has ended, and nothing proves that it was used before`,
      'Sign the claim again with the key that took its place, as vc+jwt or with a cryptosuite of Data Integrity',
    );
  checks.pass('verify.key', `It lists the key ${keyId}${ended ? ', which has ended since this was signed' : ''}`);
  if (spare)
    checks.warn('verify.key-purpose', 'The key is listed for assertions, not for authentication', {
      where,
      mend: 'List the key under authentication, too',
    });
  if (!proven) return true;
  if (!proven.ok)
    return fail(
      proven.code,
      'verify.signature',
      proven.detail,
      proven.mend ?? 'Sign the exact content with a key that the DID document lists',
    );
  checks.pass('verify.signature', `The signature (${how}) is good`);
  if (proven.value.covers === 'document')
    checks.warn(
      'verify.coverage',
      'The signature covers the document only, as in Gaia-X 22.10: when it was signed is not proven',
      { where, mend: 'Sign with vc+jwt or a cryptosuite of Data Integrity' },
    );
  return true;
}
