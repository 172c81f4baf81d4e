import type { JsonObject } from '../credentials/credential.ts';

export const VC = 'https://www.w3.org/ns/credentials/v2';
const GAIA_X = 'https://w3id.org/gaia-x/2511#';
export const KONTOR = 'https://w3id.org/kontor/v1';

/**
 * A claim as its author wrote it, made a credential (https://www.w3.org/TR/vc-data-model-2.0/): a bare subject is
 * wrapped, and what is absent is filled in. Nothing that stands is changed.
 *
 * @param days validity where the claim names no end
 */
export function completeClaim(claim: JsonObject, issuer: string, now: Date, days: number): JsonObject {
  const document: JsonObject = 'credentialSubject' in claim ? claim : wrapped(claim);
  const { '@context': context, type, id, issuer: named, validFrom, validUntil, ...rest } = document;
  // To the millisecond: of two versions with one start of validity a node keeps the first alone.
  const from = typeof validFrom === 'string' ? validFrom : now.toISOString();
  const start = Number.isNaN(Date.parse(from)) ? now : new Date(from);
  return {
    '@context': context ?? contextsFor(document),
    ...(id === undefined ? {} : { id }),
    type: type ?? ['VerifiableCredential'],
    issuer: named ?? issuer,
    validFrom: from,
    validUntil: validUntil ?? iso(new Date(start.getTime() + days * 86_400_000)),
    ...rest,
  };
}

/** A bare subject as a credential that carries the subject's types, by which evidence is told apart. */
function wrapped(subject: JsonObject): JsonObject {
  const { '@context': context, ...rest } = subject;
  const types = [subject.type ?? subject['@type'] ?? []].flat();
  return {
    ...(context ? { '@context': context } : {}),
    type: ['VerifiableCredential', ...types],
    credentialSubject: rest,
  };
}

/** An end in whole seconds: what the signature binds should be what people read. */
const iso = (at: Date) => `${at.toISOString().slice(0, 19)}Z`;

/** Gaia-X terms need no prefix; those of Kontor's own vocabulary carry theirs. */
function contextsFor(document: JsonObject): string[] {
  return [VC, GAIA_X, ...(JSON.stringify(document).includes('"kontor:') ? [KONTOR] : [])];
}
