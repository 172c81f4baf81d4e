import type { ListingLabel } from '../catalogue/listing.ts';
import type { Io } from './io.ts';
import { type Levels, mark } from './show-label.ts';
import { count, day } from './text.ts';

/** One label, and the other catalogues that come to the same level. */
interface Group {
  label: ListingLabel;
  others: ListingLabel[];
}

/**
 * Labels that say the same stand together, the node's own before the others: ten catalogues that agree are one line.
 * A basis is no difference, for the word of another node weighs less here than with itself.
 */
function grouped(labels: ListingLabel[]): Group[] {
  const groups = new Map<string, Group>();
  for (const label of labels.toSorted((one, other) => Number(other.own) - Number(one.own))) {
    const same = `${label.scheme} ${label.level} ${label.basis === 'lapsed'}`;
    const group = groups.get(same);
    if (group) group.others.push(label);
    else groups.set(same, { label, others: [] });
  }
  return [...groups.values()];
}

/** Labels for a list: `gaia-x [#---] SC, claimed, the same at 2 other catalogues`. */
export function shortLabels(io: Io, labels: ListingLabel[], levels: Levels): string[] {
  return grouped(labels).map(({ label, others }) => {
    const shown = mark(io, levels, label);
    if (!label.own) return `${shown}, at ${catalogues(others.length + 1)}`;
    return others.length > 0 ? `${shown}, the same at ${catalogues(others.length)}` : shown;
  });
}

/** Labels with who gives them and until when. */
export function longLabels(io: Io, labels: ListingLabel[], levels: Levels): string[] {
  return grouped(labels).flatMap(({ label, others }) => [
    `${mark(io, levels, label)}, by ${label.own ? 'this node' : label.by}, until ${day(label.validUntil)}`,
    ...(others.length > 0
      ? [`the same at ${catalogues(others.length)}: ${others.map(({ by, basis }) => `${by} (${basis})`).join(', ')}`]
      : []),
  ]);
}

const catalogues = (number: number) => count(number, 'other catalogue');
