import type { Message } from '@nova-torch/protocol';
import { createService, type Service } from '@nova-torch/service-kit';
import { asEntries, createFeedReader, FIRST_ID } from '@nova-torch/streams';
import type { GatewayDeps } from '../deps.ts';
import { onAgentEvent } from './agent-events.ts';
import { onInboxRang } from './inbox-rang.v1.ts';
import { onServiceStatus } from './service-status.v1.ts';
import { onTaskChanged } from './task-changed.v1.ts';

/** Statuses as old as this are of instances that still count. */
const STATUS_PAST_MS = 10_000;
/** Thousands of transitions a second are few reads; somebody who waits for one of many waits this much longer. */
const GATHER_MS = 4;

interface FeedUse {
  key: string;
  /** Where reading begins at the start and after a gap: now, or a while ago. */
  pastMs: number;
  onMessage(message: Message): void;
  /** What was missed is made good. */
  onGap(): void;
}

/** The feeds the gateway reads, all over one connection. */
export function createGatewayFeeds(deps: GatewayDeps): Service {
  const uses = feedUses(deps);
  for (const { key: feed } of uses) deps.metrics.feedGaps.inc({ feed }, 0);
  let reader: Service | undefined;
  return createService({
    name: 'feeds',
    async start() {
      const begins = await Promise.all(uses.map((use) => beginOf(deps, use)));
      reader = readerOf(deps, uses, begins);
      await reader.start();
    },
    stop: () => reader?.stop(),
  });
}

function feedUses(deps: GatewayDeps): FeedUse[] {
  const { streams, watch, door, journal } = deps;
  return [
    {
      key: streams.tasksActive,
      pastMs: 0,
      onMessage: (message) => void (message.type === 'task.changed.v1' && onTaskChanged(deps, message)),
      onGap: () => {
        watch.lookAgain();
        journal.onGap();
      },
    },
    {
      key: streams.agentsDoorbell,
      pastMs: 0,
      onMessage: (message) => void (message.type === 'inbox.rang.v1' && onInboxRang(deps, message)),
      onGap: () => door.ringAll(),
    },
    {
      key: streams.registryEvents,
      pastMs: 0,
      onMessage: (message) => onAgentEvent(deps, message),
      onGap: () => door.ringAll(),
    },
    {
      key: streams.monitoring,
      pastMs: STATUS_PAST_MS,
      onMessage: (message) => void (message.type === 'service.status.v1' && onServiceStatus(deps, message)),
      // Every instance speaks again within two seconds.
      onGap: () => undefined,
    },
  ];
}

function readerOf(deps: GatewayDeps, uses: readonly FeedUse[], begins: readonly string[]): Service {
  const { broker, codec, logger, metrics } = deps;
  return createFeedReader<Message>({
    broker,
    codec,
    logger,
    gatherMs: GATHER_MS,
    feeds: uses.map((use, index) => ({
      key: use.key,
      from: begins[index] ?? FIRST_ID,
      onMessages: (messages) => {
        for (const { message } of messages) use.onMessage(message);
      },
      onGap: async () => {
        metrics.feedGaps.inc({ feed: use.key });
        const begin = await beginOf(deps, use);
        use.onGap();
        return begin;
      },
    })),
  });
}

function beginOf({ broker }: GatewayDeps, { key, pastMs }: FeedUse): Promise<string> | string {
  return pastMs > 0 ? `${broker.serverNowMs() - pastMs}-0` : lastIdOf(broker, key);
}

/** The id of the newest entry of a feed. */
async function lastIdOf(broker: GatewayDeps['broker'], key: string): Promise<string> {
  const [last] = asEntries(await broker.call('XREVRANGE', key, '+', '-', 'COUNT', 1));
  return last?.id ?? FIRST_ID;
}
