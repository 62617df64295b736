import { STREAM_DEPTH_METRICS } from '@nova-torch/metrics';
import {
  type Backlog,
  type Broker,
  type ConsumerSlot,
  readBacklogs,
  type StreamDeclaration,
} from '@nova-torch/streams';
import type { Metrics, Series } from './metrics.ts';

interface Depth extends Omit<Backlog, 'consumers'> {
  /** Those whose lease runs. */
  readonly consumers: number;
}

/**
 * Makes the gauges of what waits in the work streams a service reads with the group of its name. Read from the broker
 * once per scrape; left out while it is gone.
 */
export function observeStreamDepth(
  broker: Broker,
  slot: ConsumerSlot,
  metrics: Metrics,
  streams: readonly StreamDeclaration[],
  group: string,
): void {
  const keys = streams.map(({ key }) => key);
  let reading: Promise<Depth[]> | undefined;
  // All gauges of one scrape are asked in the same turn: they share one reading.
  const read = (): Promise<Depth[]> => {
    reading ??= readDepths(broker, slot, keys, group).finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const ofStream = (pick: (depth: Depth) => number) => async (): Promise<Series<'stream'>[]> =>
    (await read()).map((depth) => [{ stream: depth.stream }, pick(depth)]);
  const ofGroup = (pick: (depth: Depth) => number) => async (): Promise<Series<'stream' | 'group'>[]> =>
    (await read()).map((depth) => [{ stream: depth.stream, group }, pick(depth)]);
  const ageS = (ms: number | undefined): number =>
    ms === undefined ? 0 : Math.max(0, broker.serverNowMs() - ms) / 1000;

  const made = metrics.make(STREAM_DEPTH_METRICS);
  metrics.measureEach(
    made.entries,
    ofStream(({ entries }) => entries),
  );
  metrics.measureEach(
    made.delayed,
    ofStream(({ delayed }) => delayed),
  );
  metrics.measureEach(
    made.deadKept,
    ofStream(({ deadLetters }) => deadLetters),
  );
  metrics.measureEach(
    made.lag,
    ofGroup(({ lag }) => lag),
  );
  metrics.measureEach(
    made.oldestWaiting,
    ofGroup(({ oldestWaitingMs }) => ageS(oldestWaitingMs)),
  );
  metrics.measureEach(
    made.pending,
    ofGroup(({ pending }) => pending),
  );
  metrics.measureEach(
    made.oldestPending,
    ofGroup(({ oldestPendingMs }) => ageS(oldestPendingMs)),
  );
  metrics.measureEach(
    made.consumers,
    ofGroup(({ consumers }) => consumers),
  );
}

async function readDepths(
  broker: Broker,
  slot: ConsumerSlot,
  streams: readonly string[],
  group: string,
): Promise<Depth[]> {
  const backlogs = await readBacklogs(broker, streams, group);
  const leased = await leasedNames(broker, slot, new Set(backlogs.flatMap(({ consumers }) => consumers)));
  return backlogs.map(({ consumers, ...backlog }) => ({
    ...backlog,
    consumers: consumers.filter((name) => leased.has(name)).length,
  }));
}

/** Of these consumer names, those whose lease runs. */
async function leasedNames(
  broker: Broker,
  slot: ConsumerSlot,
  names: ReadonlySet<string>,
): Promise<Set<string>> {
  const leases = [...names].flatMap((name) => {
    const key = slot.leaseKeyOf(name);
    return key === undefined ? [] : [{ name, key }];
  });
  const running = await broker.batch(leases.map(({ key }) => ['EXISTS', key]));
  return new Set(leases.filter((_, i) => Number(running[i]) === 1).map(({ name }) => name));
}
