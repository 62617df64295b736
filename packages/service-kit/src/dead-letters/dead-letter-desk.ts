// The dead letters of one service: found, shown, put back, thrown away, under ids that name stream and entry.
import {
  AgentId,
  type DeadLetterAttempt,
  type DeadLetterFilter,
  type DeadLetterId,
  type DeadLetterResult,
  type DeadLetterSummary,
  deadLetterNames,
  INBOXES,
  InboxRangV1,
  keptUnder,
  type Message,
  newMessage,
  type ServiceName,
  type StreamKeys,
  splitDeadLetterId,
} from '@nova-torch/protocol';
import {
  type Broker,
  type Codec,
  type DeadLetter,
  type DeadLetters,
  deadLetters,
  type Replayed,
} from '@nova-torch/streams';
import type { Tracing } from '@nova-torch/tracing';

export interface DeadLetterDeskOptions {
  broker: Broker;
  codec: Codec<Message>;
  service: ServiceName;
  instance: string;
  streams: StreamKeys;
  tracing: Tracing;
}

export interface DeadLetterQuery {
  filter: DeadLetterFilter;
  /** The id of the last one of the page before. */
  cursor?: string | undefined;
  limit: number;
}

/** Which ones are to be put back or thrown away: those named, or a page of those that fit. */
export type DeadLetterChoice = { ids: readonly DeadLetterId[] } | DeadLetterQuery;

/** What the service can do with its dead letters. */
export interface DeadLetterDesk {
  /** A page, stream by stream, the newest first; as many as fit into a message. */
  list(query: DeadLetterQuery): Promise<{ dead_letters: DeadLetterSummary[]; next_cursor?: string }>;
  get(id: DeadLetterId): Promise<ShownDeadLetter | undefined>;
  /** Puts each back once, however often it is asked for; the oldest first. */
  replay(choice: DeadLetterChoice, by: string): Promise<SettledPage>;
  discard(choice: DeadLetterChoice): Promise<SettledPage>;
}

export interface ShownDeadLetter {
  summary: DeadLetterSummary;
  history: readonly DeadLetterAttempt[];
  /** The message as it was on the stream. */
  original: string;
}

export interface SettledPage {
  results: DeadLetterResult[];
  next_cursor?: string;
}

/** Summaries of a page as JSON: below the limit of a message, with room for its envelope. */
const PAGE_BYTES_MAX = 224 * 1024;

type Letter = DeadLetter<Message>;

/** The desk of a service. Every name of `deadLetterNames(service)` is looked after. */
export function createDeadLetterDesk(options: DeadLetterDeskOptions): DeadLetterDesk {
  return new Desk(options);
}

class Desk implements DeadLetterDesk {
  readonly #options: DeadLetterDeskOptions;
  readonly #kept: ReadonlyMap<string, DeadLetters<Message>>;

