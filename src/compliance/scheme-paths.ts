import type { CriteriaScheme, Matcher, Test } from './scheme.ts';

/* Where the tests and texts of a scheme look in a description: a path that leads nowhere would never be met, or said. */

/** As far as shapes/description.schema.json is read. */
export interface MemberSchema {
  properties?: Record<string, MemberSchema>;
  items?: MemberSchema;
  $ref?: string;
  $defs?: Record<string, MemberSchema>;
}

/** What texts may name beside members of a description. */
const WORDS = ['held', 'limit', 'standards', 'standard', 'until', 'criterion'];

/** Paths and placeholders of a scheme that lead nowhere, each with the criterion that has it. */
export function pathsAstray({ parts, certification }: CriteriaScheme, root: MemberSchema): string[] {
  const resolved = (schema: MemberSchema | undefined): MemberSchema | undefined =>
    schema?.$ref ? root.$defs?.[schema.$ref.split('/').at(-1)!] : schema;
  const follow = (path: string): MemberSchema | undefined =>
    path.split('.').reduce<MemberSchema | undefined>((from, name) => resolved(from?.properties?.[name]), root);
  const members = (schema: MemberSchema | undefined) => Object.keys(schema?.properties ?? {});

  const ofPath = (path: string): string[] => {
    const steps = path.split('.');
    const known = steps.findIndex((_, at) => !follow(steps.slice(0, at + 1).join('.')));
    if (known < 0) return [];
    const above = known === 0 ? root : follow(steps.slice(0, known).join('.'));
    const choice = members(above);
    return [
      `"${path}" leads nowhere in a description${choice.length > 0 ? `; ${steps[known - 1] ?? 'it'} has ${choice.join(', ')}` : ''}`,
    ];
  };
  const ofMatcher = (list: string, matcher: Matcher = {}): string[] => {
    const choice = members(resolved(follow(list)?.items));
    return choice.length === 0
      ? []
      : Object.keys(matcher)
          .filter((name) => !choice.includes(name))
          .map((name) => `"${name}" is no member of what ${list} lists; those are ${choice.join(', ')}`);
  };
  const ofTest = (test: Test): string[] => {
    if ('all' in test) return test.all.flatMap(ofTest);
    if ('any' in test) return test.any.flatMap(ofTest);
    if ('not' in test) return ofTest(test.not);
    if ('ofProvider' in test) return ofTest(test.ofProvider);
    const said: Record<string, unknown> = { ...test };
    const lists = (['some', 'every', 'none'] as const).flatMap((name) => {
      const list = said[name];
      return typeof list === 'string'
        ? [...ofPath(list), ...ofMatcher(list, said.where as Matcher), ...ofMatcher(list, said.of as Matcher)]
        : [];
    });
    const single = ['stated', 'within', 'is', 'compare', 'reached'].flatMap((name) => {
      const path = said[name];
      return typeof path === 'string' ? ofPath(path) : [];
    });
    return [...lists, ...single];
  };
  const ofTexts = (value: unknown): string[] =>
    [...JSON.stringify(value ?? null).matchAll(/\{([a-zA-Z.]+)(?: %)?\}/g)]
      .map((found) => found[1]!)
      .filter((name) => !WORDS.includes(name) && !follow(name))
      .map(
        (name) =>
          `the placeholder {${name}} is known to nobody; accepted are ${WORDS.join(', ')}, and paths in a description`,
      );
  return [
    ...ofTexts(certification),
    ...parts.flatMap(({ criteria }) =>
      criteria.flatMap((criterion) =>
        [
          ...(criterion.test ? ofTest(criterion.test) : []),
          ...(criterion.consistent ? ofTest(criterion.consistent) : []),
          ...ofTexts(criterion),
        ].map((slip) => `${criterion.id}: ${slip}`),
      ),
    ),
  ];
}
