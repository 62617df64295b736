import { INBOX_GROUP } from '@nova-torch/protocol';
import { type Broker, createTrimmer, type StreamsLogger } from '@nova-torch/streams';
import type { AgentStore } from '../store/agent-store.ts';
import type { RegistryKeys } from '../store/keys.ts';

/** Inboxes looked at in one run. */
const INBOXES_AT_ONCE = 200;

export interface InboxTrimmerOptions {
  readonly broker: Broker;
  readonly store: AgentStore;
  readonly keys: RegistryKeys;
  readonly logger: StreamsLogger;
}

/** Trims the inboxes one page of agents after the other, up to what each agent took; then starts over. */
export function createInboxTrimmer({ broker, store, keys, logger }: InboxTrimmerOptions): {
  runOnce(): Promise<{ trimmed: number }>;
} {
  let after = '';
  return {
    async runOnce() {
      const ids = await store.readIds(after, INBOXES_AT_ONCE);
      after = ids.length < INBOXES_AT_ONCE ? '' : (ids.at(-1) ?? '');
      const streams = ids.map(
        (id) => ({ key: keys.inbox(id), kind: 'work', groups: [INBOX_GROUP] }) as const,
      );
      return createTrimmer({ broker, streams, logger }).runOnce();
    },
  };
}
