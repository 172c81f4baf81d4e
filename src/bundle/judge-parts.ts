import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { labelSubject } from '../catalogue/labels.ts';
import { type AddedFile, type AddedShapes, compileAdded } from '../compliance/added-shapes.ts';
import { BASES, type Basis, type CriterionResult, type Decision, type EvidenceItem } from '../compliance/decision.ts';
import { loadSchemes, type Scheme, schemeReader } from '../compliance/scheme.ts';
import type { Check } from '../credentials/check.ts';
import type { Contexts } from '../credentials/jsonld/contexts.ts';
import type { DidDocument } from '../credentials/keys/did.ts';
import { isObject } from '../credentials/strict-json.ts';
import { messageOf } from '../errors.ts';
import { DEFAULT_POLICY, type Policy } from '../policy.ts';
import type { Manifest, Part } from './format.ts';
import { shapesDigests } from './judged-by.ts';
import { documentIn, type Replayed } from './replay.ts';
import type { DecisionVerdict, PartVerdict } from './verify.ts';

/* What is said of each kind of part. */

export type Told = (part: string, result: PartVerdict['result'], by: string) => void;

const jsonOf = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
};

/** The part that has a digest. */
export const nameOf = (digest: string, parts: Map<string, Part>): string =>
  [...parts.values()].find(({ info }) => info.digest === digest)?.info.name ?? digest;

/** JSON-LD contexts: what a signed document means. This Kontor's own, and those that only the bundle has. */
export function judgeContexts(parts: Part[], own: Contexts, { node }: Manifest, told: Told): Contexts | undefined {
  const contexts = new Map(own);
  let good = true;
  for (const { info, bytes } of parts) {
    const url = info.of ?? '';
    const context = jsonOf(bytes);
    const known = own.get(url);
    if (!isObject(context) || (known && !isDeepStrictEqual(known, context))) {
      good = false;
      told(info.name, 'failed', known ? `This Kontor holds another text of ${url}` : 'It is no JSON-LD context');
    } else if (known) told(info.name, 'proven', 'the same text as in this Kontor');
    else {
      contexts.set(url, context);
      told(info.name, 'trusted', `The operator of ${node} pinned this text of ${url}; this Kontor has none`);
    }
  }
  return good ? contexts : undefined;
}

/** The schemes, as the bundle has them. */
export function judgeSchemes(parts: Part[], shapesDir: string, { node }: Manifest, told: Told): Scheme[] | undefined {
  const read = schemeReader(join(shapesDir, 'scheme.schema.json'));
  const own = new Set(loadSchemes(join(shapesDir, 'schemes')).map(({ digest }) => digest));
  const schemes: Scheme[] = [];
  let good = true;
  for (const { info, bytes } of parts) {
    try {
      const scheme = read(bytes, info.name);
      if (scheme.id !== info.of) throw new Error(`It is the scheme ${scheme.id}`);
      schemes.push(scheme);
      if (own.has(info.digest)) told(info.name, 'proven', `edition ${scheme.edition}, the same file as in this Kontor`);
      else
        told(
          info.name,
          'trusted',
          `${node} decides by this file, edition ${scheme.edition}; this Kontor ships another or none`,
        );
    } catch (error) {
      good = false;
      told(info.name, 'failed', messageOf(error));
    }
  }
  return good ? schemes.sort((one, other) => (one.id < other.id ? -1 : 1)) : undefined;
}

/** What content was judged by: this Kontor judges by its own files. */
export function judgeShapes(part: Part | undefined, shapesDir: string, { kontor }: Manifest, told: Told): void {
  const theirs = part && jsonOf(part.bytes);
  if (!isObject(theirs)) {
    told('shapes', 'failed', 'It does not say by which files content was judged');
    return;
  }
  const own = shapesDigests(shapesDir);
  const differ = [...new Set([...Object.keys(own), ...Object.keys(theirs)])].filter(
    (file) => own[file] !== theirs[file],
  );
  if (differ.length === 0) told('shapes', 'proven', `${Object.keys(own).length} files, the same as in this Kontor`);
  else {
    const named = `${differ.slice(0, 3).join(', ')}${differ.length > 3 ? ` and ${differ.length - 3} more` : ''}`;
    const why = `The node judged by Kontor ${kontor}; here other files stand: ${named}. The decisions are computed with those that stand here`;
    told('shapes', 'trusted', why);
  }
}

