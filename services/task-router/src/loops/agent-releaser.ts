// Moves the tasks of agents that are gone, and tells the registry when nothing is left.
//
// G1. What surely runs no more moves at once. So does what was reported as started: the lease says how long an
//     assignment may still be started, and the epoch rejects what the former agent may yet report. An assignment that
//     nobody reported as started moves when its lease has passed.
// G2. `agent.released.v1` is sent when no task of the agent is held or on its way to it, also when there was none. The
//     store decides that, not the memory: an assignment whose write was never answered is in the store only.
//     A router that becomes active does this again for every agent that is gone: the registry takes it twice.
// G3. What was reported before an agent was known to be gone is heard first: it may have finished. So is a report that could
//     not be taken at once and comes back. That is waited for {@link HEAR_MAX_MS} at most, so that a stuck report holds
//     nothing up for long.
import {
  type AgentId,
  AgentReleasedV1,
  isHeld,
  type Message,
  mayTakeTasks,
  newMessage,
  type TaskError,
} from '@nova-torch/protocol';
import { type Broker, oldestDelayedMs, oldestUnsettledMs, type Producer } from '@nova-torch/streams';
import type { ActiveDeps } from '../active/deps.ts';
import { heldRecords } from '../active/load-memory.ts';
import { loseAttempt } from '../domain/attempts.ts';
import { openDraft, ROUTER } from '../domain/draft.ts';
import type { TaskRecord } from '../domain/task-record.ts';
import { isApplied } from '../store/apply-transitions.ts';
import type { RunResult } from './wakeable-loop.ts';

/** An agent that is gone. */
export interface Gone {
  /** Nothing of it runs any more. */
  readonly certain: boolean;
  readonly reason: string;
  /** When it was known; what it got after that, it got as somebody new. */
  readonly atMs: number;
}

export interface AgentReleaserOptions {
  readonly deps: ActiveDeps;
  readonly broker: Broker;
  readonly reportsStream: string;
  /** The routers' group on that stream. */
  readonly group: string;
  readonly producer: Producer<Message>;
  readonly registryStream: string;
  readonly instance: string;
}

/** Looked at again after this long when an assignment is on its way to the agent or a task changed meanwhile, in ms. */
const AGAIN_MS = 20;
const HEAR_MAX_MS = 5_000;

export class AgentReleaser {
  readonly #options: AgentReleaserOptions;
  readonly #gone = new Map<AgentId, Gone>();
  /** Reports that were put off have come back by then, as new entries of the stream; undefined while some have not. */
  #allBackMs: number | undefined = 0;

  constructor(options: AgentReleaserOptions) {
    this.#options = options;
  }

