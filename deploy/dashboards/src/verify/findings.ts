import type { PrometheusSeries as Series } from '@nova-torch/testing';

/** What one query found. */
export interface Finding {
  /** Series that had a number at some time. */
  readonly series: number;
  /** Of these, those that only say that nothing happened (see `Queries.happening`). */
  readonly none: number;
  /** The largest number, as a sample; absent when there was none. */
  readonly most: number | undefined;
}

export function findingOf(found: readonly Series[]): Finding {
  const numbersOf = ({ values }: Series): number[] =>
    values.map(([, value]) => Number(value)).filter((value) => Number.isFinite(value));
  const withNumbers = found.filter((one) => numbersOf(one).length > 0);
  const isNone = ({ metric }: Series): boolean => {
    const labels = Object.values(metric);
    return labels.length === 1 && labels[0] === 'none';
  };
  const numbers = withNumbers.flatMap(numbersOf);
  return {
    series: withNumbers.length,
    none: withNumbers.filter(isNone).length,
    most: numbers.length === 0 ? undefined : numbers.reduce((a, b) => Math.max(a, b)),
  };
}
