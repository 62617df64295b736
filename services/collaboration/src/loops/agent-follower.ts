// Keeps the read model of the registry's agents: a snapshot by pages, then the registry's feed from the id the
// snapshot was taken at; another snapshot whenever the feed has a gap.
import { setTimeout as pause } from 'node:timers/promises';
import { AgentListV1, type AgentRecord, type Message, newMessage, PAGE_MAX } from '@nova-torch/protocol';
import { createService, type Logger, type Service } from '@nova-torch/service-kit';
import {
  type Broker,
  type Codec,
  createFeedReader,
  type FeedMessage,
  type FeedReaderOptions,
  type Requester,
} from '@nova-torch/streams';
import type { AgentView } from '../domain/agent-view.ts';

/** What busy agents have done changes all the time; an agent that joins a quiet fleet is seen at once. */
const GATHER_MS = 10;
/** The pause before the registry is asked again, ms. */
const AGAIN_MS = 250;

export interface AgentFollowerOptions {
  readonly broker: Broker;
  readonly codec: Codec<Message>;
  readonly requester: Requester<Message>;
  readonly view: AgentView;
  readonly instance: string;
  /** The registry's work stream and its feed. */
  readonly registry: string;
  readonly events: string;
  readonly logger: Logger;
  /** Called after each snapshot. */
  onSnapshot(): void;
  /** Called after each event was taken in. */
  onEvent(event: Message): void;
}

export interface AgentFollower extends Service {
  /** Whether a snapshot has been read since the start. */
  readonly loaded: boolean;
}

/** Makes a follower. `start` does not wait for the registry; `loaded` tells when it answered. */
export function createAgentFollower(options: AgentFollowerOptions): AgentFollower {
  let loaded = false;
  let stopping = new AbortController();
  let following: Promise<Service | undefined> | undefined;

  const load = async (): Promise<string> => {
    const { records, feedId } = await readSnapshot(options);
    options.view.replace(records);
    loaded = true;
    options.onSnapshot();
    return feedId;
  };
  const follow = async (signal: AbortSignal): Promise<Service | undefined> => {
    const from = await loadPatiently(options, load, signal);
    if (from === undefined) return undefined;
    const reader = createFeedReader<Message>(feedOptions(options, from, load));
    await reader.start();
    return reader;
  };
  const service = createService({
    name: 'agent follower',
    start() {
      stopping = new AbortController();
      following = follow(stopping.signal);
    },
    async stop() {
      stopping.abort();
      await (await following)?.stop();
      loaded = false;
    },
  });
  return {
    start: () => service.start(),
    stop: () => service.stop(),
    get loaded() {
      return loaded;
    },
  };
}

/** Asks for a snapshot until there is one; undefined when stopped before. */
async function loadPatiently(
  { logger }: AgentFollowerOptions,
  load: () => Promise<string>,
  signal: AbortSignal,
): Promise<string | undefined> {
  while (!signal.aborted) {
    try {
      return await load();
    } catch (error) {
      if (signal.aborted) return undefined;
      logger.warn({ err: error }, 'the registry did not give a snapshot, asking again');
      await pause(AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

function feedOptions(
  { broker, codec, logger, events, view, onEvent }: AgentFollowerOptions,
  from: string,
  onGap: () => Promise<string>,
): FeedReaderOptions<Message> {
  const onMessages = (messages: FeedMessage<Message>[]): void => {
    for (const { message } of messages) {
      view.apply(message);
      onEvent(message);
    }
  };
  return { broker, codec, logger, gatherMs: GATHER_MS, feeds: [{ key: events, from, onGap, onMessages }] };
}

async function readSnapshot({ requester, broker, instance, registry }: AgentFollowerOptions) {
  const records: AgentRecord[] = [];
  let feedId: string | undefined;
  for (let cursor: string | undefined; ; ) {
    const question = { limit: PAGE_MAX, ...(cursor !== undefined && { cursor }) };
    const fields = { sender: instance, target: 'registry', nowMs: broker.serverNowMs() };
    const answer = await requester.request(registry, newMessage(AgentListV1, question, fields));
    if (answer.type !== 'agent.page.v1') throw new Error(`the registry answered with ${answer.type}`);
    records.push(...answer.payload.agents);
    // The first page's: what changes while later pages are read comes again with the feed.
    feedId ??= answer.payload.feed_id;
    cursor = answer.payload.next_cursor;
    if (cursor === undefined) return { records, feedId };
  }
}
