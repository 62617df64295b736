// Inboxes for agents that speak HTTP: reads an agent's inbox for its open pull, woken by the doorbell feed.
//
// D1  A pull is announced before the inbox is read, so a ring while reading is not lost.
// D2  An entry stays pending until the agent acknowledges it. It is given out again when its answer did not get through,
//     when the agent begins a new session, or when it is not acknowledged within `redeliverMs`.
// D3  An agent has one open pull; a new one ends the one before, whose connection may be dead.
// D4  More is read than is given, so that what is urgent goes first (inbox-order.ts in the protocol); the rest stays
//     pending and ungiven. What has expired is never given.
// D5  No pull waits while something is pending that this gateway did not give: another gateway may have left it.
import {
  type AgentId,
  hasExpired,
  INBOX_GROUP,
  INBOX_LOOK_AHEAD,
  type Message,
  NovaError,
  nextOfInbox,
} from '@nova-torch/protocol';
import {
  asList,
  asNumber,
  asStreamEntries,
  type Broker,
  type Codec,
  codeOf,
  type StreamEntry,
} from '@nova-torch/streams';
import { createDoors, type Door, type Doors, OpenPull } from './doors.ts';

/** An inbox entry as it is given to the agent. */
export interface InboxMessage {
  entryId: string;
  message: Message;
}

export interface PullRequest {
  agentId: AgentId;
  /** How many messages at most. */
  max: number;
  waitMs: number;
  session: string | undefined;
  /** Aborted when the agent's connection closes. */
  signal: AbortSignal;
}

export interface InboxDoor {
  /**
   * Reads the inbox, waiting for something to come for at most `waitMs`. Empty at the deadline, when another pull of the
   * agent takes over, and when the gateway stops. Throws AGENT_UNKNOWN when the agent has no inbox, OVERLOADED when too
   * many pulls are open.
   */
  pull(request: PullRequest): Promise<InboxMessage[]>;
  /** The answer with these entries did not get through: they are given out again. */
  undelivered(agentId: AgentId, messages: readonly InboxMessage[]): void;
  /** The agent took these entries. */
  acknowledged(agentId: AgentId, entryIds: readonly string[]): void;
  /** Something was written into this agent's inbox. */
  ring(agentId: AgentId): void;
  /** Rings may have been missed. */
  ringAll(): void;
  /** The agent registered anew: it may have lost what it was given. */
  newSession(agentId: AgentId): void;
  /** The agent's inbox is gone: its open pull looks once more and learns it. */
  gone(agentId: AgentId): void;
  /** Forgets agents that stopped coming; returns how many. */
  sweep(): number;
  /** Answers every open pull, and every later one at once, with what is there. */
  stop(): void;
  /** Whether this agent has an open pull. */
  isOpen(agentId: AgentId): boolean;
  /** How many pulls are open. */
  readonly open: number;
}

export interface InboxDoorOptions {
  broker: Broker;
  codec: Codec<Message>;
  inboxOf(agentId: AgentId): string;
  pullsMax: number;
  redeliverMs: number;
  /** An entry whose time is over: it is acknowledged without being given out. */
  onExpired(agentId: AgentId, entry: StreamEntry, message: Message): void;
  /** An entry that does not decode: it is reported and put aside. */
  onUnreadable(agentId: AgentId, entry: StreamEntry, error: string): void;
}

/** Pending entries read at once when some may have to be given out, and how often: more than an agent may hold. */
const PENDING_READ_MAX = 256;
const PENDING_PAGES_MAX = 8;

/** Makes the door of a gateway; nobody waits at it yet. */
export function createInboxDoor(options: InboxDoorOptions): InboxDoor {
  return new BrokerInboxDoor(options);
}

class BrokerInboxDoor implements InboxDoor {
  readonly #options: InboxDoorOptions;
  readonly #doors: Doors;
  #open = 0;
  #stopped = false;

  constructor(options: InboxDoorOptions) {
    this.#options = options;
    this.#doors = createDoors(() => options.broker.serverNowMs());
  }

  get open(): number {
    return this.#open;
  }

  isOpen(agentId: AgentId): boolean {
    return this.#doors.find(agentId)?.open !== undefined;
  }

