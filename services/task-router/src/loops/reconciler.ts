// Compares the records with everything that follows from them, a bounded step at a time, and puts right what differs.
//
// C1. The record decides (invariant I2). A repair is written only if the record is still as it was read.
// C2. A pass goes through timers, held tasks, waiting lines and all tasks; each run does one step of it.
// C3. Slots are compared only for agents that no write concerns just then.
import type { AgentId, TaskId } from '@nova-torch/protocol';
import type { Broker } from '@nova-torch/streams';
import type { ActiveDeps } from '../active/deps.ts';
import { heldRecords } from '../active/load-memory.ts';
import { type Indexes, indexesOf, NOWHERE } from '../domain/indexes.ts';
import type { TaskRecord } from '../domain/task-record.ts';
import { lineOf } from '../domain/waiting.ts';
import { type Effect, isApplied, type WriteItem } from '../store/apply-transitions.ts';
import type { RouterKeys } from '../store/keys.ts';
import { repairSlots } from '../store/repair-slots.ts';
import { clearItem, repairItem } from '../store/write-item.ts';
import { findForgottenWork } from './forgotten-work.ts';

/** Entries of an index looked at in one step. */
const STEP = 200;
/** Lines compared in one run. */
const CLASSES_STEP = 500;

export interface ReconcilerOptions {
  readonly deps: ActiveDeps;
  readonly broker: Broker;
  readonly keys: RouterKeys;
  /** Called when lines or agents were put right: there may be a match now. */
  onRepaired(): void;
  /** Called with an agent that holds tasks but that the registry does not know. */
  onUnknownHolder(agentId: AgentId): void;
}

export interface Reconciled {
  readonly looked: number;
  readonly indexes: number;
  readonly slots: number;
  readonly lines: number;
  readonly forgottenWork: number;
}

type Place = 'timers' | 'active' | 'index' | { readonly className: string };

export class Reconciler {
  readonly #options: ReconcilerOptions;
  #todo: Place[] = [];
  #cursor = '0';
  #wrongLines = new Map<string, string>();
  #classesFrom = 0;
  #unknownHolders = new Set<AgentId>();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** One step of the pass, all slots, and all lines. */
  async runOnce(): Promise<Reconciled> {
    const { deps, onRepaired } = this.#options;
    const { looked, repaired } = await this.#step();
    const slots = await this.#compareSlots();
    const lines = await this.#compareLines();
    const forgottenWork = await findForgottenWork(deps);
    this.#reportUnknownHolders();
    deps.metrics.repairs.inc({ what: 'index' }, repaired);
    deps.metrics.repairs.inc({ what: 'slots' }, slots);
    deps.metrics.repairs.inc({ what: 'line' }, lines);
    deps.metrics.repairs.inc({ what: 'forgotten_work' }, forgottenWork);
    const counts = { looked, indexes: repaired, slots, lines, forgottenWork };
    if (repaired + slots + lines + forgottenWork > 0) {
      deps.logger.warn(counts, 'the reconciler put things right');
      onRepaired();
    }
    return counts;
  }

  async #step(): Promise<{ looked: number; repaired: number }> {
    const { deps } = this.#options;
    if (this.#todo.length === 0) {
      const classes = await deps.indexes.classes();
      this.#todo = ['timers', 'active', ...classes.map((className) => ({ className })), 'index'];
      this.#cursor = '0';
    }
    const [place] = this.#todo;
    if (place === undefined) return { looked: 0, repaired: 0 };
    const { cursor, taskIds } = await deps.indexes.scan(place, this.#cursor, STEP);
    const repaired = await this.#compare(taskIds, place);
    this.#cursor = cursor;
    if (cursor === '0') this.#todo.shift();
    return { looked: taskIds.length, repaired };
  }

