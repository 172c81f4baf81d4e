import type { JsonObject } from '../../../src/credentials/credential.ts';

/** A document with one embedded proof, and the key to verify it with. */
export interface Job {
  document: JsonObject;
  /** Verification method as a Multikey, with id and controller. */
  method: JsonObject;
}

/**
 * verified; or the class of the reason why not: the signature does not fit the content, the document is not valid under
 * its contexts, or the proof is not in a form to be verified.
 */
export interface Opinion {
  verdict: 'verified' | 'signature' | 'jsonld' | 'proof';
  why: string;
}
