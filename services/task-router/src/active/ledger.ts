// Where decisions become facts: one script call for many, then the memory follows what was written.
//
// W1. The memory changes only after the broker said `applied`; slots are reserved before, and given back otherwise.
// W2. A call whose effect is unknown (deadline, lost connection) is made again with the same items until it is known:
//     the script recognises what it wrote.
// W3. When another router is active, nothing is written and everything here ends with NotLeaderError.
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentId, TaskId } from '@nova-torch/protocol';
import {
  type Broker,
  BrokerReplyError,
  BrokerTimeoutError,
  BrokerUnavailableError,
} from '@nova-torch/streams';
import type { Draft } from '../domain/draft.ts';
import type { IndexedAgent } from '../domain/indexed-agent.ts';
import { type Indexes, indexesOf, NOWHERE } from '../domain/indexes.ts';
import type { Letter } from '../domain/letters.ts';
import type { TaskRecord } from '../domain/task-record.ts';
import type { Line } from '../domain/waiting-lines.ts';
import type { RouterMetrics } from '../metrics.ts';
import {
  applyTransitions,
  isApplied,
  NotLeaderError,
  type Verdict,
  type WriteItem,
} from '../store/apply-transitions.ts';
import type { RouterKeys } from '../store/keys.ts';
import { framesOf, lettersItem, type Pen, transitionItem } from '../store/write-item.ts';
import type { Memory } from './memory.ts';
import { tally } from './tally.ts';
import type { TaskSpans } from './task-spans.ts';

/** A decision to be written. */
export interface Entry {
  readonly draft: Draft;
  /** The agent whose slot is reserved for it. */
  readonly agent?: IndexedAgent;
  /** Tasks whose end it must be told of. */
  readonly blockedBy?: readonly string[];
  /** The span it is decided in: what it sends belongs to it. */
  readonly traceparent?: string | undefined;
  /** It had ended before, and is put back as it was. */
  readonly isRestored?: boolean;
}

/** Who wants to know what a write changed. */
export interface LedgerListener {
  lineGrew(line: Line): void;
  agentFreed(agentId: AgentId): void;
  dueAt(dueMs: number): void;
  /** A decision was written. */
  moved(draft: Draft): void;
  /** All that was written by one call, after `moved` was called for each. */
  wrote(entries: readonly Entry[]): void;
  /** A task ended that others wait for. */
  unblocks(): void;
  /** Its inbox is missing, or the store counts its slots otherwise. */
  doubtful(agentId: AgentId): void;
}

export interface LedgerOptions {
  readonly broker: Broker;
  readonly keys: RouterKeys;
  readonly instance: string;
  readonly term: number;
  readonly memory: Memory;
  readonly metrics: RouterMetrics;
  readonly spans: TaskSpans;
  /** Ends with the term. */
  readonly signal: AbortSignal;
  /** Called when a write is refused because another router is active. */
  onNotLeader(): void;
}

const AFTER_TROUBLE_MS = 50;
/** Errors of the broker that pass by themselves. */
const PASSING = new Set([
  'LOADING',
  'OOM',
  'BUSY',
  'READONLY',
  'MISCONF',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'NOREPLICAS',
]);

export class Ledger {
  readonly #options: LedgerOptions;
  #listener: LedgerListener | undefined;
  #writes = 0;
  /** Per agent: how many writes concern it now, and how often that changed. */
  readonly #traffic = new Map<AgentId, { inFlight: number; changes: number }>();

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  listen(listener: LedgerListener): void {
    this.#listener = listener;
  }

  get term(): number {
    return this.#options.term;
  }

  /**
   * A number that stays the same as long as no write concerns the agent; undefined while one does. Between two equal
   * answers the store's count of its slots and the memory did not change.
   */
  quiet(agentId: AgentId): number | undefined {
    const traffic = this.#traffic.get(agentId);
    if (traffic === undefined) return 0;
    return traffic.inFlight === 0 ? traffic.changes : undefined;
  }