  constructor(options: DeadLetterDeskOptions) {
    const { broker, codec, service, streams } = options;
    this.#options = options;
    this.#kept = new Map(
      deadLetterNames(service).map((name) => [name, deadLetters(broker, codec, `${streams.tag}.${name}`)]),
    );
  }

  async list(query: DeadLetterQuery): Promise<{ dead_letters: DeadLetterSummary[]; next_cursor?: string }> {
    const { found, next } = await this.#find(query);
    const summaries: DeadLetterSummary[] = [];
    let bytes = 0;
    for (const { name, letter } of found) {
      const summary = this.#summary(name, letter);
      bytes += Buffer.byteLength(JSON.stringify(summary));
      const last = summaries.at(-1);
      if (bytes > PAGE_BYTES_MAX && last !== undefined) {
        return { dead_letters: summaries, next_cursor: last.dead_letter_id };
      }
      summaries.push(summary);
    }
    return { dead_letters: summaries, ...(next !== undefined && { next_cursor: next }) };
  }

  async get(id: DeadLetterId): Promise<ShownDeadLetter | undefined> {
    const { name, entryId } = splitDeadLetterId(id);
    const letter = await this.#kept.get(name)?.get(entryId);
    if (letter === undefined) return undefined;
    return { summary: this.#summary(name, letter), history: letter.history, original: letter.json };
  }

  replay(choice: DeadLetterChoice, by: string): Promise<SettledPage> {
    return this.#settle(choice, (id) => this.#replayOne(id, by));
  }

  discard(choice: DeadLetterChoice): Promise<SettledPage> {
    return this.#settle(choice, async (id) => {
      const { name, entryId } = splitDeadLetterId(id);
      const gone = await this.#kept.get(name)?.remove(entryId);
      return { dead_letter_id: id, outcome: gone ? 'discarded' : 'unknown' };
    });
  }

  async #settle(
    choice: DeadLetterChoice,
    settle: (id: DeadLetterId) => Promise<DeadLetterResult>,
  ): Promise<SettledPage> {
    const page = 'ids' in choice ? { ids: choice.ids, next: undefined } : await this.#idsOf(choice);
    const results: DeadLetterResult[] = [];
    for (const id of page.ids) results.push(await settle(id));
    return { results, ...(page.next !== undefined && { next_cursor: page.next }) };
  }

  async #idsOf(query: DeadLetterQuery): Promise<{ ids: DeadLetterId[]; next: string | undefined }> {
    const { found, next } = await this.#find(query);
    // What was sent first comes back first.
    return { ids: found.map(({ name, letter }) => idOf(name, letter.id)).reverse(), next };
  }

  async #replayOne(id: DeadLetterId, by: string): Promise<DeadLetterResult> {
    const { broker } = this.#options;
    const { name, entryId } = splitDeadLetterId(id);
    const kept = this.#kept.get(name);
    const letter = await kept?.get(entryId);
    const expiresAt = letter?.message?.expires_at;
    if (expiresAt !== undefined && expiresAt * 1000 <= broker.serverNowMs()) {
      return { dead_letter_id: id, outcome: 'expired' };
    }
    const publish = letter === undefined ? [] : this.#bellOf(letter);
    const replayed = await this.#putBack(letter, (traceparent) =>
      kept?.replay(entryId, { by, traceparent, publish }),
    );
    if (replayed === undefined) return { dead_letter_id: id, outcome: 'unknown' };
    return {
      dead_letter_id: id,
      outcome: replayed.kind,
      ...('entryId' in replayed && { entry_id: replayed.entryId }),
    };
  }

  /** Puts it back in a span of the request's trace that is linked to the trace of the message. */
  async #putBack(
    letter: Letter | undefined,
    replay: (traceparent: string | undefined) => Promise<Replayed> | undefined,
  ): Promise<Replayed | undefined> {
    if (letter === undefined) return replay(undefined);
    const former = letter.message?.traceparent;
    const span = this.#options.tracing.startSendSpan(letter.source, {
      attributes: {
        'messaging.message.id': letter.message?.id,
        'nova_torch.dead_letter.reason': letter.reason,
      },
      ...(former !== undefined && { links: [former] }),
    });
    try {
      const replayed = await replay(span.traceparent);
      span.end();
      return replayed;
    } catch (error) {
      span.end(error);
      throw error;
    }
  }

  /** Whoever writes into an inbox rings. */
  #bellOf({ source }: Letter): { stream: string; json: string }[] {
    const { broker, codec, instance, streams } = this.#options;
    const agentId = AgentId.safeParse(source.slice(`${streams.tag}.${INBOXES}.`.length));
    if (!agentId.success || source !== streams.agentInbox(agentId.data)) return [];
    const head = { sender: instance, target: 'all', nowMs: broker.serverNowMs() };
    const rang = newMessage(InboxRangV1, { agent_id: agentId.data }, head);
    return [{ stream: streams.agentsDoorbell, json: codec.encode(rang) }];
  }

  async #find({ filter, cursor, limit }: DeadLetterQuery): Promise<{
    found: { name: string; letter: Letter }[];
    next: string | undefined;
  }> {
    const { stream, since_ms: sinceMs, until_ms: untilMs, ...rest } = filter;
    const from = cursor === undefined ? undefined : splitDeadLetterId(cursor as DeadLetterId);
    const wanted = { ...rest, sinceMs, untilMs, source: this.#sourceOf(stream) };
    const names = [...this.#kept.keys()].filter((name) => stream === undefined || name === keptUnder(stream));
    const found: { name: string; letter: Letter }[] = [];
    for (const name of from === undefined ? names : names.slice(Math.max(0, names.indexOf(from.name)))) {
      const before = name === from?.name ? from.entryId : undefined;
      const page = await this.#kept.get(name)?.find({ filter: wanted, before, limit: limit - found.length });
      found.push(...(page?.letters ?? []).map((letter) => ({ name, letter })));
      if (page?.next !== undefined) return { found, next: idOf(name, page.next) };
    }
    return { found, next: undefined };
  }

  #sourceOf(stream: string | undefined): string | undefined {
    return stream === undefined || stream === INBOXES ? undefined : `${this.#options.streams.tag}.${stream}`;
  }

  #summary(name: string, letter: Letter): DeadLetterSummary {
    const { id, atMs, source, entryId, group, reason, error, history, json, message } = letter;
    const replays = history.filter(({ outcome }) => outcome === 'replayed').length;
    const prefix = `${this.#options.streams.tag}.`;
    return {
      dead_letter_id: idOf(name, id),
      at_ms: atMs,
      stream: source.startsWith(prefix) ? source.slice(prefix.length) : source,
      entry_id: entryId,
      ...{ group, reason, error, replays },
      attempts: history.length - replays,
      bytes: Buffer.byteLength(json),
      ...(message && {
        message: { id: message.id, type: message.type, sender: message.sender, target: message.target },
      }),
    };
  }
}

const idOf = (name: string, entryId: string): DeadLetterId => `${name}:${entryId}` as DeadLetterId;
