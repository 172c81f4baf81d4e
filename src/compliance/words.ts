/** A share as a percentage, with no digit rounded away that decides: `0.9749` is "97.49 %". */
export const percent = (share: number): string => `${Number((share * 100).toFixed(4))} %`;

/**
 * Replaces {name} and {name %} in a sentence of a scheme. What `find` does not know is left for a later filling.
 *
 * @param find the value of a name; undefined where it has none
 */
export const fill = (text: string, find: (name: string) => unknown): string =>
  text.replace(/\{([a-zA-Z.]+)( %)?\}/g, (whole, name: string, share?: string) => {
    const value = find(name);
    if (value === undefined) return whole;
    return share && typeof value === 'number' ? percent(value) : String(value);
  });
