import { type AnswersScheme, isInert } from './answers-scheme.ts';
import { namedIn } from './certificate-rules.ts';
import type { CertificatesScheme } from './certificate-scheme.ts';
import { startOfDay } from './dates.ts';
import { type CriteriaScheme, demands, type Scheme, type SchemeBase } from './scheme.ts';

/* What the grammar of schemes cannot say: names that lead nowhere, places out of range, days of no calendar. */

/** What is wrong with a scheme that follows the grammar, each with its place; empty where nothing is. */
export function slipsOf(scheme: Scheme): string[] {
  const own =
    scheme.kind === 'answers'
      ? ofAnswers(scheme)
      : scheme.kind === 'certificates'
        ? ofCertificates(scheme)
        : ofCriteria(scheme);
  return [...twice('/levels', scheme.levels), ...outOfTime(scheme), ...own];
}

const listed = (names: readonly string[]): string => names.join(', ');

/** A name that two members of a list have. */
function twice(place: string, list: readonly { id: string }[]): string[] {
  return list.flatMap(({ id }, at) =>
    list.findIndex((one) => one.id === id) < at ? [`${place}/${at}/id "${id}" stands there twice`] : [],
  );
}

const MAX_MONTHS = 1200;

/** Days that are none, and spans of months that no calendar reaches. */
function outOfTime(value: unknown, place = ''): string[] {
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, one]) => {
    const at = `${place}/${name}`;
    if (/^(from|until)$/.test(name) && typeof one === 'string' && Number.isNaN(startOfDay(one)))
      return [`${at} "${one}" is no day of the calendar`];
    if (/^(months|\w+Months)$/.test(name) && typeof one === 'number' && one > MAX_MONTHS)
      return [`${at} is ${one}, at most ${MAX_MONTHS} is accepted`];
    return outOfTime(one, at);
  });
}

function ofAnswers(scheme: AnswersScheme): string[] {
  const { levels, objectives, criteria, editions } = scheme;
  const ids = objectives.map(({ id }) => id);
  const top = levels.length - 1;
  const ofOne = criteria.flatMap(({ objective, answers }, at) => [
    ...(ids.includes(objective)
      ? []
      : [`/criteria/${at}/objective "${objective}" is not there; objectives are ${listed(ids)}`]),
    ...answers.flatMap(([, level], answer) => {
      const place = `/criteria/${at}/answers/${answer}/1`;
      if (level > top) return [`${place} is ${level}; levels are 0 to ${top}, ${levels[0]!.id} to ${levels[top]!.id}`];
      return answer > 0 && level < answers[answer - 1]![1]
        ? [`${place} is lower than that of the answer before it; answers stand lowest first`]
        : [];
    }),
  ]);
  const ofEditions = Object.entries(editions).flatMap(([edition, { weights, divisor }]) => [
    ...ids
      .filter((id) => !Object.hasOwn(weights, id))
      .map((id) => `/editions/${edition}/weights has none for the objective ${id}`),
    ...Object.keys(weights)
      .filter((id) => !ids.includes(id))
      .map((id) => `/editions/${edition}/weights/${id} is no objective; objectives are ${listed(ids)}`),
    ...(divisor === 'maximum'
      ? objectives
          .filter(({ id }) => !criteria.some((one) => one.objective === id && one.answers.some(([points]) => points)))
          .map(({ id }) => `/editions/${edition}/divisor is "maximum", and no answer of ${id} has points`)
      : []),
  ]);
  return [
    ...twice('/objectives', objectives),
    ...twice('/criteria', criteria),
    ...levels.flatMap(({ decided }, at) =>
      decided ? [] : [`/levels/${at}/decided is false: levels of answers are computed, each must be true`],
    ),
    ...ids.flatMap((id, at) =>
      criteria.some(({ objective }) => objective === id) ? [] : [`/objectives/${at} "${id}" has no criterion`],
    ),
    ...ofOne,
    ...(criteria.every((one) => isInert(scheme, one)) ? ['/criteria has no answer that carries a lower level'] : []),
    ...(ofEditions.length === 0 && Object.keys(editions).length === 0 ? ['/editions names none'] : ofEditions),
  ];
}

function ofCertificates({ levels, refused, editions = [], refusedEditions }: CertificatesScheme): string[] {
  const naming = (place: string, list: Named[], names: object | undefined, what: string) =>
    Object.keys(names ?? {})
      .filter((name) => namedIn(list, name))
      .map((name) => `${place}/${name} is refused, and is ${what} that counts`);
  return [
    ...twice('/editions', editions),
    ...shared('/levels', levels),
    ...shared('/editions', editions),
    ...naming('/refused', levels, refused, 'a level'),
    ...naming('/refusedEditions', editions, refusedEditions, 'an edition'),
  ];
}

