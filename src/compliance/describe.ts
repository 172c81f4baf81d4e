import { type ClaimNode, isNode, values } from '../credentials/jsonld/claims.ts';
import { latinLook } from '../credentials/keys/look-alike.ts';
import type { Description, Kind } from './description.ts';
import { follow, later, type Mappings, makeObject } from './mapping.ts';

/**
 * The normalised description of a subject: what it says, in the terms every scheme, page and search reads. What the
 * mapping does not know stays in the credential. Country codes become ISO 3166-1 alpha-2.
 */
export function describe(subject: ClaimNode, mappings: Mappings): Description {
  const mapping = mappings(subject);
  const { vocabulary } = mapping;
  const kind = vocabulary.kindOf(subject['@type'] ?? []);
  const made = makeObject(mapping.description, subject, vocabulary) as unknown as Description;
  const described: Description = {
    ...made,
    kind: kind === undefined || kind === 'evidence' ? 'resource' : (kind satisfies Kind),
    name: made.name ?? made.id,
    claimsSovereignty: saysSovereign([made.name, made.description, ...made.keywords], mapping.sovereigntyWords),
  };
  if (kind === 'participant')
    described.participant = makeObject(mapping.participant, subject, vocabulary) as unknown as NonNullable<
      Description['participant']
    >;
  return described;
}

/** Ids of the other subjects that a judgement about this one depends on, sorted. */
export function references(subject: ClaimNode, mappings: Mappings): string[] {
  const ids = mappings(subject)
    .references.flatMap((path) => follow(subject, path))
    .map((value) => (isNode(value) ? value['@id'] : undefined))
    .filter((id) => id !== undefined && !id.startsWith('_:') && id !== subject['@id']);
  return [...new Set(ids as string[])].sort();
}

/** Evidence as schemes read it, whatever generation it is of: its type, and its claims with those of that type. */
export function evidence(subject: ClaimNode, mappings: Mappings): { type: string; claims: ClaimNode } {
  const [type = ''] = subject['@type'] ?? [];
  const meant = mappings(subject).evidence?.[type]?.find(({ property }) => values(subject, property).length > 0);
  return meant
    ? { type: meant.type, claims: { ...subject, '@type': [meant.type], [meant.as]: values(subject, meant.property) } }
    : { type, claims: subject };
}

/**
 * Lower case without accents and invisible characters, look-alikes as the Latin letters they are taken for: so
 * "Souveränität" is found by "souveran", and a Cyrillic letter in "Sovereign" hides nothing.
 */
const fold = (text: string) =>
  latinLook(
    text
      .normalize('NFKD')
      .replace(/[\p{M}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '')
      .toLowerCase(),
  );

function saysSovereign(texts: (string | undefined)[], words: readonly string[]): boolean {
  const folded = texts.map((text) => fold(text ?? ''));
  const wanted = foldedWords.get(words) ?? words.map(fold);
  foldedWords.set(words, wanted);
  return wanted.some((word) => folded.some((text) => text.includes(word)));
}

const foldedWords = new WeakMap<readonly string[], string[]>();

/**
 * The description of an offering together with what separate credentials say about the resources it refers to:
 * countries, places and energy figures. Where several resources state a figure, the worst one counts.
 */
export function withResources(description: Description, resources: readonly Description[]): Description {
  const wanted = new Set(description.resources.map(({ id }) => id));
  const used = resources.filter(({ id }) => wanted.has(id));
  if (used.length === 0) return description;
  const byId = new Map(used.map((resource) => [resource.id, resource]));
  return {
    ...description,
    locations: [...description.locations, ...used.flatMap(({ locations }) => locations)],
    sites: [...description.sites, ...used.flatMap(({ sites }) => sites)],
    resources: description.resources.map((resource) => {
      const known = byId.get(resource.id ?? '');
      if (!known) return resource;
      return {
        ...resource,
        type: known.type,
        countries: [...new Set([...resource.countries, ...known.locations.map(({ country }) => country)])],
      };
    }),
    environment: worstOf([description, ...used].flatMap(({ environment }) => environment ?? [])),
  };
}

/**
 * The description of a provider together with what its owners, as far up as they are held, say of their own seats: beside
 * the country that it states of them, and in place of one that it does not state.
 */
export function withOwners(provider: Description, owners: readonly Description[]): Description {
  if (!provider.participant || owners.length === 0) return provider;
  const seats = owners.flatMap(({ id, name, participant }) =>
    [...new Set([participant?.headquarters, participant?.legalAddress])].flatMap((country) =>
      country ? { id, name, country } : [],
    ),
  );
  const stated = provider.participant.parents.filter(
    ({ id, country }) => country || !seats.some((seat) => seat.id === id),
  );
  return { ...provider, participant: { ...provider.participant, parents: [...stated, ...seats] } };
}

function worstOf(all: NonNullable<Description['environment']>[]): Description['environment'] {
  if (all.length === 0) return undefined;
  const pick = (
    member: 'renewableShare' | 'carbonFreeShare' | 'pue' | 'wue',
    choose: (...numbers: number[]) => number,
  ) => {
    const numbers = all.flatMap((environment) => environment[member] ?? []);
    return numbers.length === 0 ? {} : { [member]: choose(...numbers) };
  };
  const attainedOn = all.map((environment) => environment.attainedOn).reduce(later, undefined);
  return {
    ...Object.assign({}, ...[...all].reverse()),
    energySources: [...new Set(all.flatMap(({ energySources }) => energySources))],
    ...pick('renewableShare', Math.min),
    ...pick('carbonFreeShare', Math.min),
    ...pick('pue', Math.max),
    ...pick('wue', Math.max),
    ...(attainedOn === undefined ? {} : { attainedOn }),
  };
}