  /** The agent is gone; `runOnce` sees to it. What is certain stays certain. */
  add(agentId: AgentId, gone: Gone): void {
    if (this.#gone.get(agentId)?.certain !== true) this.#gone.set(agentId, gone);
  }

  /** The agent lives again: what it surely dropped still moves, the rest is its own again. */
  back(agentId: AgentId): void {
    if (this.#gone.get(agentId)?.certain === false) this.#gone.delete(agentId);
  }

  async runOnce(): Promise<RunResult & { readonly moved: number; readonly released: number }> {
    const { memory } = this.#options.deps;
    let moved = 0;
    let released = 0;
    let nextAtMs: number | undefined;
    const isHeardAt = this.#gone.size === 0 ? () => false : await this.#listen();
    for (const [agentId, gone] of [...this.#gone]) {
      const isHeard = isHeardAt(gone.atMs) || gone.atMs + HEAR_MAX_MS <= this.#options.deps.nowMs();
      const step = await this.#moveTasks(agentId, gone, isHeard);
      moved += step.moved;
      if (step.againAtMs !== undefined) {
        nextAtMs = Math.min(nextAtMs ?? Number.POSITIVE_INFINITY, step.againAtMs);
        continue;
      }
      if (!this.#gone.has(agentId)) continue;
      const agent = memory.agents.get(agentId);
      if (agent !== undefined && !mayTakeTasks(agent.record.status)) {
        await this.#tellRegistry(agentId);
        released += 1;
      }
      if (this.#gone.get(agentId) === gone) this.#gone.delete(agentId);
    }
    return { moved, released, nextAtMs };
  }

  /** Whether every report written up to a moment was handled. */
  async #listen(): Promise<(atMs: number) => boolean> {
    const { broker, reportsStream, group, deps } = this.#options;
    // In this order: what comes back in between is seen in the stream.
    const delayedMs = await oldestDelayedMs(broker, reportsStream, group);
    const unsettledMs = await oldestUnsettledMs(broker, reportsStream, group);
    if (delayedMs !== undefined) this.#allBackMs = undefined;
    else this.#allBackMs ??= deps.nowMs();
    const backMs = this.#allBackMs ?? 0;
    return (atMs) =>
      (delayedMs === undefined || delayedMs > atMs) &&
      (unsettledMs === undefined || unsettledMs > Math.max(atMs, backMs));
  }

  async #moveTasks(
    agentId: AgentId,
    gone: Gone,
    isHeard: boolean,
  ): Promise<{ moved: number; againAtMs?: number }> {
    const { deps } = this.#options;
    const { memory, ledger } = deps;
    const nowMs = deps.nowMs();
    const records = await this.#heldBefore(agentId, gone.atMs);
    if (records.length > 0 && !isHeard) return { moved: 0, againAtMs: nowMs + AGAIN_MS };
    const isMovable = ({ state, live }: TaskRecord): boolean =>
      state === 'running' || (state === 'assigned' && (gone.certain || (live.lease_until_ms ?? 0) <= nowMs));
    const error: TaskError = { code: 'AGENT_LOST', message: `agent ${agentId} is gone: ${gone.reason}` };
    const verdicts = await ledger.write(
      records
        .filter(isMovable)
        .map((record) => ({ draft: loseAttempt(openDraft(record), { error, actor: ROUTER }, nowMs) })),
    );
    const moved = verdicts.filter(isApplied).length;
    const onTheWay = memory.agents.get(agentId)?.reserved ?? 0;
    if (moved === records.length && onTheWay === 0)
      return (await this.#findUnknown(agentId)) ? { moved, againAtMs: nowMs } : { moved };
    const leases = records.filter((record) => !isMovable(record)).map(({ live }) => live.lease_until_ms ?? 0);
    return { moved, againAtMs: Math.max(nowMs + AGAIN_MS, ...leases) };
  }

  /** What the agent held when it was known to be gone, by the records; the memory is put right on the way. */
  async #heldBefore(agentId: AgentId, atMs: number): Promise<TaskRecord[]> {
    const { memory, tasks } = this.#options.deps;
    const remembered = memory.held.of(agentId);
    const found = await tasks.records(remembered);
    const records: TaskRecord[] = [];
    for (const taskId of remembered) {
      const record = found.get(taskId);
      if (record === undefined || !isHeld(record.state) || record.live.agent_id !== agentId) {
        memory.held.remove(agentId, taskId);
      } else if ((record.live.assigned_at_ms ?? 0) <= atMs) {
        records.push(record);
      }
    }
    return records;
  }

  /** Whether the agent holds more than the memory knows; then it knows. */
  async #findUnknown(agentId: AgentId): Promise<boolean> {
    const { memory, indexes, tasks } = this.#options.deps;
    const known = memory.held.of(agentId).length;
    if ((await indexes.slotsOf(agentId)) <= known) return false;
    for await (const { live, task_id, spec } of heldRecords(indexes, tasks))
      if (live.agent_id === agentId) memory.held.add(agentId, task_id, spec.labels);
    return memory.held.of(agentId).length > known;
  }

  async #tellRegistry(agentId: AgentId): Promise<void> {
    const { deps, producer, registryStream, instance } = this.#options;
    const payload = { agent_id: agentId, by: 'task-router' as const };
    const fields = { sender: instance, target: 'registry', nowMs: deps.nowMs() };
    await producer.publish(registryStream, newMessage(AgentReleasedV1, payload, fields));
    deps.metrics.agentsReleased.inc();
  }
}
