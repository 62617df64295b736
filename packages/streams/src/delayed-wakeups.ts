import type { Broker } from './broker.ts';

/** Told that a delayed message of `stream` is due at `dueMs` (server time). */
export type DelayedListener = (stream: string, dueMs: number) => void;

// Promoter and consumers of a process know each other only through the broker they share.
const listeners = new WeakMap<Broker, Set<DelayedListener>>();

/** Tells the promoters of this process that a message was delayed. */
export function announceDelayed(broker: Broker, stream: string, dueMs: number): void {
  for (const listener of listeners.get(broker) ?? []) listener(stream, dueMs);
}

/** Listens for messages delayed by this process. Returns what ends the subscription. */
export function onDelayed(broker: Broker, listener: DelayedListener): () => void {
  const set = listeners.get(broker) ?? new Set();
  listeners.set(broker, set);
  set.add(listener);
  return () => set.delete(listener);
}
