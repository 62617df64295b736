import type { TaskId } from '@nova-torch/protocol';
import type { AgentIndex, IndexedAgent } from './agent-index.ts';
import { CANDIDATES_MAX, chooseAgent } from './choose-agent.ts';
import type { RestingAgents } from './resting.ts';
import type { TaskRecord } from './task-record.ts';
import type { Line, Waiter, WaitingLines } from './waiting-lines.ts';

/** A waiting task and the agent whose slot is reserved for it. */
export interface Match {
  readonly line: Line;
  readonly waiter: Waiter;
  readonly record: TaskRecord;
  readonly agent: IndexedAgent;
}

/** A task set aside, so that others of its line, of another type, may pass. */
export interface Parked {
  readonly line: Line;
  readonly waiter: Waiter;
  readonly taskType: string;
}

export interface MatchPlan {
  readonly matches: readonly Match[];
  /** Tasks that could go to nobody but agents that rest from their type: taken out of their lines, for whoever plans to put back. */
  readonly parked: readonly Parked[];
  /** Lines whose next tasks must be read before they can go on. */
  readonly unread: readonly { readonly line: Line; readonly waiters: readonly Waiter[] }[];
  /** Windows that ran dry although an agent is free. */
  readonly dry: readonly Line[];
  /** Lines that stopped only because `limit` was reached. */
  readonly unfinished: readonly Line[];
}

/**
 * Pairs waiting tasks with free agents: always the first of all lines next, until no line has both. Takes the tasks out
 * of their lines and reserves the slots; whoever writes the assignments gives back what could not be written.
 */
export function planMatches(
  lines: Iterable<Line>,
  waiting: WaitingLines,
  index: AgentIndex,
  recordOf: (taskId: TaskId) => TaskRecord | undefined,
  limit: number,
  rest: { readonly resting: RestingAgents; readonly nowMs: number },
): MatchPlan {
  const open = new Set(lines);
  const matches: Match[] = [];
  const unread: { line: Line; waiters: Waiter[] }[] = [];
  const dry: Line[] = [];
  const parked: Parked[] = [];
  while (matches.length < limit && index.freeAgents > 0) {
    const line = firstOf(open, dry, waiting);
    const waiter = line?.window[0];
    if (line === undefined || waiter === undefined) break;
    const candidates = index.candidates(line.demand, CANDIDATES_MAX);
    if (candidates.length === 0) {
      open.delete(line);
      continue;
    }
    const record = recordOf(waiter.taskId);
    if (record === undefined) {
      const next = line.window.slice(0, Math.min(limit - matches.length, index.freeSlots));
      unread.push({ line, waiters: next.filter(({ taskId }) => recordOf(taskId) === undefined) });
      open.delete(line);
      continue;
    }
    const taskType = record.spec.task_type;
    const awake = awakeFor(taskType, line, index, candidates, rest);
    const chosen = chooseAgent({ spec: record.spec, failedAgentId: record.live.failed_agent_id }, awake);
    if (chosen === undefined) {
      // Past this the line waits for those that rest: what is set aside is bounded (I7).
      if (line.taken.size >= PARKED_MAX) open.delete(line);
      else {
        waiting.take(line);
        parked.push({ line, waiter, taskType });
      }
      continue;
    }
    waiting.take(line);
    index.reserve(chosen.agent, record.spec.workflow_id);
    matches.push({ line, waiter, record, agent: chosen.agent });
  }
  const unfinished = matches.length < limit || index.freeAgents === 0 ? [] : [...open];
  return { matches, parked, unread, dry, unfinished };
}

/** Tasks of one line that are set aside, or on their way to an agent, at most. */
const PARKED_MAX = 512;

/** Candidates that do not rest from this type; looked for among more agents when all the first ones rest. */
function awakeFor(
  taskType: string,
  { demand }: Line,
  index: AgentIndex,
  candidates: readonly IndexedAgent[],
  { resting, nowMs }: { readonly resting: RestingAgents; readonly nowMs: number },
): readonly IndexedAgent[] {
  const awake = resting.awake(candidates, taskType, nowMs);
  if (awake.length > 0 || candidates.length < CANDIDATES_MAX) return awake;
  return resting
    .awake(index.candidates(demand, CANDIDATES_MAX + resting.size), taskType, nowMs)
    .slice(0, CANDIDATES_MAX);
}

/** The line whose first task has the lowest score; lines without a window leave the set. */
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
  return first;
}
