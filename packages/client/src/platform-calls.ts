import type {
  AgentTemplate,
  MessageRecord,
  Priority,
  SpawnRecord,
  UnservedDemand,
} from '@nova-torch/protocol';
import { AgentCalls } from './agent-calls.ts';
import { type CallOptions, type IdempotentCallOptions, keyHeader } from './calls.ts';
import type { components, operations } from './generated/api.ts';

type Schemas = components['schemas'];
export type PlatformHealth = Schemas['PlatformHealth'];
export type Me = Schemas['Me'];
/** Tasks as a journal keeps them. */
export type KeptTasks = operations['adoptJournal']['requestBody']['content']['application/json']['tasks'];
export type StreamInfo = Schemas['StreamList']['streams'][number];

export interface NewMessage {
  /** An agent id, `role:<role>`, `skill:<skill>`, `label:<name>=<value>`, `team:<team>` or `broadcast`. */
  to: string;
  /** Any JSON. */
  body: unknown;
  /** Among what waits in one inbox; normal unless given. */
  priority?: Priority;
  /** ISO 8601: it waits until then. Or seconds from now. */
  deliver_at?: string;
  delay_s?: number;
  /** ISO 8601: nobody is given it from then on. Or seconds from now. */
  expires_at?: string;
  expires_in_s?: number;
}

/** What an agent must be able to do: a role, skills, or both. */
export interface Demanded {
  role?: string;
  skills?: string[];
}

/** For which instances another level of the log, which, and for how many seconds. */
export type SetLogLevel = Schemas['SetLogLevel'];
export type LogLevelChange = Schemas['LogLevelChange'];

const PAGE = 500;

/** The calls about messages, spawning and the platform itself. */
export class PlatformCalls extends AgentCalls {
  /** Sends a message to an agent, to some by role, skill, label or team, or to everybody. */
  async sendMessage(message: NewMessage, options: IdempotentCallOptions = {}): Promise<MessageRecord> {
    const params = { header: keyHeader(options) };
    const sent = await this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.POST('/v1/messages', { ...init, params, body: message }),
    );
    return sent as MessageRecord;
  }

  /** Has services log at another level for a while. */
  async setLogLevel(change: SetLogLevel, options: CallOptions = {}): Promise<LogLevelChange> {
    return this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.PUT('/v1/log-level', { ...init, body: change }),
    );
  }

  /** What became of a message. */
  async getMessage(messageId: string, options: CallOptions = {}): Promise<MessageRecord> {
    const params = { path: { message_id: messageId } };
    const message = await this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.GET('/v1/messages/{message_id}', { ...init, params }),
    );
    return message as MessageRecord;
  }

  /** Gives tasks of the journal of a gateway that is gone to this one. Safe to repeat. */
  adoptTasks(tasks: KeptTasks, options: CallOptions = {}): Promise<{ adopted: number }> {
    return this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.POST('/v1/journal/adopt', { ...init, body: { tasks } }),
    );
  }

  async listTemplates(options: CallOptions = {}): Promise<AgentTemplate[]> {
    const { templates } = await this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.GET('/v1/templates', init),
    );
    return templates as AgentTemplate[];
  }

  /**
   * Starts an agent of a template, or of the first template that covers a demand. Safe to repeat: the same idempotency
   * key is the same spawn.
   */
  async spawnAgent(
    request: { template: string; spawn_id?: string } | { demand: Demanded; spawn_id?: string },
    options: IdempotentCallOptions = {},
  ): Promise<SpawnRecord> {
    const params = { header: keyHeader(options) };
    const spawn = await this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.POST('/v1/spawn', { ...init, params, body: request }),
    );
    return spawn as SpawnRecord;
  }

  /** Every spawn the spawner still knows, newest first. */
  async listSpawns(options: CallOptions = {}): Promise<SpawnRecord[]> {
    const spawns: SpawnRecord[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: PAGE, ...(cursor !== undefined && { cursor }) };
      const page = await this.calls.run({ ...options, safe: true }, (init) =>
        this.calls.api.GET('/v1/spawns', { ...init, params: { query } }),
      );
      spawns.push(...(page.spawns as SpawnRecord[]));
      cursor = page.next_cursor;
    } while (cursor !== undefined);
    return spawns;
  }

  /** What waiting tasks demand that no living agent can do, and what is done about it. */
  async listUnserved(options: CallOptions = {}): Promise<UnservedDemand[]> {
    const { unserved } = await this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.GET('/v1/scaling', init),
    );
    return unserved as UnservedDemand[];
  }

  /** Ends a spawned agent: politely first, or at once with `force`. */
  async terminateAgent(
    agentId: string,
    request: { reason?: string; force?: boolean } = {},
    options: CallOptions = {},
  ): Promise<SpawnRecord> {
    const params = { path: { agent_id: agentId } };
    const spawn = await this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.POST('/v1/agents/{agent_id}/terminate', { ...init, params, body: request }),
    );
    return spawn as SpawnRecord;
  }

  /** Whom the key stands for. */
  me(options: CallOptions = {}): Promise<Me> {
    return this.calls.run({ ...options, safe: true }, (init) => this.calls.api.GET('/v1/me', init));
  }

  /** How the platform is; `status` says whether all of it works. Rejects only when the gateway does not answer. */
  async health(options: CallOptions = {}): Promise<PlatformHealth> {
    return this.calls.run({ ...options, safe: true }, async (init) => {
      const { data, error, response } = await this.calls.api.GET('/health', init);
      // 503 is an answer too: it says what is missing.
      if (data === undefined && isHealth(error)) return { data: error, response: new Response() };
      return { ...(data !== undefined && { data }), error, response };
    });
  }

  async listStreams(options: CallOptions = {}): Promise<StreamInfo[]> {
    const { streams } = await this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.GET('/v1/streams', init),
    );
    return streams;
  }
}

const isHealth = (body: unknown): body is PlatformHealth =>
  typeof body === 'object' && body !== null && 'instances' in body;
