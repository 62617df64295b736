// Agents that rest from one type of task, because they failed at it several times in a row.
//
// B1. Only the agent's own failures count: what it reported, ran out of time, or did not meet the criteria. A lost agent, a
//     cancel, a deadline is no failure of its work. One success clears everything.
// B2. After its rest it is on trial: one task of that type at a time, until one succeeds; a failure lets it rest
//     again, twice as long, up to a limit.
// B3. Only pairs of agent and type that failed are remembered, at most PAIRS_MAX of them, and not over a change of router.
import { type AgentId, isHeld, type TaskId, type TaskState } from '@nova-torch/protocol';
import type { Draft } from './draft.ts';
import type { IndexedAgent } from './indexed-agent.ts';

/** When and how long agents rest. */
export interface RestPeriods {
  /** Failures in a row, of one agent at one type of task. */
  readonly afterFailures: number;
  /** The first rest, in milliseconds; each further one is twice as long. */
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Pairs of agent and type that are remembered; the one that failed longest ago is forgotten first. */
const PAIRS_MAX = 10_000;

/** How an agent stands with one type of task. */
export interface Standing {
  readonly agentId: AgentId;
  readonly taskType: string;
  /** In a row. */
  failures: number;
  /** How often it rested since its last success. */
  rests: number;
  /** End of the last rest, Unix milliseconds; 0 when it never rested. */
  untilMs: number;
  /** The task it is tried with after its rest. */
  trial: TaskId | undefined;
}

/** Ends of an attempt that are not the agent's doing although the task fails by them. */
const NOT_ITS_DOING = new Set(['AGENT_LOST', 'START_TIMEOUT', 'NOT_VERIFIED']);

/** Whether how the attempt of the agent ends is open: it holds the task, or others judge its claim. */
const isOpen = (state: TaskState): boolean => isHeld(state) || state === 'verifying';

export class RestingAgents {
  readonly #periods: RestPeriods;
  /** In the order of their last failure. */
  readonly #pairs = new Map<string, Standing>();
  /** How many types each agent rests from or is on trial for. */
  readonly #restless = new Map<AgentId, number>();

  constructor(periods: RestPeriods) {
    this.#periods = periods;
  }

  /** Agents that rest from something, or are on trial after a rest. */
  get size(): number {
    return this.#restless.size;
  }

  /** Forgets everything: this router is not, or not yet, the active one. */
  clear(): void {
    this.#pairs.clear();
    this.#restless.clear();
  }

  /** The agent's standing at a type of task if it rests from it, or is on trial for it. */
  restOf(agentId: AgentId, taskType: string): Standing | undefined {
    if (!this.#restless.has(agentId)) return undefined;
    const standing = this.#pairs.get(pairOf(agentId, taskType));
    return standing !== undefined && standing.rests > 0 ? standing : undefined;
  }

  /** Whether the agent may be given a task of this type. */
  isAwake(agent: IndexedAgent, taskType: string, nowMs: number): boolean {
    const rest = this.restOf(agent.id, taskType);
    if (rest === undefined) return true;
    // What is reserved may be its trial, on its way to the store.
    return rest.untilMs <= nowMs && rest.trial === undefined && agent.reserved === 0;
  }

  /** Those of the candidates that may be given a task of this type; the same array while no agent rests. */
  awake(candidates: readonly IndexedAgent[], taskType: string, nowMs: number): readonly IndexedAgent[] {
    if (this.#restless.size === 0) return candidates;
    return candidates.filter((agent) => this.isAwake(agent, taskType, nowMs));
  }

  /** Those of the agents that neither rest from this type of task nor are on trial for it; the same array while none does. */
  without(agents: readonly IndexedAgent[], taskType: string): readonly IndexedAgent[] {
    if (this.#restless.size === 0) return agents;
    return agents.filter(({ id }) => this.restOf(id, taskType) === undefined);
  }

  /** When the next rest ends, Unix milliseconds; undefined when no agent rests. */
  nextEndMs(nowMs: number): number | undefined {
    let next: number | undefined;
    if (this.#restless.size === 0) return next;
    for (const { untilMs } of this.#pairs.values())
      if (untilMs > nowMs && (next === undefined || untilMs < next)) next = untilMs;
    return next;
  }

  /** Takes in what was written of a task. Returns the end of the rest that begins by it, Unix milliseconds. */
  observe({ before, record, steps }: Draft, nowMs: number): number | undefined {
    const taskType = record.spec.task_type;
    const holder = before !== undefined && isOpen(before.state) ? before.live.agent_id : undefined;
    if (holder === undefined) {
      if (isOpen(record.state) && record.live.agent_id !== undefined)
        this.#tried(record.live.agent_id, taskType, record.task_id);
      return undefined;
    }
    if (isOpen(record.state) && record.live.agent_id === holder) return undefined;
    const left = steps.find(({ from, to }) => from !== 'none' && isOpen(from) && !isOpen(to));
    if (left?.to === 'completed') this.#succeeded(holder, taskType);
    else if (
      (left?.to === 'scheduled' || left?.to === 'failed') &&
      !NOT_ITS_DOING.has(record.live.error?.code ?? '')
    )
      return this.#failed(holder, taskType, nowMs);
    else this.#givenUp(holder, taskType, record.task_id);
    return undefined;
  }

  #tried(agentId: AgentId, taskType: string, taskId: TaskId): void {
    const rest = this.restOf(agentId, taskType);
    if (rest !== undefined) rest.trial = taskId;
  }

  #givenUp(agentId: AgentId, taskType: string, taskId: TaskId): void {
    const rest = this.restOf(agentId, taskType);
    if (rest?.trial === taskId) rest.trial = undefined;
  }

  #succeeded(agentId: AgentId, taskType: string): void {
    if (this.#pairs.size === 0) return;
    const standing = this.#pairs.get(pairOf(agentId, taskType));
    if (standing !== undefined) this.#forget(standing);
  }

  #failed(agentId: AgentId, taskType: string, nowMs: number): number | undefined {
    const pair = pairOf(agentId, taskType);
    const standing = this.#pairs.get(pair) ?? {
      ...{ agentId, taskType, failures: 0, rests: 0, untilMs: 0, trial: undefined },
    };
    this.#pairs.delete(pair);
    this.#pairs.set(pair, standing);
    standing.failures += 1;
    standing.trial = undefined;
    this.#forgetOldest();
    // Attempts that were going on when the rest began are no reason for a longer one.
    if (standing.failures < this.#periods.afterFailures || standing.untilMs > nowMs) return undefined;
    const { firstMs, longestMs } = this.#periods;
    standing.untilMs = nowMs + Math.min(longestMs, firstMs * 2 ** standing.rests);
    standing.rests += 1;
    if (standing.rests === 1) this.#restless.set(agentId, (this.#restless.get(agentId) ?? 0) + 1);
    return standing.untilMs;
  }

  #forgetOldest(): void {
    if (this.#pairs.size <= PAIRS_MAX) return;
    const [oldest] = this.#pairs.values();
    if (oldest !== undefined) this.#forget(oldest);
  }

  #forget(standing: Standing): void {
    const { agentId, taskType, rests } = standing;
    this.#pairs.delete(pairOf(agentId, taskType));
    if (rests === 0) return;
    const others = (this.#restless.get(agentId) ?? 1) - 1;
    if (others > 0) this.#restless.set(agentId, others);
    else this.#restless.delete(agentId);
  }
}

/** No id of an agent has a blank. */
const pairOf = (agentId: AgentId, taskType: string): string => `${agentId} ${taskType}`;