  async #compare(taskIds: readonly TaskId[], place: Place): Promise<number> {
    const { deps, keys } = this.#options;
    if (taskIds.length === 0) return 0;
    const records = await deps.tasks.records(taskIds);
    const placed = taskIds.map((taskId) => {
      const record = records.get(taskId);
      // A task in a line it does not belong to is looked up in that line; any other in its own.
      const className =
        typeof place === 'object' ? place.className : record === undefined ? undefined : lineOf(record);
      return { taskId, record, className };
    });
    const found = await deps.indexes.places(placed);
    const items: WriteItem[] = [];
    for (const [i, { taskId, record }] of placed.entries()) {
      const had = found[i] ?? NOWHERE;
      if (record === undefined) items.push(clearItem(taskId, had, keys));
      else if (differs(record, had)) items.push(repairItem(record, asRecorded(record, had), keys));
    }
    const verdicts = await deps.ledger.writeItems(items);
    return verdicts.filter(isApplied).length;
  }

  /** Compares the slots in use with the tasks held, for the agents that no write concerned meanwhile (C3). */
  async #compareSlots(): Promise<number> {
    const { deps } = this.#options;
    const { memory, ledger } = deps;
    const quiet = new Map<AgentId, number | undefined>();
    for (const [agentId] of memory.held.holders()) quiet.set(agentId, ledger.quiet(agentId));
    for (const { id } of memory.agents.agents()) quiet.set(id, ledger.quiet(id));
    const counted = await deps.indexes.slots();
    for (const agentId of counted.keys()) if (!quiet.has(agentId)) quiet.set(agentId, ledger.quiet(agentId));
    const isQuiet = (agentId: AgentId): boolean => {
      const now = ledger.quiet(agentId);
      return now !== undefined && now === quiet.get(agentId);
    };
    const wrong: AgentId[] = [];
    for (const agentId of [...quiet.keys()].filter(isQuiet)) {
      const held = memory.held.of(agentId).length;
      if ((counted.get(agentId) ?? 0) === held) memory.agents.setTaken(agentId, held);
      else wrong.push(agentId);
    }
    if (wrong.length === 0) return 0;
    const holders = await this.#holders();
    let repaired = 0;
    for (const agentId of wrong.filter(isQuiet)) {
      const tasks = holders.get(agentId) ?? new Map<TaskId, TaskRecord['spec']['labels']>();
      memory.held.replace(agentId, tasks);
      const stored = counted.get(agentId) ?? 0;
      // Memory alone was wrong: what waits for the slot must hear of it all the same.
      if (stored === tasks.size) repaired += 1;
      else repaired += await this.#setSlots(agentId, stored, tasks.size);
      if (isQuiet(agentId)) memory.agents.setTaken(agentId, tasks.size);
    }
    return repaired;
  }

  async #setSlots(agentId: AgentId, wrong: number, right: number): Promise<number> {
    const { deps, broker, keys } = this.#options;
    return Number(await repairSlots(broker, keys, deps.ledger.term, { agentId, wrong, right }));
  }

  /** Who holds what, by the records. */
  async #holders(): Promise<Map<AgentId, Map<TaskId, TaskRecord['spec']['labels']>>> {
    const { deps } = this.#options;
    const holders = new Map<AgentId, Map<TaskId, TaskRecord['spec']['labels']>>();
    for await (const record of heldRecords(deps.indexes, deps.tasks)) {
      const { agent_id: agentId } = record.live;
      if (agentId === undefined) continue;
      holders.set(agentId, (holders.get(agentId) ?? new Map()).set(record.task_id, record.spec.labels));
    }
    return holders;
  }

  /** Lines that two runs in a row found to differ from the store in the same way are loaded anew. */
  async #compareLines(): Promise<number> {
    const { deps, keys } = this.#options;
    const { lines } = deps.memory;
    const names = this.#nextClasses(await deps.indexes.classes());
    const suspects = new Map<string, string>();
    const empty: Effect[] = [];
    let wrong = 0;
    for (const { className, size } of await deps.indexes.lines(names, 1)) {
      const known = lines.get(className)?.size ?? 0;
      if (size === 0 && known === 0) {
        empty.push({ command: 'CLOSE', key: keys.waiting(className), with: keys.classes, args: [className] });
      }
      if (size === known) continue;
      const finding = `${known} instead of ${size}`;
      suspects.set(className, finding);
      if (this.#wrongLines.get(className) !== finding) continue;
      const line = lines.open(className, false);
      if (line.sinceLoad !== undefined || line.taken.size > 0) continue;
      line.window.length = 0;
      line.complete = false;
      line.size = size;
      wrong += 1;
    }
    this.#wrongLines = suspects;
    if (empty.length > 0) await deps.ledger.writeItems([{ effects: empty }]);
    return wrong;
  }

  /** The classes looked at in this run: all, or the next CLASSES_STEP of them. */
  #nextClasses(classes: readonly string[]): string[] {
    if (classes.length <= CLASSES_STEP) return [...classes];
    const from = this.#classesFrom % classes.length;
    this.#classesFrom = from + CLASSES_STEP;
    return classes.slice(from, from + CLASSES_STEP);
  }

  /**
   * Agents that hold tasks but are not known, or known to be gone, in two runs in a row: the registry forgot them, or
   * they went before memory knew what they held.
   */
  #reportUnknownHolders(): void {
    const { deps, onUnknownHolder } = this.#options;
    const unknown = new Set<AgentId>();
    for (const [agentId] of deps.memory.held.holders()) {
      const status = deps.memory.agents.get(agentId)?.record.status;
      if (status === undefined || status === 'failed' || status === 'offline') unknown.add(agentId);
    }
    for (const agentId of unknown) if (this.#unknownHolders.has(agentId)) onUnknownHolder(agentId);
    this.#unknownHolders = unknown;
  }
}

function differs(record: TaskRecord, had: Indexes): boolean {
  const has = indexesOf(record);
  return (
    had.dueMs !== has.dueMs ||
    had.endedAtMs !== has.endedAtMs ||
    had.held?.sinceMs !== has.held?.sinceMs ||
    had.waiting?.className !== has.waiting?.className ||
    had.waiting?.score !== has.waiting?.score
  );
}

/** The places found, with the holder as the record names it: the index of held tasks does not. */
function asRecorded(record: TaskRecord, had: Indexes): Indexes {
  const holder = indexesOf(record).held?.agentId;
  return had.held === undefined || holder === undefined
    ? had
    : { ...had, held: { ...had.held, agentId: holder } };
}
