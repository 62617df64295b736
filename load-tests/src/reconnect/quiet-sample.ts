// What a process holds while it does nothing: taken before and after, it shows what grows.
import { Socket } from 'node:net';
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

/** Collects garbage and counts what is left. */
export function takeQuietSample(): QuietSample {
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
