// The same question put to BullMQ: a job is added → the Worker's processor is entered; in turns with Nova-Torch.
import { startTestBroker } from '@nova-torch/testing';
import { Queue, Worker } from 'bullmq';
import { connectionOf, QUEUE } from '../contenders/bullmq.ts';
import { median } from '../contest.ts';
import { type Arrivals, type Rate, timeArrivals } from './arrivals.ts';
import type { Summary } from './samples.ts';
import type { Finding, Scene } from './scenario.ts';
import { measureTasks, WARM_UP_S } from './tasks.ts';

const GOAL = 'p50 ≤ 1 ms, p99 ≤ 6 ms';
const OURS = 'Nova-Torch';
const THEIRS = 'BullMQ';

export interface BesideOptions {
  readonly rounds: number;
  readonly rate: Rate;
  /** Jobs the Worker runs at the same time. */
  readonly concurrency: number;
}

/** Rounds in alternating order, so that a drift of the machine favours nobody. */
export function besideBullMq({ rounds, rate, concurrency }: BesideOptions) {
  const ours = async (scene: Scene): Promise<Finding> => {
    const finding = await measureTasks(scene, 'over streams', rate, GOAL);
    return { ...finding, what: `${OURS}: ${finding.what}`, contender: OURS };
  };
  const theirs = () => measureBullMq(rate, concurrency);
  return Array.from({ length: rounds }, (_, i) => (i % 2 === 0 ? [ours, theirs] : [theirs, ours])).flat();
}

/** Queue and Worker in this process, on a broker of the platform's kind that they have for themselves. */
async function measureBullMq(rate: Rate, concurrency: number): Promise<Finding> {
  const broker = await startTestBroker();
  const connection = connectionOf(broker.url);
  let onArrived: (index: number) => void = () => undefined;
  const queue = new Queue(QUEUE, { connection });
  const worker = new Worker(QUEUE, async ({ data }) => onArrived(data.index), {
    connection: { ...connection, maxRetriesPerRequest: null },
    concurrency,
  });
  const run = (forSeconds: number): Promise<Arrivals> =>
    timeArrivals(
      { perSecond: rate.perSecond, seconds: forSeconds },
      (index) =>
        queue.add('task', { index, text: 'x'.repeat(100) }, { removeOnComplete: true, removeOnFail: true }),
      (listener) => {
        onArrived = listener;
      },
    );
  try {
    await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
    await run(WARM_UP_S);
    const { fromCall, fromPlan } = await run(rate.seconds);
    const what = `${THEIRS}: add → processor has it, ${rate.perSecond}/s`;
    const notes = { from_call: fromCall.summary, concurrency };
    return { what, goal: GOAL, samples: fromPlan, contender: THEIRS, notes };
  } finally {
    await worker.close();
    await queue.close();
    await broker.stop();
  }
}

/** The medians of both over the rounds, from the planned moment and from the call; nothing when there are none. */
export function describeBeside(findings: readonly Finding[]): string[] {
  const rows = [OURS, THEIRS].flatMap((contender) => {
    const own = findings.filter((finding) => finding.contender === contender);
    if (own.length === 0) return [];
    const of = (pick: (summary: Summary) => number, from: (finding: Finding) => Summary): string =>
      median(own.map((finding) => pick(from(finding)))).toFixed(2);
    const planned = (finding: Finding): Summary => finding.samples.summary;
    const called = (finding: Finding): Summary => finding.notes?.from_call as Summary;
    const figures = [planned, called].flatMap((from) => [
      of(({ p50 }) => p50, from),
      of(({ p99 }) => p99, from),
    ]);
    return [`| ${contender} | ${figures.join(' | ')} | ${own.length} |`];
  });
  if (rows.length === 0) return [];
  return [
    '\n| medians of the rounds (ms) | from the planned moment: p50 | p99 | from the call: p50 | p99 | rounds |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ];
}
