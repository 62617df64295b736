import { within } from '../deadline.ts';
import { openLoop } from './open-loop.ts';
import { Samples } from './samples.ts';

const ARRIVE_WITHIN_MS = 30_000;

export interface Rate {
  readonly perSecond: number;
  readonly seconds: number;
}

export interface Arrivals {
  /** From when it should have been sent: a sender that falls behind makes no figure better. */
  readonly fromPlan: Samples;
  /** From when it was. */
  readonly fromCall: Samples;
}

/**
 * Submits number 0, 1, … at a rate that does not wait for anything, and times the arrival of each in this process.
 * `listen` is given what to call with the number of whatever arrives.
 */
export async function timeArrivals(
  { perSecond, seconds }: Rate,
  submit: (index: number) => Promise<unknown>,
  listen: (onArrived: (index: number) => void) => void,
): Promise<Arrivals> {
  const [fromPlan, fromCall] = [new Samples(), new Samples()];
  const total = Math.round(perSecond * seconds);
  const planned: number[] = [];
  const called: number[] = [];
  const all = Promise.withResolvers<void>();
  listen((index) => {
    const now = performance.now();
    const [plan, call] = [planned[index], called[index]];
    if (plan === undefined || call === undefined) return;
    fromPlan.add(now - plan);
    fromCall.add(now - call);
    if (fromCall.values.length === total) all.resolve();
  });
  const send = (index: number, plannedAt: number): void => {
    planned[index] = plannedAt;
    called[index] = performance.now();
    submit(index).catch(all.reject);
  };
  const arrived = async () => `${fromCall.values.length} of ${total} arrived`;
  await Promise.all([
    openLoop({ perSecond, seconds, send }),
    within(seconds * 1_000 + ARRIVE_WITHIN_MS, `${perSecond} tasks/s to arrive`, all.promise, arrived),
  ]);
  return { fromPlan, fromCall };
}
