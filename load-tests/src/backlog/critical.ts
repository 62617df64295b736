// A critical task is submitted → an agent has it, open-loop, whatever waits before it.
import { codec } from '@nova-torch/protocol';
import { type Broker, createProducer } from '@nova-torch/streams';
import { within } from '../deadline.ts';
import { openLoop } from '../latency/open-loop.ts';
import { Samples, type Summary } from '../latency/samples.ts';
import type { Begun } from '../worker-process.ts';
import type { AssignmentBook, Wait } from './assignment-book.ts';
import { submissionOf } from './fill.ts';

const ARRIVE_WITHIN_MS = 60_000;
const WARM_UP = 20;

export interface CriticalFinding {
  /** From the planned moment of the submission to the entry of the agent's handler, in ms. */
  readonly ms: Summary;
  /** Of that, from the task being ready to its being given to an agent: the wait for a free slot, in whole ms. */
  readonly ready_to_assigned_ms: Summary;
  readonly raw_ms: readonly number[];
  readonly raw_ready_to_assigned_ms: readonly number[];
}

export interface CriticalOptions {
  readonly broker: Broker;
  readonly book: AssignmentBook;
  readonly samples: number;
  readonly perSecond: number;
  /** Whom the agents' process tells what it began. */
  listen(onBegun: (begun: Begun) => void): void;
}

/** `samples` critical tasks at a fixed rate, after a few that are not counted. */
export async function measureCritical(options: CriticalOptions): Promise<CriticalFinding> {
  const { broker, book, samples, perSecond, listen } = options;
  const producer = createProducer(broker, codec);
  const total = samples + WARM_UP;
  const planned: number[] = [];
  const waits: Wait[] = [];
  const begun = new Map<number, number>();
  const all = Promise.withResolvers<void>();
  listen(({ number, at_ms }) => {
    begun.set(number, at_ms);
    if (begun.size === total) all.resolve();
  });
  const send = (number: number, plannedAt: number): void => {
    planned[number] = performance.timeOrigin + plannedAt;
    const { taskId, stream, message } = submissionOf(number, 'critical');
    waits[number] = book.watch(taskId);
    producer.publish(stream, message).catch(all.reject);
  };
  const seconds = total / perSecond;
  const arrived = async () => `${begun.size} of ${total} were begun`;
  await Promise.all([
    openLoop({ perSecond, seconds, send }),
    within(seconds * 1_000 + ARRIVE_WITHIN_MS, 'critical tasks to be begun', all.promise, arrived),
  ]);
  const [whole, slot] = [new Samples(), new Samples()];
  for (let number = WARM_UP; number < total; number += 1) {
    whole.add((begun.get(number) ?? Number.NaN) - (planned[number] ?? Number.NaN));
    const { readyMs, assignedMs } = waits[number] ?? {};
    if (readyMs !== undefined && assignedMs !== undefined) slot.add(assignedMs - readyMs);
  }
  return {
    ...{ ms: whole.summary, ready_to_assigned_ms: slot.summary },
    ...{ raw_ms: whole.values, raw_ready_to_assigned_ms: slot.values },
  };
}
