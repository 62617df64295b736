import type { TaskChangedV1 } from '@nova-torch/protocol';
import type { GatewayDeps } from '../deps.ts';

/** Keeps the end of a kept task, and wakes the requests that wait for this one. */
export function onTaskChanged({ watch, journal }: GatewayDeps, message: TaskChangedV1): void {
  journal.onChange(message.payload);
  watch.onChange(message.payload);
}
