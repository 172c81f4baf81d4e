import type { Description } from '../compliance/description.ts';
import type { ListingSummary } from './listing.ts';

/**
 * The values a listing is found by. What is not said gets the value `unknown`, so that a filter never treats silence
 * as an answer, and nobody has to wonder where a listing went.
 */
export function facetsOf(
  description: Description,
  summary: Pick<ListingSummary, 'provider' | 'countries' | 'exposure' | 'certifications'>,
): { name: string; value: string }[] {
  const { exit, openness, ai, environment } = description;
  const law = summary.exposure.outside.map((one) => one.country);
  const sets: Record<string, string[]> = {
    type: [description.type],
    country: orUnknown(summary.countries),
    law: law.length > 0 ? law : summary.exposure.known ? ['eu-eea'] : ['unknown'],
    certification: orUnknown(
      summary.certifications.map(({ scheme, basis }) => `${scheme}${basis === 'verified' ? '' : `:${basis}`}`),
    ),
    exit: orUnknown([
      ...(exit?.documents.length ? ['exit-plan'] : []),
      ...(exit?.charges === 'none' ? ['no-charge'] : []),
      ...(exit?.testedOn ? ['tested'] : []),
    ]),
    openness: orUnknown([...(openness?.licences.length ? ['open-source'] : []), ...(openness?.interfaces ?? [])]),
    ai: ai
      ? ['ai-service', ...(ai.openWeights ? ['open-weights'] : []), ...(ai.accelerators.length ? ['accelerators'] : [])]
      : [],
    energy: orUnknown(environment?.energySources ?? []),
    provider: [summary.provider.did],
  };
  return Object.entries(sets).flatMap(([name, values]) => [...new Set(values)].map((value) => ({ name, value })));
}

const orUnknown = (values: string[]): string[] => (values.length > 0 ? values : ['unknown']);
