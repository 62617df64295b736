import type { TaskId } from '@nova-torch/protocol';
import type { AgentIndex } from './agent-index.ts';
import { AssignmentPlan } from './assignment-plan.ts';
import type { Grounds } from './decision.ts';
import type { IndexedAgent } from './indexed-agent.ts';
import type { MatchTerms, Placement } from './placement.ts';
import { type Apart, apartOf } from './spread.ts';
import type { TaskRecord } from './task-record.ts';
import type { Line, Waiter, WaitingLines } from './waiting-lines.ts';

/** A waiting task and the agent whose slot is reserved for it. */
export interface Match {
  readonly line: Line;
  readonly waiter: Waiter;
  readonly record: TaskRecord;
  readonly agent: IndexedAgent;
  readonly grounds: Grounds;
}

/** A task set aside, so that others of its line may pass. */
export interface Parked {
  readonly line: Line;
  readonly waiter: Waiter;
  readonly taskType: string;
  /** What it is kept apart from by all means. */
  readonly apart: Apart | undefined;
}

export interface MatchPlan {
  readonly matches: readonly Match[];
  /**
   * Tasks that could go to nobody but agents that rest from their type, or have what they are kept apart from: taken out of
   * their lines, for whoever plans to put back.
   */
  readonly parked: readonly Parked[];
  /** Lines whose next tasks must be read before they can go on. */
  readonly unread: readonly { readonly line: Line; readonly waiters: readonly Waiter[] }[];
  /** Windows that ran dry although an agent is free. */
  readonly dry: readonly Line[];
  /** Lines that stopped only because `limit` was reached. */
  readonly unfinished: readonly Line[];
}

/**
 * Pairs waiting tasks with free agents: the first of all lines says which class and priority is next, and of the lines
 * of that one it is the turn of. Until no line has both. Takes the tasks out of their lines and reserves the slots; whoever writes the assignments gives back what could not be written.
 */
export function planMatches(
  lines: Iterable<Line>,
  waiting: WaitingLines,
  index: AgentIndex,
  recordOf: (taskId: TaskId) => TaskRecord | undefined,
  limit: number,
  terms: MatchTerms,
): MatchPlan {
  const open = new Set(lines);
  const plan = new AssignmentPlan(index, terms);
  const placed: { readonly line: Line; readonly waiter: Waiter; readonly placement: Placement }[] = [];
  const unread: { line: Line; waiters: Waiter[] }[] = [];
  const dry: Line[] = [];
  const parked: Parked[] = [];
  while (placed.length < limit && index.freeAgents > 0) {
    const line = firstOf(open, dry, waiting);
    const waiter = line?.window[0];
    if (line === undefined || waiter === undefined) break;
    const { demand, className } = line;
    const opening = plan.opening(demand);
    if (opening === undefined) {
      // What nobody can take of one submitter nobody can take of the others.
      for (const other of open) if (other.className === className) open.delete(other);
      continue;
    }
    const record = recordOf(waiter.taskId);
    if (record === undefined) {
      const next = line.window.slice(0, Math.min(limit - placed.length, index.freeSlots));
      unread.push({ line, waiters: next.filter(({ taskId }) => recordOf(taskId) === undefined) });
      open.delete(line);
      continue;
    }
    const placement = plan.place({ record, demand, className }, opening);
    if (placement === undefined) {
      // Past this the line waits for those that rest: what is set aside is bounded (I7).
      if (line.taken.size >= PARKED_MAX) open.delete(line);
      else {
        waiting.setAside(line);
        parked.push(parkedOf(line, waiter, record));
      }
      continue;
    }
    waiting.take(line);
    placed.push({ line, waiter, placement });
  }
  plan.finish();
  const matches = placed.map(({ line, waiter, placement: { record, seat, grounds } }): Match => {
    return { line, waiter, record, agent: seat.agent, grounds };
  });
  const unfinished = matches.length < limit || index.freeAgents === 0 ? [] : [...open];
  return { matches, parked, unread, dry, unfinished };
}

function parkedOf(line: Line, waiter: Waiter, { spec }: TaskRecord): Parked {
  const apart = apartOf(spec);
  return { line, waiter, taskType: spec.task_type, apart: apart?.required ? apart : undefined };
}

/** Tasks of one line that are set aside, or on their way to an agent, at most. */
const PARKED_MAX = 512;

/** The line to be served next; lines without a window leave the set. */
function firstOf(open: Set<Line>, dry: Line[], waiting: WaitingLines): Line | undefined {
  let first: Line | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const line of open) {
    const head = line.window[0];
    if (head === undefined) {
      open.delete(line);
      if (waiting.needsLoad(line)) dry.push(line);
    } else if (head.score < lowest) {
      first = line;
      lowest = head.score;
    }
  }
  return first === undefined ? undefined : turnOf(first, open);
}

/** Of the lines of its class and priority the one whose turn it is; of equals the one with the oldest task. */
function turnOf(first: Line, open: ReadonlySet<Line>): Line {
  let next = first;
  for (const line of first.round.lines) {
    const head = line.window[0];
    if (head === undefined || line.tag > next.tag || !open.has(line)) continue;
    if (line.tag < next.tag || head.score < (next.window[0]?.score ?? 0)) next = line;
  }
  return next;
}