  /**
   * Writes decisions, each with the task that is to judge its claim if there is one; one verdict for each. Rejects with
   * NotLeaderError, or with an error the broker will repeat.
   */
  async write(decisions: readonly Entry[]): Promise<Verdict[]> {
    if (decisions.length === 0) return [];
    const { keys, instance, broker, metrics, term, spans } = this.#options;
    const all = withJudges(decisions);
    const { entries, end } = spans.begin(all);
    let verdicts: Verdict[] = [];
    const pen: Pen = { keys, instance, nowMs: broker.serverNowMs(), rings: new Map() };
    const items = entries.map(({ draft, agent, blockedBy = [], traceparent }) => {
      this.#writes += 1;
      const op = `${term}-${this.#writes}`;
      return transitionItem(draft, pen, { op, capacity: agent?.record.capacity, blockedBy, traceparent });
    });
    const touched = entries.flatMap(agentsOf);
    this.#note(touched, 1);
    try {
      verdicts = await this.#writeOrCancel(items, entries);
      for (const [verdict, count] of tally(verdicts)) metrics.writes.inc({ verdict }, count);
      for (const [i, entry] of entries.entries()) {
        const verdict = verdicts[i] ?? 'stale';
        if (verdict === 'applied' || verdict === 'unblocks') this.#commit(entry, verdict);
        else this.#refuse(entry, verdict);
      }
      const written = entries.filter((_, i) => isApplied(verdicts[i]));
      this.#countSteps(written);
      this.#listener?.wrote(written);
      if (all === decisions) return verdicts;
      const own = new Set(decisions);
      return verdicts.filter((_, i) => own.has(all[i] as Entry));
    } finally {
      end(verdicts);
      this.#note(touched, -1);
    }
  }

