import type { Message, StreamKeys } from '@nova-torch/protocol';
import type { Health, Logger, Tracing } from '@nova-torch/service-kit';
import type { Broker, Codec } from '@nova-torch/streams';
import type { Asking } from './asking.ts';
import type { AgentTokens } from './auth/agent-token.ts';
import type { FleetHealth } from './domain/fleet-health.ts';
import type { GatewayJournal } from './journal/gateway-journal.ts';
import type { QueueWatcher } from './loops/queue-watcher.ts';
import type { GatewayMetrics } from './metrics.ts';
import type { IdempotencyStore } from './store/idempotency-store.ts';
import type { InboxDoor } from './waiting/inbox-door.ts';
import type { SessionSigns } from './waiting/session-signs.ts';
import type { TaskWatch } from './waiting/task-watch.ts';

/** What routes and consumers work with. Each takes what it needs of it. */
export interface GatewayDeps {
  readonly instance: string;
  readonly partition: number;
  readonly streams: StreamKeys;
  readonly broker: Broker;
  readonly codec: Codec<Message>;
  readonly logger: Logger;
  readonly tracing: Tracing;
  readonly metrics: GatewayMetrics;
  readonly health: Health;
  readonly asking: Asking;
  readonly journal: GatewayJournal;
  readonly idempotency: IdempotencyStore;
  readonly tokens: AgentTokens;
  readonly queue: QueueWatcher;
  readonly watch: TaskWatch;
  readonly door: InboxDoor;
  readonly signs: SessionSigns;
  readonly fleet: FleetHealth;
}
