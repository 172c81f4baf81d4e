export const median = (values: number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!;

/** To so many digits behind the point. */
export const rounded = (value: number, digits = 2): number => Number(value.toFixed(digits));
