import type { TaskChangedV1 } from '@nova-torch/protocol';
import type { GatewayDeps } from '../deps.ts';

/** Wakes the requests that wait for this task. */
export function onTaskChanged({ watch }: GatewayDeps, message: TaskChangedV1): void {
  watch.onChange(message.payload);
}
