import { hash } from 'node:crypto';
import { type Code, messageOf, refused, type Verdict } from '../../errors.ts';
import { type Check, Checks } from '../check.ts';
import type { JsonObject } from '../credential.ts';
import type { Contexts } from '../jsonld/contexts.ts';
import { type Expanded, explainJsonLd, isGathered, readClaims } from '../jsonld/expand.ts';
import { termHelp } from '../jsonld/terms.ts';
import { type PublicKey, publicKeyOf } from '../keys/public-key.ts';
import { pointerToken } from '../strict-json.ts';
import type { ProofClaim } from './claim.ts';
import { changed, type Proved, signedDocument, verifyProof } from './document.ts';
import { sized, suiteOf, verifies } from './suites.ts';

/**
 * Everything about a signed document that costs processor time and nothing else: it asks nobody, knows no clock, and
 * is plain JSON (its times travel as text, and nobody reads them there), so that it can be done in another thread.
 */
export interface ProofJob {
  /** The document; with its proofs, where they are embedded. */
  document: JsonObject;
  /** The JSON that the document was read from, where that is all there was: it goes to another thread as it came. */
  bytes?: Uint8Array;
  /** Compact JWS over the document. */
  compact?: string;
  /** Each proof with the verification method that was found for it. */
  proofs: { claim: ProofClaim; method: JsonObject }[];
  /** Whether the claims are read as well. */
  claims: boolean;
}

export interface ProofOutcome {
  /** A verdict for each proof, in order, to the first bad one; none where the document cannot be read as JSON-LD. */
  proofs: Verdict<Proved>[];
  /** Checks of terms, and the first failure among them. */
  checks: Check[];
  failure?: { code: Code; detail: string };
  expanded?: Expanded;
}

export type Prover = (job: ProofJob) => Promise<ProofOutcome>;

/** A prover in this thread. */
export function createProver(contexts: Contexts): Prover {
  return async ({ document, compact, proofs, claims }) => {
    const checks = new Checks();
    const help = termHelp(document, contexts);
    const signed = signedDocument(document, contexts);
    const readTerms = async () => {
      try {
        const expanded = await signed.expanded();
        const bound =
          compact !== undefined ||
          [document.proof].flat().every((proof) => suiteOf(proof as JsonObject)?.canonical === 'jcs');
        return bound || isGathered(expanded, checks) ? readClaims(expanded, checks, help) : undefined;
      } catch (error) {
        explainJsonLd(error, checks, help);
        return undefined;
      }
    };
    const verdicts: Verdict<Proved>[] = [];
    for (const { claim, method } of proofs) {
      if (verdicts.at(-1)?.ok === false) break;
      const key = publicKeyOf(method);
      try {
        verdicts.push(
          !key.ok
            ? key
            : compact === undefined
              ? await verifyProof(signed, claim, key.value)
              : verifyJws(compact, claim, key.value),
        );
      } catch (error) {
        if (!tooMuchAlike(error)) {
          explainJsonLd(error, checks, help);
          const list = checks.list.map((check) => located(check, document));
          return { proofs: [], checks: list, failure: checks.failure! };
        }
        verdicts.push(
          refused(
            'proof',
            `Its statements are too much alike to be told apart: ${messageOf(error)}`,
            'Give the objects in it ids, or sign as vc+jwt or with a JCS cryptosuite',
          ),
        );
      }
    }
    const good = verdicts.every((one) => one.ok);
    const expanded = claims && good ? await readTerms() : undefined;
    if (!good) return { proofs: verdicts, checks: [] };
    const { failure } = checks;
    const list = checks.list.map((check) => located(check, document));
    return { proofs: verdicts, checks: list, ...(failure ? { failure } : {}), ...(expanded ? { expanded } : {}) };
  };
}

/** The check with the place of the word it found: processing JSON-LD tells words, and no places. */
const located = (check: Check, document: JsonObject): Check => {
  const where = check.where ?? (check.found === undefined ? undefined : placeOf(check.found, document));
  return where === undefined ? check : { ...check, where };
};

/** JSON pointer of the first member that has this name, or text that says this. */
function placeOf(word: string, value: unknown): string | undefined {
  if (value === word) return '';
  if (value === null || typeof value !== 'object') return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const below = key === word && !Array.isArray(value) ? '' : placeOf(word, inner);
    if (below !== undefined) return `/${pointerToken(key)}${below}`;
  }
  return undefined;
}

/** Whether canonicalization gave up because of the number of look-alike blank nodes. */
const tooMuchAlike = (error: unknown) => /maximum deep iterations|maxWorkFactor|N-Degree/i.test(messageOf(error));

/** Verifies a compact JWS (RFC 7515 section 5.2) whose header was read and checked before. */
function verifyJws(compact: string, { alg = '', keyId }: ProofClaim, key: PublicKey): Verdict<Proved> {
  if (!key.algs.includes(alg))
    return refused(
      'proof',
      `The header says ${alg}, but ${keyId} is a key for ${key.algs.join(', ')}`,
      `Sign again with "alg": "${key.algs[0]}", or name as kid a key that is for ${alg}`,
    );
  const dot = compact.lastIndexOf('.');
  const signature = Buffer.from(compact.slice(dot + 1), 'base64url');
  const whole = sized(key, signature, alg);
  if (!whole.ok) return whole;
  return verifies(key, Buffer.from(compact.slice(0, dot)), signature, alg)
    ? { ok: true, value: { covers: 'all', statement: statementOf(compact) } }
    : refused('proof', `The signature was not made by ${keyId} over this content`, changed(keyId));
}

/** What a JWT says and is signed for; not its signature, of which one statement may have several. */
const statementOf = (compact: string): string =>
  hash('sha256', compact.slice(0, compact.lastIndexOf('.')), 'base64url');