type Named = { id: string; aliases?: string[] };

/** Other spellings that mean an earlier member of the list. */
const shared = (place: string, list: Named[]): string[] =>
  list.flatMap((one, at) =>
    (one.aliases ?? []).flatMap((alias, index) => {
      const other = namedIn(
        list.filter((another) => another !== one),
        alias,
      );
      return other ? [`${place}/${at}/aliases/${index} "${alias}" means ${other.id} already`] : [];
    }),
  );

const ROLES: string[] = ['registration-number', 'certificate', 'assessment-body', 'clearing-house'] satisfies Roles[];
type Roles = keyof CriteriaScheme['roles'];

function ofCriteria({ levels, roles, parts, certification, sets }: CriteriaScheme): string[] {
  const known = levels.map(({ id }) => id);
  const decided = levels.filter((level) => level.decided).map(({ id }) => id);
  const empty = decided.filter(
    (level) => !parts.some(({ criteria }) => criteria.some((criterion) => demands(criterion, level))),
  );
  const strange = Object.keys(roles).filter((role) => !ROLES.includes(role));
  const ofParts = parts.flatMap(({ criteria }, at) => [
    ...twice(`/parts/${at}/criteria`, criteria),
    ...criteria.flatMap((criterion) => {
      const { id, certified = {} } = criterion;
      const standards = certification?.standards ?? {};
      const unknown = Object.keys(certified).filter((standard) => !Object.hasOwn(standards, standard));
      const named = [...JSON.stringify(criterion).matchAll(/"(?:in|notIn|set)":"([^"]*)"/g)].map((match) => match[1]!);
      return [
        ...Object.keys(criterion.levels)
          .filter((level) => !known.includes(level))
          .map((level) => `${id} names the level ${level}, which is not there; levels are ${listed(known)}`),
        ...unknown.map((standard) => `${id} names the standard ${standard}, which is not described`),
        ...named
          .filter((set) => set !== 'eu-eea' && !Object.hasOwn(sets, set))
          .map((set) => `${id} names the set ${set}, which is not there`),
        ...decided.flatMap((level) => {
          const demand = criterion.levels[level];
          if (typeof demand === 'object') {
            const other = criteria.find((one) => one.id === demand.replacedBy);
            return other && demands(other, level)
              ? []
              : [`${id} is replaced at ${level} by one that ${level} does not demand`];
          }
          if (demand === 'declaration' && !criterion.test)
            return [`${id} has no test, and ${level} asks for a declaration`];
          if (demand === 'certification' && !(criterion.certified && certification))
            return [`${id} does not say what certifies it, and ${level} asks for that`];
          return [];
        }),
      ];
    }),
  ]);
  return [
    ...empty.map((level) => `the level ${level} is decided, and no criterion demands anything for it`),
    ...strange.map((role) => `/roles/${role} is no role; roles are ${listed(ROLES)}`),
    ...ofParts,
  ];
}

/** Spellings that a reader takes for the same: letters and digits alone, whatever their case and form. */
const spelt = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');

/** What is wrong with a scheme that is put beside others: a name that one has, a certificate to build on that none knows. */
export const slipsBeside = (scheme: Scheme, others: readonly Scheme[]): string[] => [
  ...namesTaken(scheme, others),
  ...(scheme.kind === 'certificates' ? basesNotHeld(scheme, others) : []),
];

/** An id or name that people would take for that of another scheme. */
export const namesTaken = (scheme: Pick<SchemeBase, 'id' | 'name'>, others: readonly SchemeBase[]): string[] =>
  (['id', 'name'] as const).flatMap((member) => {
    const said = spelt(scheme[member]);
    const other = others.find(({ id, name }) => id !== scheme.id && [spelt(id), spelt(name)].includes(said));
    return other
      ? [`/${member} "${scheme[member]}" is taken by the scheme ${other.id}, "${other.name}": give it one of its own`]
      : [];
  });

function basesNotHeld({ editions = [] }: CertificatesScheme, others: readonly Scheme[]): string[] {
  const known = others.flatMap((other) =>
    other.kind === 'certificates'
      ? (other.editions ?? []).map((edition) => `${other.certificate ?? other.id} ${edition.id}`)
      : [],
  );
  return editions.flatMap(({ requires = [] }, at) =>
    requires.flatMap((base, index) =>
      known.includes(base)
        ? []
        : [
            `/editions/${at}/requires/${index} "${base}" is no scheme and edition held here; those are ${listed(known)}`,
          ],
    ),
  );
}
