// Who gets which of the tasks that are given away in one go.
//
// P1. Tasks come in the order they are to be served. One that got a slot keeps one: nobody waits for the sake of a later
//     task.
// P2. When no agent is free for a task, agents of earlier ones are exchanged for free ones, in a chain if need be, until one
//     is free for it. Only if there is no such chain it gets nobody.
// P3. Where an agent is wanted by more tasks than it has slots, all are looked at again in the end, BATCH_MAX at a time, and
//     agents exchanged so that the sum of scores is highest (assign-batch.ts).
//
// With `assignment: greedy` each task gets the best agent that is still free, and P2 and P3 do not happen.
import { DECISION_CANDIDATES_MAX } from '@nova-torch/protocol';
import type { AgentIndex } from './agent-index.ts';
import { assignBatch, BATCH_MAX, type BatchAgent, type BatchOption } from './assign-batch.ts';
import {
  chooseAgent,
  isLikeItsClass,
  rankAgents,
  type ScoredAgent,
  slotStep,
  wantedOf,
} from './choose-agent.ts';
import { type Grounds, type Instead, withKeptFrom } from './decision.ts';
import { canDo, freeSlots, type IndexedAgent, type Use } from './indexed-agent.ts';
import { openTo } from './open-to.ts';
import { isMovable, type MatchTerms, type Placement, type PlannedTask, type Seat } from './placement.ts';
import { findRoom, type Room } from './room.ts';
import type { TaskRecord } from './task-record.ts';
import type { Demand } from './waiting.ts';

/** Agents a task may go to: free ones, or one that can be made free. */
export type Opening = readonly IndexedAgent[] | Room;

/** Agents a task may be exchanged among: its best-scored ones. */
const OPTIONS_MAX = 16;

export class AssignmentPlan {
  readonly #index: AgentIndex;
  readonly #terms: MatchTerms;
  readonly #placements: Placement[] = [];
  /** Agents that cannot be made free: nothing that happens later in the plan changes that. */
  readonly #stuck = new Set<IndexedAgent>();
  #madeRoom = false;
  /** Class of all tasks so far, if nothing but it tells them apart. */
  #className: string | undefined;
  #mixed = false;
  #filled = false;

  constructor(index: AgentIndex, terms: MatchTerms) {
    this.#index = index;
    this.#terms = terms;
  }

  get size(): number {
    return this.#placements.length;
  }

