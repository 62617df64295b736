// Distributions of what chance decides in a simulated world. `draw` gives numbers in [0, 1).

export type Draw = () => number;

/** Of a normal distribution around 0 with deviation 1 (Box and Muller). */
export const normal = (draw: Draw): number =>
  Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());

/** The time to the next of events that come independently, `mean` apart. */
export const exponential = (draw: Draw, mean: number): number => -mean * Math.log(1 - draw());

export interface ParetoRange {
  /** The lower, the heavier the tail. */
  readonly shape: number;
  readonly from: number;
  readonly to: number;
}

/** Many short and few very long, within a range (bounded Pareto). */
export function pareto(draw: Draw, { shape, from, to }: ParetoRange): number {
  const tail = 1 - draw() * (1 - (from / to) ** shape);
  return from / tail ** (1 / shape);
}

export const meanOfPareto = ({ shape, from, to }: ParetoRange): number =>
  ((from * shape) / (shape - 1)) * ((1 - (from / to) ** (shape - 1)) / (1 - (from / to) ** shape));

/** One of them, by their weights; the last when they do not add up to 1. */
export function weighted(draw: Draw, weights: readonly number[]): number {
  let left = draw();
  for (const [at, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return at;
  }
  return weights.length - 1;
}

/** A number in [0, 1) that depends on nothing but what is given: the same fate whoever asks, and in whatever order. */
export function fate(seed: number, task: number, agent: number, attempt: number, question: number): number {
  let mixed = seed | 0;
  for (const part of [task, agent, attempt, question]) {
    mixed = Math.imul(mixed ^ part, 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    mixed = (mixed ^ (mixed >>> 16)) + 0x9e3779b9;
  }
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
}
