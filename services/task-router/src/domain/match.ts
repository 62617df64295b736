import type { TaskId } from '@nova-torch/protocol';
import type { AgentIndex, IndexedAgent } from './agent-index.ts';
import { chooseAgent } from './choose-agent.ts';
import { type Grounds, withResting } from './decision.ts';
import type { RestingAgents } from './resting.ts';
import type { Routing } from './routing.ts';
import type { TaskRecord } from './task-record.ts';
import type { Demand } from './waiting.ts';
import type { Line, Waiter, WaitingLines } from './waiting-lines.ts';

/** A waiting task and the agent whose slot is reserved for it. */
export interface Match {
  readonly line: Line;
  readonly waiter: Waiter;
  readonly record: TaskRecord;
  readonly agent: IndexedAgent;
  readonly grounds: Grounds;
}

/** A task set aside, so that others of its line, of another type, may pass. */
export interface Parked {
  readonly line: Line;
  readonly waiter: Waiter;
  readonly taskType: string;
}

/** What the choice of agents depends on besides tasks and agents. */
export interface MatchTerms {
  readonly routing: Routing;
  readonly resting: RestingAgents;
  /** Unix milliseconds. */
  readonly nowMs: number;
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
  const { routing } = terms;
  const open = new Set(lines);
  const matches: Match[] = [];
  const unread: { line: Line; waiters: Waiter[] }[] = [];
  const dry: Line[] = [];
  const parked: Parked[] = [];
  while (matches.length < limit && index.freeAgents > 0) {
    const line = firstOf(open, dry, waiting);
    const waiter = line?.window[0];
    if (line === undefined || waiter === undefined) break;
    const candidates = index.candidates(line.demand, routing.candidatesMax);
    if (candidates.length === 0) {
      // What nobody can take of one submitter nobody can take of the others.
      for (const other of open) if (other.className === line.className) open.delete(other);
      continue;
    }
    const record = recordOf(waiter.taskId);
    if (record === undefined) {
      const next = line.window.slice(0, Math.min(limit - matches.length, index.freeSlots));
      unread.push({ line, waiters: next.filter(({ taskId }) => recordOf(taskId) === undefined) });
      open.delete(line);
      continue;
    }
    const { failed_agent_id: failedAgentId, found } = record.live;
    const wanted = { spec: record.spec, failedAgentId, found };
    const { awake, resting } = awakeFor(wanted.spec.task_type, line.demand, index, candidates, terms);
    const choice = chooseAgent(wanted, awake, routing);
    if (choice === undefined) {
      // Past this the line waits for those that rest: what is set aside is bounded (I7).
      if (line.taken.size >= PARKED_MAX) open.delete(line);
      else {
        waiting.setAside(line);
        parked.push({ line, waiter, taskType: wanted.spec.task_type });
      }
      continue;
    }
    const grounds = { choice, passedOver: withResting(index.passedOver(line.demand), resting), routing };
    waiting.take(line);
    index.reserve(choice.agent, record.spec.workflow_id);
    matches.push({ line, waiter, record, agent: choice.agent, grounds });
  }
  const unfinished = matches.length < limit || index.freeAgents === 0 ? [] : [...open];
  return { matches, parked, unread, dry, unfinished };
}

/** Tasks of one line that are set aside, or on their way to an agent, at most. */
const PARKED_MAX = 512;

/**
 * Candidates that do not rest from this type, and how many were found to; looked for among more agents when all the first
 * ones rest.
 */
function awakeFor(
  taskType: string,
  demand: Demand,
  index: AgentIndex,
  candidates: readonly IndexedAgent[],
  { resting, nowMs, routing: { candidatesMax } }: MatchTerms,
): { readonly awake: readonly IndexedAgent[]; readonly resting: number } {
  const awake = resting.awake(candidates, taskType, nowMs);
  if (awake.length > 0 || candidates.length < candidatesMax)
    return { awake, resting: candidates.length - awake.length };
  const more = index.candidates(demand, candidatesMax + resting.size);
  const found = resting.awake(more, taskType, nowMs);
  return { awake: found.slice(0, candidatesMax), resting: more.length - found.length };
}

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
