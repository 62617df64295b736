import type { Message } from '@nova-torch/protocol';
import { asEntries, createFeedReader, type FeedReader } from '@nova-torch/streams';
import type { GatewayDeps } from '../deps.ts';
import { onAgentEvent } from './agent-events.ts';
import { onInboxRang } from './inbox-rang.v1.ts';
import { onServiceStatus } from './service-status.v1.ts';
import { onTaskChanged } from './task-changed.v1.ts';

/** Statuses as old as this are of instances that still count. */
const STATUS_PAST_MS = 10_000;

interface FeedUse {
  key: string;
  /** Where reading begins at the start and after a gap: now, or a while ago. */
  pastMs: number;
  onMessage(deps: GatewayDeps, message: Message): void;
  /** What was missed is made good. */
  onGap(deps: GatewayDeps): void;
}

/** The feeds the gateway reads, all over one connection. */
export function createGatewayFeeds(deps: GatewayDeps): FeedReader {
  const { streams, broker, codec, metrics, logger } = deps;
  const uses: FeedUse[] = [
    {
      key: streams.tasksActive,
      pastMs: 0,
      onMessage: (_, message) => message.type === 'task.changed.v1' && onTaskChanged(deps, message),
      onGap: ({ watch }) => watch.lookAgain(),
    },
    {
      key: streams.agentsDoorbell,
      pastMs: 0,
      onMessage: (_, message) => message.type === 'inbox.rang.v1' && onInboxRang(deps, message),
      onGap: ({ door }) => door.ringAll(),
    },
    { key: streams.registryEvents, pastMs: 0, onMessage: onAgentEvent, onGap: ({ door }) => door.ringAll() },
    {
      key: streams.monitoring,
      pastMs: STATUS_PAST_MS,
      onMessage: (_, message) => message.type === 'service.status.v1' && onServiceStatus(deps, message),
      // Every instance speaks again within two seconds.
      onGap: () => undefined,
    },
  ];
  const beginOf = async ({ key, pastMs }: FeedUse): Promise<string> =>
    pastMs > 0 ? `${broker.serverNowMs() - pastMs}-0` : lastIdOf(broker, key);
  return createFeedReader<Message>({
    broker,
    codec,
    logger,
    feeds: uses.map((use) => ({
      key: use.key,
      from: () => beginOf(use),
      onMessages: (messages) => {
        for (const { message } of messages) use.onMessage(deps, message);
      },
      onGap: async () => {
        metrics.feedGaps.inc({ feed: use.key });
        const begin = await beginOf(use);
        use.onGap(deps);
        return begin;
      },
    })),
  });
}

/** The id of the newest entry of a feed, `0-0` while there is none. */
async function lastIdOf(broker: GatewayDeps['broker'], key: string): Promise<string> {
  const [last] = asEntries(await broker.call('XREVRANGE', key, '+', '-', 'COUNT', 1));
  return last?.id ?? '0-0';
}
