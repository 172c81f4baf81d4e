import { CERTIFICATE, LABEL_CREDENTIAL } from './basis.ts';
import type { EvidenceItem, TrustEntry } from './decision.ts';
import type { Scheme } from './scheme.ts';

/** Whoever signs it says what it likes: so many letters of each word are shown. */
const MAX_WORD = 80;

/** By what names evidence and those who sign it are called. */
export interface EvidenceNames {
  schemes: readonly Scheme[];
  trust: readonly Pick<TrustEntry, 'did' | 'name'>[];
}

/** A party as people are told it: by its name on the trust list, where it has one there, and its DID. */
export function issuerWords(did: string, { trust }: Pick<EvidenceNames, 'trust'>): string {
  const name = trust.find((entry) => entry.did === did && entry.name)?.name;
  return name ? `${name} (${did})` : did;
}

/** Evidence in a few words: what it says of itself, and who signed it. `SecNumCloud qualified, by Observatoire (did:web:...)` */
export function evidenceWords(
  { type, issuer, facts }: Pick<EvidenceItem, 'type' | 'issuer' | 'facts'>,
  names: EvidenceNames,
): string {
  const { scheme, level = facts.certificateType, number } = facts;
  // Of certificates and labels the scheme says what they are; of everything else the type does.
  const kind = scheme && (type === CERTIFICATE || type === LABEL_CREDENTIAL) ? [] : [type];
  const what = [...kind, ...(scheme ? [schemeName(scheme, names.schemes)] : []), level ?? number];
  const words = what.flatMap((text) => text?.slice(0, MAX_WORD) || []);
  return `${words.join(' ')}, by ${issuerWords(issuer, names)}`;
}

/** Certificates may be of a standard that is no scheme of its own. */
export function schemeName(id: string, schemes: readonly Scheme[]): string {
  const standards = schemes.flatMap((scheme) =>
    'certification' in scheme ? (scheme.certification?.standards[id]?.name ?? []) : [],
  );
  return schemes.find((scheme) => scheme.id === id)?.name ?? standards[0] ?? id;
}