  async pull(request: PullRequest): Promise<InboxMessage[]> {
    const { agentId, session, signal } = request;
    const door = this.#doors.of(agentId);
    const { pullsMax } = this.#options;
    if (door.open === undefined && this.#open >= pullsMax) {
      throw new NovaError('OVERLOADED', `${pullsMax} agents are waiting already.`);
    }
    if (session !== undefined && session !== door.session) {
      door.session = session;
      door.rereadPending = true;
      door.handedOut.clear();
    }
    door.open?.finish('superseded');
    const pull = new OpenPull();
    door.open = pull;
    this.#open += 1;
    const onAbort = (): void => pull.finish('closed');
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const messages = await this.#waitFor(request, door, pull);
      if (pull.end !== 'superseded' && !signal.aborted) return messages;
      this.undelivered(agentId, messages);
      return [];
    } catch (error) {
      // The answer to a read may have been lost: what it gave is pending for an agent that never got it.
      door.rereadPending = true;
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#open -= 1;
      if (door.open === pull) door.open = undefined;
    }
  }

  async #waitFor(request: PullRequest, door: Door, pull: OpenPull): Promise<InboxMessage[]> {
    const deadline = performance.now() + request.waitMs;
    for (let isFirst = true; ; isFirst = false) {
      pull.beginRead();
      let messages = await readInbox(this.#options, request, door);
      if (messages.length === 0 && isFirst && (await hasPending(this.#options, request.agentId))) {
        door.rereadPending = true;
        messages = await readInbox(this.#options, request, door);
      }
      if (messages.length > 0) return messages;
      const remainingMs = deadline - performance.now();
      if (remainingMs <= 0 || this.#stopped) return [];
      if ((await pull.wait(remainingMs)) !== 'rang') return [];
    }
  }

  undelivered(agentId: AgentId, messages: readonly InboxMessage[]): void {
    const door = this.#doors.find(agentId);
    if (door === undefined || messages.length === 0) return;
    for (const { entryId } of messages) door.handedOut.delete(entryId);
    door.rereadPending = true;
    door.open?.ring();
  }

  acknowledged(agentId: AgentId, entryIds: readonly string[]): void {
    const door = this.#doors.find(agentId);
    for (const entryId of entryIds) door?.handedOut.delete(entryId);
  }

  ring(agentId: AgentId): void {
    this.#doors.find(agentId)?.open?.ring();
  }

  ringAll(): void {
    for (const door of this.#doors.all()) door.open?.ring();
  }

  newSession(agentId: AgentId): void {
    const door = this.#doors.find(agentId);
    if (door === undefined) return;
    door.rereadPending = true;
    door.handedOut.clear();
    door.open?.ring();
  }

  gone(agentId: AgentId): void {
    this.newSession(agentId);
    this.#doors.remove(agentId);
  }

  sweep(): number {
    return this.#doors.sweep();
  }

  stop(): void {
    this.#stopped = true;
    for (const door of this.#doors.all()) door.open?.finish('stopping');
  }
}

async function readInbox(
  options: InboxDoorOptions,
  { agentId, max }: PullRequest,
  door: Door,
): Promise<InboxMessage[]> {
  const nowMs = options.broker.serverNowMs();
  forgetOverdue(door, nowMs - options.redeliverMs);
  const waiting: InboxMessage[] = [];
  if (door.rereadPending) {
    door.rereadPending = false;
    waiting.push(...open(options, agentId, await readUngiven(options, agentId, door)));
  }
  const ahead = Math.max(max, INBOX_LOOK_AHEAD) - waiting.length;
  if (ahead > 0) waiting.push(...open(options, agentId, await readGroup(options, agentId, ahead, '>')));
  const next = nextOfInbox(waiting, max, door.given, ({ message }) => message);
  // What is more than the agent takes now stays pending, and is looked for at its next pull.
  if (next.length < waiting.length) door.rereadPending = true;
  door.given += next.length;
  for (const { entryId } of next) door.handedOut.set(entryId, nowMs);
  return next;
}

/** Decodes entries; those nobody is to be given are reported. */
function open(options: InboxDoorOptions, agentId: AgentId, entries: readonly StreamEntry[]): InboxMessage[] {
  const nowMs = options.broker.serverNowMs();
  return entries.flatMap((entry) => {
    const decoded = options.codec.decode(entry.fields.m ?? '');
    if (!decoded.ok) options.onUnreadable(agentId, entry, decoded.error);
    else if (hasExpired(decoded.message, nowMs)) options.onExpired(agentId, entry, decoded.message);
    else return [{ entryId: entry.id, message: decoded.message }];
    return [];
  });
}

/** Pending entries the agent was not given, a bounded number. */
async function readUngiven(options: InboxDoorOptions, agentId: AgentId, door: Door): Promise<StreamEntry[]> {
  const ungiven: StreamEntry[] = [];
  let after = '0';
  for (let page = 0; page < PENDING_PAGES_MAX; page += 1) {
    const pending = await readGroup(options, agentId, PENDING_READ_MAX, after);
    ungiven.push(...pending.filter(({ id }) => !door.handedOut.has(id)));
    const last = pending.at(-1);
    if (last === undefined || pending.length < PENDING_READ_MAX) return ungiven;
    after = last.id;
    if (ungiven.length >= PENDING_READ_MAX) break;
  }
  door.rereadPending = true;
  return ungiven;
}

/** D2: what was given out before `beforeMs` and is not acknowledged yet is given out again. */
function forgetOverdue(door: Door, beforeMs: number): void {
  for (const [entryId, atMs] of door.handedOut) {
    if (atMs > beforeMs) break;
    door.handedOut.delete(entryId);
    door.rereadPending = true;
  }
}

async function hasPending({ broker, inboxOf }: InboxDoorOptions, agentId: AgentId): Promise<boolean> {
  try {
    const [count] = asList(await broker.call('XPENDING', inboxOf(agentId), INBOX_GROUP));
    return asNumber(count) > 0;
  } catch (error) {
    throw inboxError(agentId, error);
  }
}

/** Non-blocking. The consumer is the agent itself, whichever gateway it comes through. */
async function readGroup(
  { broker, inboxOf }: InboxDoorOptions,
  agentId: AgentId,
  count: number,
  from: string,
): Promise<StreamEntry[]> {
  try {
    const reply = await broker.call(
      'XREADGROUP',
      'GROUP',
      INBOX_GROUP,
      agentId,
      'COUNT',
      count,
      'STREAMS',
      inboxOf(agentId),
      from,
    );
    return asStreamEntries(reply).flatMap(({ entries }) => entries);
  } catch (error) {
    throw inboxError(agentId, error);
  }
}

function inboxError(agentId: AgentId, error: unknown): unknown {
  if (codeOf(error) !== 'NOGROUP') return error;
  const message = `${agentId} has no inbox: it is not registered, or was taken for dead.`;
  return new NovaError('AGENT_UNKNOWN', message, { field: 'agent_id', cause: error });
}