/** SHACL shapes that the operator of the node added: what was taken since they were is held against them again. */
export function judgeAdded(parts: Part[], { node }: Manifest, told: Told): AddedShapes | undefined {
  const files = parts.map(({ info: { name, of, digest, readAt = '' }, bytes }) => {
    const kind = of === 'ontology' ? 'ontology' : 'shapes';
    const file: AddedFile = { name: name.split('/')[1] ?? '', kind, file: name, digest, source: node, added: readAt };
    return { file, text: Buffer.from(bytes).toString('utf8') };
  });
  try {
    const added = compileAdded(files, ({ file }) => file);
    for (const { file } of files)
      told(
        file.file,
        'trusted',
        `The operator of ${node} added it at ${file.added}; every credential that was taken since conforms to it, or is named above`,
      );
    return added;
  } catch (error) {
    for (const { file } of files) told(file.file, 'failed', messageOf(error));
    return undefined;
  }
}

/** The part of the node's policy that decides. */
export function policyOf(part: Part | undefined): Policy | undefined {
  const said = part && jsonOf(part.bytes);
  if (!isObject(said) || !Array.isArray(said.trust) || !isObject(said.status)) return undefined;
  const { publishers, authorities, status, trust } = said as unknown as Policy;
  return {
    ...DEFAULT_POLICY,
    publishers,
    authorities,
    status,
    trust,
    limits: { bodyBytes: MAX_CREDENTIAL_BYTES, objectBytes: MAX_CREDENTIAL_BYTES },
  };
}

/** The largest that a policy may allow. */
const MAX_CREDENTIAL_BYTES = 16_000_000;

/** Credentials and labels, as the flow of a node judged them. */
export function judgeCredentials(manifest: Manifest, parts: Map<string, Part>, replayed: Replayed, told: Told): void {
  for (const [name, { ok, checks }] of replayed.credentials) {
    const { info } = parts.get(name)!;
    if (!ok) {
      const bad = checks.find(({ result }) => result === 'fail') ?? checks.find(({ result }) => result === 'unknown');
      told(name, bad?.result === 'unknown' ? 'unknown' : 'failed', bad?.why ?? 'It was refused without a reason');
      continue;
    }
    if (name === 'listing' && info.digest !== manifest.listing.digest) {
      told(name, 'failed', 'It is another version than the manifest says');
      continue;
    }
    const label = replayed.labels.get(name);
    const slip = label && label.issuer === manifest.node ? labelSlip(label.document, manifest, parts) : undefined;
    if (slip) {
      told(name, 'failed', slip);
      continue;
    }
    const chain = info.anchored ? '; who certified the key is taken on faith' : '';
    const held =
      label && label.issuer !== manifest.node ? '; that it still holds is for the log of its own node to say' : '';
    told(name, 'proven', `${provenBy(checks)}${chain}${held}`);
  }
}

function provenBy(checks: Check[]): string {
  const key = checks
    .find(({ id, result }) => id === 'verify.key' && result === 'pass')
    ?.why.match(/the key (\S+?),?(?= |$)/)?.[1];
  const status = checks.filter(({ id, result }) => id === 'verify.status' && result === 'pass').length;
  return `signature of ${key ?? 'its issuer'}${status > 0 ? '; not ended in the status list of its issuer' : ''}`;
}

/** Where a label of the node does not say what its decision does. */
function labelSlip(
  document: Record<string, unknown>,
  { listing }: Manifest,
  parts: Map<string, Part>,
): string | undefined {
  const said = document.credentialSubject;
  if (!isObject(said)) return 'It has no subject';
  const decision = jsonOf(parts.get(`decision/${said['kontor:scheme']}`)?.bytes ?? new Uint8Array());
  if (!isObject(decision)) return 'The bundle has no decision for it';
  const { id: subject, digest } = listing;
  return isDeepStrictEqual(
    said,
    JSON.parse(JSON.stringify(labelSubject({ subject, digest }, decision as unknown as Decision))),
  )
    ? undefined
    : 'It does not say what the decision says';
}

/** DID documents: the node's word, or held against those that the reader has. */
export function judgeDocuments(
  parts: Part[],
  { node }: Manifest,
  own: ReadonlyMap<string, DidDocument> | undefined,
  told: Told,
): void {
  for (const { info, bytes } of parts) {
    const document = documentIn(bytes);
    const yours = own?.get(info.of ?? '');
    if (!document || document.id !== info.of) told(info.name, 'failed', `It is not the DID document of ${info.of}`);
    else if (!yours)
      told(info.name, 'trusted', `As ${node} read it at ${info.readAt}; compare it with what ${info.of} publishes`);
    else {
      const differ = keysThatDiffer(document, yours);
      if (differ.length === 0) told(info.name, 'proven', 'its keys are those of the DID document that you gave');
      else
        told(
          info.name,
          'failed',
          `It differs from the DID document that you gave: ${differ.join(', ')} is not there, or not the same. If ${info.of} has changed its keys since ${info.readAt}, give the document of that time`,
        );
    }
  }
}

