import type { CertificateEdition, CertificateLevel, CertificatesScheme } from '../../compliance/certificate-scheme.ts';

/** The texts of one scheme's page, by kind of scheme. See en.ts for the rules. */
const months = (count: number) => (count === 1 ? 'one month' : `${count} months`);
const or = (words: string[]) => [words.slice(0, -1).join(', '), ...words.slice(-1)].filter(Boolean).join(' or ');

export const answersText = {
  how: 'How a level comes about',
  rules: (binding: number, inert: number, fresh: number) => [
    'The level is the lowest that any answer carries, over all and for each objective. It is never a mean.',
    `All ${binding} criteria that can lower the level must be answered. Until then the page says "incomplete, at most", with the count. The other ${inert} carry the top level whatever the answer.`,
    "An assessor's answer counts over the provider's own, of several the lowest. Answers by anybody else count for nothing.",
    'The basis is the weakest among the answers that can lower the level. What rests on the provider alone is called self-declared.',
    `Answers count for ${months(fresh)} from the day they were given. Without a day they do not count.`,
  ],
  objectives: 'Objectives and weights',
  objectivesText:
    'Weights make the score, in percent, and never the level. Scores of two editions of the weights cannot be compared, and nothing is sorted by them.',
  objective: 'Objective',
  criteria: 'Criteria',
  binding: 'Can lower the level',
  weight: (edition: string) => `Weight, ${edition}`,
  divisor: (edition: string, divisor: number | 'maximum') =>
    divisor === 'maximum'
      ? `${edition}: points are a share of the most an objective can have.`
      : `${edition}: points are a share of ${divisor} for each objective.`,
  answersFor: 'Each criterion has answers numbered from the lowest; a column names those that do for its level.',
  wording:
    'Titles are in our words; some only give the place of a question. The wording belongs to those who made the scheme:',
  tableLabel: 'Criteria by objective, and the answers that do for each level',
  demands: (level: string, binding: number, any: boolean) =>
    any
      ? `any answer to each of the ${binding} criteria`
      : `an answer to each of the ${binding} criteria that itself carries ${level} or more`,
  answers: (lowest: number, of: number) =>
    lowest <= 1 ? 'any' : lowest === of ? `${of}` : lowest + 1 === of ? `${lowest}, ${of}` : `${lowest} to ${of}`,
  inert: 'cannot lower the level',
};

/** When a certificate is over, beside its own last day. */
function life({ document, months: most, monthsBefore, opinion, levels }: CertificatesScheme): string {
  const start = opinion ? 'after the end of what it reports on' : 'after the day it was issued';
  const several = new Set(levels.map((level) => level.months ?? most)).size > 1;
  if (several) return `A ${document} lasts as its level says, and no longer than it says of itself.`;
  if (!most) return `It lasts as long as it says of itself.`;
  const before = monthsBefore ? `; ${months(monthsBefore.months)} if issued up to ${monthsBefore.until}` : '';
  return `It is over ${months(most)} ${start} at the latest${before}.`;
}

export const certificatesText = {
  proves: (document: string) =>
    `That somebody on this node's trust list signed for the ${document}, that it is about this very service, and that it is in force by its own dates.`,
  not: (document: string) => [
    `What the ${document} says inside, with what reserves, and whether the one who gave it looked well.`,
    'What a register says today. This node reads none; withdrawal reaches it through the credential of the issuer.',
    'Anything of another scheme: no level follows from the level of another.',
  ],
  notNever: ['That what is stated of it holds. What providers say of it is listed with the offer, as what it is.'],
  never: 'Why it gives no label',
  readiness: 'Why it gives no label yet',
  readinessOff:
    'What providers say of it is shown as readiness. An entry of the trust list that names this scheme switches it on.',
  readinessOn: 'The trust list of this node names somebody who may issue it, so that it is switched on here.',
  written: 'Written',
  whose: 'Whose word counts',
  lasts: 'Lasts',
  self: 'The provider itself; shown as claimed',
  body: 'Somebody on the list below',
  nobody: 'Nobody on the list below',
  rules: (document: string) => `What a ${document} must be to count`,
  rulesText: (document: string) =>
    `A level holds where every rule does. A ${document} that breaks one is listed all the same, with its reason.`,
  rule: 'Rule',
  holds: 'Holds where',
  /** By rule. */
  holdsWhere: {
    issuer: ({ document, levels }: CertificatesScheme) => {
      const own = levels.filter(({ self }) => self).map(({ name }) => name);
      const others = `A ${document} by somebody on the list below is verified. One by anybody else is attested, one by the provider claimed, and neither gives a level.`;
      if (own.length === 0) return others;
      const declared = `The provider itself may declare ${or(own)}, and it is shown as claimed.`;
      return own.length === levels.length ? declared : `${others} ${declared}`;
    },
    level: ({ evidence, levels }: CertificatesScheme) =>
      evidence
        ? 'It names one of the levels above.'
        : `kontor:level or kontor:certificateType names one of the levels above. Where both are stated they must agree${levels.some(({ id }) => id === 'type-2') ? ': Type 1 sold as Type 2 is refused' : ''}.`,
    edition: ({ evidence }: CertificatesScheme) =>
      evidence ? 'It names one of the editions below.' : 'kontor:edition names one of the editions below that counts.',
    version: () =>
      'It gives the digest of the version that is listed. One of another version, or without a digest, does not count.',
    scope: ({ about, evidence }: CertificatesScheme) =>
      evidence
        ? 'It was given for a service and validated against criteria for services, or for a participant against those for participants.'
        : about === 'organisation'
          ? 'An organisation is certified. It counts for a service only where kontor:covers names the id of that service, and the holder is its provider.'
          : 'It is about the service, or about its provider and names the id of the service under kontor:covers; the holder is the provider. A scope in words decides nothing.',
    opinion: () => 'kontor:opinion is unqualified. A qualified opinion, or none stated, does not count.',
    period: () =>
      'kontor:periodUntil says up to what day it reports; a Type 2 also from which earlier day, under kontor:periodFrom.',
    dates: (scheme: CertificatesScheme) =>
      `It has begun and is not over. ${life(scheme)} What is suspended or withdrawn has lapsed; a candidate or one in qualification never counts.`,
    base: ({ editions = [] }: CertificatesScheme) =>
      `One of ${or([...new Set(editions.flatMap(({ requires }) => requires ?? []))])} is held too: it counts for the same offering, verified and in force. Editions that stand alone are named below.`,
  } as Record<string, (scheme: CertificatesScheme) => string>,
  editions: 'Editions',
  edition: 'Edition',
  counts: 'Counts',
  refusedEdition: (why: string) => `never: ${why}`,
  when: ({ from, until, requires }: CertificateEdition, opinion: boolean, day: (iso: string) => string): string => {
    const [since, up] = [from && day(from), until && day(until)];
    const dates = opinion
      ? since || up
        ? `for time ${[since && `from ${since}`, up && `up to ${up}`].filter(Boolean).join(' ')}`
        : ''
      : [since && `if issued since ${since}`, up && `until ${up}`].filter(Boolean).join(', ');
    const beside = requires && `beside ${or(requires)} for the same offering`;
    return [dates, beside].filter(Boolean).join('; ') || 'yes';
  },
  refused: 'What is refused, and why',
  refusedText: 'Names under which something is sold that is no level of this scheme.',
  name: 'Name',
  why: 'Why it does not count',
  levelLasts: ({ months: own }: CertificateLevel, { months: all }: CertificatesScheme): string =>
    (own ?? all) ? `up to ${months((own ?? all)!)}` : 'as stated',
};
