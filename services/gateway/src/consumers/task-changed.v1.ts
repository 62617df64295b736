import type { TaskChangedV1 } from '@nova-torch/protocol';
import type { GatewayDeps } from '../deps.ts';

/** Keeps the ends of kept tasks, and wakes the requests that wait for these. */
export function onTaskChanged({ watch, journal }: GatewayDeps, message: TaskChangedV1): void {
  for (const change of message.payload.changes) {
    journal.onChange(change);
    watch.onChange(change);
  }
}