/** Keys for signing statements that another document of the same DID does not have so. */
function keysThatDiffer(document: DidDocument, other: DidDocument): string[] {
  const keysOf = ({ id: did, verificationMethod, assertionMethod }: DidDocument) => {
    const whole = (id: unknown) => (typeof id === 'string' && id.startsWith('#') ? did + id : id);
    const methods = (Array.isArray(verificationMethod) ? verificationMethod : []).filter(isObject);
    const embedded = (Array.isArray(assertionMethod) ? assertionMethod : []).map((one) =>
      isObject(one) ? one : methods.find(({ id }) => whole(id) === whole(one)),
    );
    return new Map(embedded.filter(isObject).map((key) => [String(whole(key.id)), { ...key, id: whole(key.id) }]));
  };
  const others = keysOf(other);
  return [...keysOf(document)].filter(([id, key]) => !isDeepStrictEqual(key, others.get(id))).map(([id]) => id);
}

/**
 * Each decision beside the one that the other parts lead to, which must be the same; and beside the one that the reader
 * asked for, which may be another.
 */
export function judgeDecisions(parts: Part[], replayed: Replayed, schemes: Scheme[], told: Told): DecisionVerdict[] {
  const { decisions, asked = replayed } = replayed;
  const verdicts: DecisionVerdict[] = [];
  for (const { info, bytes } of parts) {
    const said = jsonOf(bytes) as Decision | undefined;
    const id = info.of ?? '';
    if (!isObject(said) || !Array.isArray(said.criteria)) {
      told(info.name, 'failed', 'It is no decision');
      continue;
    }
    const is = (text: string | undefined) => text !== undefined && Buffer.from(text).equals(bytes);
    const { scheme, level, basis } = said;
    const text = asked.decisions.get(id);
    const here = text === undefined ? undefined : (JSON.parse(text) as Decision);
    const without = said.evidence.filter(
      (digest) => weighs(digest, asked.evidence) < weighs(digest, replayed.evidence),
    );
    verdicts.push({
      scheme,
      level,
      basis,
      same: is(text),
      ...(is(text)
        ? {}
        : {
            here: {
              level: here?.level ?? null,
              basis: here?.basis ?? 'unknown',
              criteria: here ? differing(said, here, schemes.find((one) => one.id === id)?.levels ?? []) : [],
              without: without.map((digest) => `evidence/${digest}`),
            },
          }),
    });
    if (is(decisions.get(id))) told(info.name, 'proven', 'computed anew from the other parts: the same, byte for byte');
    else told(info.name, 'failed', 'The other parts lead to another decision');
  }
  // A decision that was left out is as wrong as one that was changed.
  for (const scheme of decisions.keys())
    if (!parts.some(({ info }) => info.of === scheme)) told(`decision/${scheme}`, 'failed', 'It is not in the bundle');
  return verdicts;
}

/** How sure evidence is; less than everything where it does not count at all. */
const weighs = (digest: string, evidence: EvidenceItem[]): number =>
  BASES.indexOf(evidence.find((item) => item.digest === digest)?.basis as Basis);

/**
 * The criteria that make the difference. A level may ask less of a criterion than the next one does, so only results at
 * one level are compared: where a level is lost, those that were enough for it there, with what is missing for it here.
 */
function differing(said: Decision, here: Decision, levels: { id: string }[]) {
  const rank = (level: string | null) => levels.findIndex(({ id }) => id === level);
  const above = ({ next }: Decision, level: string | null) => next && rank(next.level) <= rank(level) && next.missing;
  const isLost = here.level !== said.level && rank(here.level) < rank(said.level);
  const isWon = here.level !== said.level && rank(here.level) > rank(said.level);
  const before = (isWon && above(said, here.level)) || said.criteria;
  const now = (isLost && above(here, said.level)) || here.criteria;
  const word = ({ result, basis }: CriterionResult) => (result === 'met' ? `met, ${basis}` : result);
  return now.flatMap((is) => {
    const was = before.find(({ id }) => id === is.id);
    return was && word(was) !== word(is) ? [{ id: is.id, was: word(was), is: word(is), why: is.why }] : [];
  });
}