  /** Who could take a task of this demand; undefined when nobody is free and nobody can be made free. */
  opening(demand: Demand): Opening | undefined {
    const { routing } = this.#terms;
    const candidates = this.#index.candidates(demand, routing.candidatesMax);
    if (candidates.length > 0) return candidates;
    if (routing.assignment === 'greedy' || this.#index.freeAgents === 0) return undefined;
    return findRoom(demand, this.#placements, this.#index, this.#terms, this.#stuck);
  }

  /** Reserves a slot for the task. Undefined when all it could go to rest, or have what it is kept apart from. */
  place(task: PlannedTask, opening: Opening): Placement | undefined {
    const { routing } = this.#terms;
    const { record, demand } = task;
    const candidates = 'moves' in opening ? [opening.agent] : this.#withPreferred(task, opening);
    const { agents, ...keptFrom } = openTo(task, candidates, this.#index, this.#terms);
    const choice = chooseAgent(wantedOf(record), agents, routing);
    if (choice === undefined) return undefined;
    const passedOver = withKeptFrom(this.#index.passedOver(demand), keptFrom);
    const grounds = { choice, passedOver, routing, ...(keptFrom.crowded && { crowded: true as const }) };
    const seat = 'moves' in opening ? this.#makeRoom(opening, record) : this.#reserve(choice.agent, record);
    const placement = { ...task, seat, grounds };
    this.#note(placement);
    this.#placements.push(placement);
    return placement;
  }

  /** Exchanges agents for the best of all (P3). No placement changes after it. */
  finish(): void {
    if (!this.#madeRoom && !(this.#mixed && this.#filled)) return;
    if (this.#terms.routing.assignment === 'greedy') return;
    const movable = this.#placements.filter((one) => isMovable(one, this.#terms.resting));
    for (let from = 0; from < movable.length; from += BATCH_MAX) {
      const batch = movable.slice(from, from + BATCH_MAX);
      if (this.#madeRoom || isContended(batch)) this.#assignAnew(batch);
    }
  }

  /** The candidates, and the agent the submitter prefers, which need not be among the few that stand highest. */
  #withPreferred({ record, demand }: PlannedTask, free: readonly IndexedAgent[]): readonly IndexedAgent[] {
    const id = record.spec.preferred_agent;
    const preferred = id === undefined ? undefined : this.#index.get(id);
    if (preferred === undefined || freeSlots(preferred) === 0 || !canDo(preferred, demand)) return free;
    return free.includes(preferred) ? free : [...free, preferred];
  }

  #reserve(agent: IndexedAgent, record: TaskRecord): Seat {
    const before: Use = { lastUsed: agent.lastUsed, workflowId: agent.workflowId };
    this.#index.reserve(agent, record.spec.workflow_id);
    this.#terms.held.expect(agent.id, record.task_id, record.spec.labels);
    return { agent, before };
  }

  /** Each of the chain moves to the agent of the next, the last to the free one; answers with the seat of the first. */
  #makeRoom({ moves, to }: Room, newcomer: TaskRecord): Seat {
    const { held } = this.#terms;
    let seat = this.#reserve(to, (moves.at(-1) as Placement).record);
    for (const placement of moves.toReversed()) {
      const { task_id, spec } = placement.record;
      held.expect(seat.agent.id, task_id, spec.labels);
      [placement.seat, seat] = [seat, placement.seat];
    }
    held.expect(seat.agent.id, newcomer.task_id, newcomer.spec.labels);
    this.#madeRoom = true;
    return seat;
  }

  /** Notes cheaply what may become a contention. */
  #note({ record, className, seat: { agent } }: Placement): void {
    const plain = isLikeItsClass(wantedOf(record));
    if (this.#placements.length === 0) this.#className = plain ? className : undefined;
    else if (!plain || className !== this.#className) this.#mixed = true;
    if (freeSlots(agent) === 0) this.#filled = true;
  }

  #assignAnew(batch: readonly Placement[]): void {
    const index = this.#index;
    for (const { seat } of batch) index.undo(seat.agent, seat.before);
    const ranked = this.#rankedFor(batch);
    const agents = new Map<IndexedAgent, BatchAgent & { readonly agent: IndexedAgent }>();
    const asOption = ({ agent, score }: ScoredAgent): BatchOption<BatchAgent & { agent: IndexedAgent }> => {
      const known = agents.get(agent) ?? {
        ...{ agent, slots: freeSlots(agent), step: slotStep(agent, this.#terms.routing) },
      };
      agents.set(agent, known);
      return { agent: known, score };
    };
    const given = assignBatch(ranked.map((options) => options.map(asOption)));
    for (const [i, placement] of batch.entries()) {
      // All were served before, by agents that are among the options: so they are now.
      const agent = given[i]?.agent ?? placement.seat.agent;
      placement.seat = this.#reserve(agent, placement.record);
    }
    for (const [i, placement] of batch.entries()) {
      placement.grounds = groundsOf(placement, ranked[i] ?? [], batch, ranked);
    }
  }

  /** The best options of each, in order, as if nothing of the batch were given away; its agent is among them. */
  #rankedFor(batch: readonly Placement[]): ScoredAgent[][] {
    const { routing, resting } = this.#terms;
    const taken = [...new Set(batch.map(({ seat }) => seat.agent))];
    const byClass = new Map<string, readonly IndexedAgent[]>();
    const suitable = ({ demand, className }: PlannedTask): readonly IndexedAgent[] => {
      const known = byClass.get(className);
      if (known !== undefined) return known;
      const free = this.#index.candidates(demand, routing.candidatesMax);
      const all = [...new Set([...taken.filter((agent) => canDo(agent, demand)), ...free])];
      byClass.set(className, all);
      return all;
    };
    return batch.map((placement) => {
      const { record, seat } = placement;
      const options = resting.without(suitable(placement), record.spec.task_type);
      return rankAgents(wantedOf(record), options, routing, OPTIONS_MAX, seat.agent);
    });
  }
}

/** Whether an agent that was filled is wanted by more than it has slots for, by tasks that are not all alike. */
function isContended(batch: readonly Placement[]): boolean {
  const filled = new Set<IndexedAgent>();
  const kinds = new Map<string, Demand>();
  let alike = true;
  for (const { record, className, demand, seat } of batch) {
    if (freeSlots(seat.agent) === 0) filled.add(seat.agent);
    kinds.set(className, demand);
    if (!isLikeItsClass(wantedOf(record))) alike = false;
  }
  if (!alike) return batch.length > 1 && filled.size > 0;
  const demands = [...kinds.values()];
  if (demands.length < 2) return false;
  for (const agent of filled) {
    let wanting = 0;
    for (const demand of demands) if (canDo(agent, demand)) wanting += 1;
    if (wanting > 1) return true;
  }
  return false;
}

/** What an assignment rests on after the exchange. */
function groundsOf(
  { grounds, seat: { agent } }: Placement,
  ranked: readonly ScoredAgent[],
  batch: readonly Placement[],
  options: readonly (readonly ScoredAgent[])[],
): Grounds {
  const [best] = ranked;
  const chosen = ranked.find((one) => one.agent === agent);
  if (best === undefined || chosen === undefined) return grounds;
  const top = ranked.slice(0, DECISION_CANDIDATES_MAX);
  if (!top.includes(chosen)) top.splice(-1, 1, chosen);
  const choice = { ...chosen, top, scored: Math.max(grounds.choice.scored, ranked.length) };
  const { passedOver, routing } = grounds;
  const instead = insteadOf(best, chosen, batch, options);
  return { choice, passedOver, routing, ...(instead !== undefined && { instead }) };
}

/** Scores closer than this are the same to whoever reads them. */
const SAME = 0.0005;

/** Who has its best-scored agent, when that is another one, and why. */
function insteadOf(
  best: ScoredAgent,
  chosen: ScoredAgent,
  batch: readonly Placement[],
  options: readonly (readonly ScoredAgent[])[],
): Instead | undefined {
  if (best.score - chosen.score < SAME) return undefined;
  const holders = [...batch.entries()].filter(([, { seat }]) => seat.agent === best.agent);
  const [scarce] = holders.filter(([i]) => options[i]?.length === 1);
  const [, holder] = scarce ?? holders[0] ?? [];
  if (holder === undefined) return undefined;
  const why = scarce === undefined ? 'best_total' : 'only_agent';
  return { bestId: best.agent.id, taskId: holder.record.task_id, tasks: batch.length, why };
}
