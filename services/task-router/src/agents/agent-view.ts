// The router's picture of the fleet: a snapshot asked of the registry, kept up by its feed (invariant I1). Every
// instance keeps it, active or not, so that a standby can take over at once.
import {
  type AgentId,
  AgentListV1,
  type AgentRecord,
  type Message,
  newMessage,
  type StreamKeys,
} from '@nova-torch/protocol';
import { createService, type Logger, type Service } from '@nova-torch/service-kit';
import {
  type Broker,
  type Codec,
  createFeedReader,
  type FeedMessage,
  NoAnswerError,
  type Requester,
} from '@nova-torch/streams';
import type { AgentIndex } from '../domain/agent-index.ts';
import { takeAgentEvent } from './agent-events.ts';

/** What the active router wants to know of changes in the fleet. */
export interface FleetListener {
  /** Joined, or something of it changed: it may take tasks now. */
  changed(agentId: AgentId): void;
  /** Failed or left. `certain`: it surely does nothing any more. */
  gone(agentId: AgentId, certain: boolean): void;
  /** Its record and inbox are deleted. */
  reaped(agentId: AgentId): void;
  /** A whole snapshot was taken over. */
  reloaded(): void;
}

export interface AgentView extends Service {
  /** Whether a snapshot was taken over. */
  readonly loaded: boolean;
  /** Tells one listener at a time: the active session. */
  listen(listener: FleetListener | undefined): void;
}

export interface AgentViewOptions {
  readonly broker: Broker;
  readonly codec: Codec<Message>;
  readonly requester: Requester<Message>;
  readonly streams: StreamKeys;
  readonly instance: string;
  readonly agents: AgentIndex;
  readonly logger: Logger;
}

/** What busy agents have done changes all the time; an agent that joins a quiet fleet is seen at once. */
const GATHER_MS = 10;
const FIRST_RETRY_MS = 50;
const RETRY_MAX_MS = 1000;
const SNAPSHOT_TIMEOUT_MS = 2000;

export function createAgentView(options: AgentViewOptions): AgentView {
  return new FollowedFleet(options);
}

class FollowedFleet implements AgentView {
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly #options: AgentViewOptions;
  #listener: FleetListener | undefined;
  #loaded = false;
  #stopping = new AbortController();
  #following: Promise<void> | undefined;
  #reader: Service | undefined;

  constructor(options: AgentViewOptions) {
    this.#options = options;
    const service = createService({
      name: 'agent view',
      start: () => {
        this.#stopping = new AbortController();
        this.#following = this.#follow(this.#stopping.signal);
      },
      stop: async () => {
        this.#stopping.abort();
        await this.#following;
        await this.#reader?.stop();
      },
    });
    this.start = service.start;
    this.stop = service.stop;
  }

  get loaded(): boolean {
    return this.#loaded;
  }

  listen(listener: FleetListener | undefined): void {
    this.#listener = listener;
  }

  /** Asks for the snapshot until the registry answers, then follows its feed. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { broker, codec, streams, logger } = this.#options;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        const from = await this.#reload();
        if (signal.aborted) return;
        this.#reader = createFeedReader({
          broker,
          codec,
          logger,
          gatherMs: GATHER_MS,
          feeds: [
            {
              key: streams.registryEvents,
              from,
              onMessages: (messages) => this.#take(messages),
              onGap: () => this.#reload(),
            },
          ],
        });
        await this.#reader.start();
        return;
      } catch (error) {
        if (signal.aborted) return;
        const level = error instanceof NoAnswerError ? 'info' : 'warn';
        logger[level]({ err: error }, 'no snapshot of the agents yet, asking again');
        const waitMs = Math.min(RETRY_MAX_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10));
        await pause(waitMs, signal);
      }
    }
  }

  /** Takes over a snapshot; returns the feed's entry id it was taken at. */
  async #reload(): Promise<string> {
    const { agents } = this.#options;
    const records: AgentRecord[] = [];
    let feedId: string | undefined;
    let cursor: string | undefined;
    do {
      const page = await this.#ask(cursor);
      feedId ??= page.feed_id;
      records.push(...page.agents);
      cursor = page.next_cursor;
    } while (cursor !== undefined);
    const present = new Set(records.map(({ agent_id }) => agent_id));
    for (const record of records) agents.put(record);
    for (const { id } of [...agents.agents()]) if (!present.has(id)) this.#drop(id);
    this.#loaded = true;
    this.#listener?.reloaded();
    return feedId;
  }

  async #ask(cursor: string | undefined) {
    const { broker, requester, streams, instance } = this.#options;
    const nowMs = broker.serverNowMs();
    const fields = {
      sender: instance,
      target: 'registry',
      nowMs,
      expires_at: (nowMs + SNAPSHOT_TIMEOUT_MS) / 1000,
    };
    const payload = AgentListV1.payload.parse(cursor === undefined ? {} : { cursor });
    const question = newMessage(AgentListV1, payload, fields);
    const answer = await requester.request(streams.registry, question, { timeoutMs: SNAPSHOT_TIMEOUT_MS });
    if (answer.type === 'agent.page.v1') return answer.payload;
    const detail = answer.type === 'request.refused.v1' ? answer.payload.detail : answer.type;
    throw new Error(`the registry did not answer with its agents: ${detail}`);
  }

  #drop(agentId: AgentId): void {
    this.#options.agents.remove(agentId);
    this.#listener?.reaped(agentId);
  }

  #take(messages: readonly FeedMessage<Message>[]): void {
    for (const { message } of messages) takeAgentEvent(message, this.#options.agents, this.#listener);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
