// What durability costs a submitter: single submissions as fast as 32 at a time allow, and at a rate that does not wait for
// the answers.
import type { NovaClient } from '@nova-torch/client';
import type { Durability } from '@nova-torch/protocol';
import { openLoop } from '../latency/open-loop.ts';
import { Samples, type Summary } from '../latency/samples.ts';

export interface RateFinding {
  readonly durability: Durability;
  readonly round: number;
  /** Submissions a second, 32 at a time. */
  readonly per_second: number;
  readonly batch_per_second: number;
  /** At the fixed rate, in ms. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const AT_ONCE = 32;
const BATCH = 500;

export interface RateOptions {
  readonly seconds: number;
  /** Submissions a second of the open loop. */
  readonly rate: number;
  readonly round: number;
}

/** Measures one durability. The tasks demand an agent nobody is: they wait. */
export async function measureRates(
  client: NovaClient,
  durability: Durability,
  { seconds, rate, round }: RateOptions,
): Promise<RateFinding> {
  const spec = { title: 'a task', role: 'nobody', inputs: { text: 'x'.repeat(100) }, durability };
  const submit = async (): Promise<void> => void (await client.submitTask(spec));
  const singles = await perSecond(seconds, AT_ONCE, 1, submit);
  const batch = Array.from({ length: BATCH }, () => spec);
  const batches = await perSecond(seconds, 2, BATCH, async () => {
    const { refused } = await client.submitTasks(batch);
    if (refused > 0) throw new Error(`${refused} of a batch were refused`);
  });
  const { p50, p99, max } = await atRate(rate, seconds, submit);
  return {
    ...{ durability, round, per_second: Math.round(singles), batch_per_second: Math.round(batches) },
    ...{ p50, p99, max },
  };
}

/** From the moment a submission was due to its answer. */
async function atRate(rate: number, seconds: number, submit: () => Promise<void>): Promise<Summary> {
  const samples = new Samples();
  const answers: Promise<void>[] = [];
  await openLoop({
    perSecond: rate,
    seconds,
    send: (_index, plannedAt) => {
      answers.push(submit().then(() => samples.add(performance.now() - plannedAt)));
    },
  });
  await Promise.all(answers);
  return samples.summary;
}

async function perSecond(
  seconds: number,
  atOnce: number,
  each: number,
  run: () => Promise<void>,
): Promise<number> {
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  let done = 0;
  const work = async (): Promise<void> => {
    while (performance.now() < endsAt) {
      await run();
      done += each;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return (done * 1000) / (performance.now() - startedAt);
}
