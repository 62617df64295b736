// What a process holds while it does nothing: taken before and after, it shows what grows.
import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { queryObjects, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface QuietSample {
  readonly heap_kib: number;
  readonly sockets: number;
  readonly timers: number;
  /** Socket objects, AbortSignals, promises and functions (so every listener) that are still held. */
  readonly socket_objects: number;
  readonly signals: number;
  readonly promises: number;
  readonly functions: number;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const count = (what: new (...args: never[]) => unknown): number =>
  Number(queryObjects(what as never, { format: 'count' }));

const SAMPLES = 4;
const BETWEEN_SAMPLES_MS = 250;

/** Collects garbage and counts what is left, some times over: the least of each, without what was just under way. */
export async function takeQuietSample(): Promise<QuietSample> {
  let least = countOnce();
  for (let sample = 1; sample < SAMPLES; sample += 1) {
    await delay(BETWEEN_SAMPLES_MS);
    const next = countOnce();
    least = {
      heap_kib: Math.min(least.heap_kib, next.heap_kib),
      sockets: Math.min(least.sockets, next.sockets),
      timers: Math.min(least.timers, next.timers),
      socket_objects: Math.min(least.socket_objects, next.socket_objects),
      signals: Math.min(least.signals, next.signals),
      promises: Math.min(least.promises, next.promises),
      functions: Math.min(least.functions, next.functions),
    };
  }
  return least;
}

function countOnce(): QuietSample {
  const active = process.getActiveResourcesInfo();
  const open = (kind: RegExp): number => active.filter((name) => kind.test(name)).length;
  collect();
  collect();
  return {
    heap_kib: Math.round(process.memoryUsage().heapUsed / 1024),
    sockets: open(/^TCPSocket/),
    timers: open(/^Timeout/),
    socket_objects: count(Socket),
    signals: count(AbortSignal),
    promises: count(Promise),
    functions: count(Function),
  };
}