  async #writeOrCancel(items: readonly WriteItem[], entries: readonly Entry[]): Promise<Verdict[]> {
    try {
      return await this.writeItems(items);
    } catch (error) {
      for (const entry of entries) this.#giveBack(entry);
      throw error;
    }
  }

  /** Gives back the slot that was reserved for an assignment, if it is one. */
  #giveBack({ draft, agent }: Entry): void {
    const { memory } = this.#options;
    if (agent === undefined) return;
    memory.agents.cancel(agent);
    memory.held.expectNot(draft.record.task_id);
  }

  #countSteps(written: readonly Entry[]): void {
    const steps = tally(written.flatMap(({ draft }) => draft.steps.map(({ from, to }) => `${from} ${to}`)));
    for (const [step, count] of steps) {
      const [from = '', to = ''] = step.split(' ');
      this.#options.metrics.transitions.inc({ from, to }, count);
    }
  }

  #note(agentIds: readonly AgentId[], change: 1 | -1): void {
    for (const agentId of agentIds) {
      const traffic = this.#traffic.get(agentId) ?? { inFlight: 0, changes: 0 };
      traffic.inFlight += change;
      traffic.changes += 1;
      this.#traffic.set(agentId, traffic);
      if (traffic.inFlight === 0 && this.#options.memory.agents.get(agentId) === undefined) {
        this.#traffic.delete(agentId);
      }
    }
  }

  /** Sends messages that belong to no transition. */
  async send(letters: readonly Letter[], traceparent?: string): Promise<void> {
    if (letters.length === 0) return;
    const { keys, instance, broker } = this.#options;
    await this.writeItems([
      lettersItem(letters, { keys, instance, nowMs: broker.serverNowMs(), rings: new Map() }, traceparent),
    ]);
  }

  /** Lets those go on that wait for a workflow to be written whole. Repeating it changes nothing. */
  async release(hold: string): Promise<void> {
    const key = this.#options.keys.dependents(hold);
    const [verdict] = await this.writeItems([{ effects: [{ command: 'SETTLED', key, args: [hold] }] }]);
    if (verdict === 'unblocks') this.#listener?.unblocks();
  }

  /** Writes items as they are, without touching the memory: repairs and the like. */
  async writeItems(items: readonly WriteItem[]): Promise<Verdict[]> {
    const { broker, keys, term, signal, metrics, instance, onNotLeader } = this.#options;
    const frames = () => framesOf(instance, broker.serverNowMs());
    const endTimer = metrics.writeDuration.startTimer();
    for (;;) {
      if (signal.aborted) throw new NotLeaderError(term);
      try {
        return await applyTransitions(broker, keys, term, items, frames);
      } catch (error) {
        if (error instanceof NotLeaderError) onNotLeader();
        if (!isPassing(error)) throw error;
        metrics.writeRepeats.inc();
        await delay(AFTER_TROUBLE_MS, undefined, { signal }).catch(() => undefined);
      } finally {
        endTimer();
      }
    }
  }

  #commit({ draft, agent }: Entry, verdict: Verdict): void {
    const { memory } = this.#options;
    const { before, record } = draft;
    const had = before === undefined ? NOWHERE : indexesOf(before);
    const has = indexesOf(record);
    if (has.endedAtMs === undefined) memory.records.set(record);
    else memory.records.delete(record.task_id);
    if (agent !== undefined) memory.agents.confirm(agent);
    this.#listener?.moved(draft);
    this.#moveHeld(record, had, has);
    this.#moveWaiting(record.task_id, had, has);
    if (has.dueMs !== undefined && has.dueMs !== had.dueMs) this.#listener?.dueAt(has.dueMs);
    if (verdict === 'unblocks') this.#listener?.unblocks();
  }

  #moveHeld({ task_id: taskId, spec }: TaskRecord, had: Indexes, has: Indexes): void {
    const { memory } = this.#options;
    if (had.held?.agentId === has.held?.agentId) return;
    if (had.held !== undefined) {
      memory.held.remove(had.held.agentId, taskId);
      memory.agents.release(had.held.agentId);
      this.#listener?.agentFreed(had.held.agentId);
    }
    if (has.held !== undefined) memory.held.add(has.held.agentId, taskId, spec.labels);
  }

  #moveWaiting(taskId: TaskId, had: Indexes, has: Indexes): void {
    const { lines } = this.#options.memory;
    if (had.waiting !== undefined && has.waiting === undefined) {
      const line = lines.get(had.waiting.className);
      if (line !== undefined) lines.removed(line, { taskId, score: had.waiting.score });
    }
    if (has.waiting !== undefined && had.waiting === undefined) {
      const line = lines.open(has.waiting.className, true);
      lines.added(line, { taskId, score: has.waiting.score });
      this.#listener?.lineGrew(line);
    }
  }

  #refuse(entry: Entry, verdict: Verdict): void {
    const { memory } = this.#options;
    const { draft, agent } = entry;
    if (draft.before !== undefined) memory.records.delete(draft.before.task_id);
    if (agent === undefined) return;
    this.#giveBack(entry);
    if (verdict === 'no-slot' || verdict === 'no-inbox') {
      memory.agents.doubt(agent.id);
      this.#listener?.doubtful(agent.id);
    } else {
      this.#listener?.agentFreed(agent.id);
    }
  }
}

/** The decisions, each followed by the task that is to judge its claim; the same array when there is none. */
function withJudges(decisions: readonly Entry[]): readonly Entry[] {
  if (decisions.every(({ draft }) => draft.judge === undefined)) return decisions;
  return decisions.flatMap((entry) =>
    entry.draft.judge === undefined ? [entry] : [entry, { draft: entry.draft.judge }],
  );
}

/** Agents whose slots a decision changes. */
function agentsOf({ draft, agent }: Entry): AgentId[] {
  const holder = draft.before === undefined ? undefined : indexesOf(draft.before).held?.agentId;
  return [agent?.id, holder].filter((id) => id !== undefined);
}

/** Whether the same call may go well later, or its effect is unknown. */
export function isPassing(error: unknown): boolean {
  if (error instanceof BrokerTimeoutError || error instanceof BrokerUnavailableError) return true;
  return error instanceof BrokerReplyError && PASSING.has(error.code);
}
