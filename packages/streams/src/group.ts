import type { Broker } from './broker.ts';
import { codeOf } from './errors.ts';

/** Creates the group at the beginning of each stream, and the stream itself, where they are missing. */
export async function ensureGroups(broker: Broker, streams: readonly string[], group: string): Promise<void> {
  const created = streams.map((stream) => broker.call('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM'));
  for (const result of await Promise.allSettled(created)) {
    if (result.status === 'rejected' && codeOf(result.reason) !== 'BUSYGROUP') throw result.reason;
  }
}
