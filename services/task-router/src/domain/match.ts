import type { TaskId } from '@nova-torch/protocol';
import type { AgentIndex, IndexedAgent } from './agent-index.ts';
import { chooseAgent } from './choose-agent.ts';
import type { Grounds } from './decision.ts';
import { DEFAULT_ROUTING, type Routing } from './routing.ts';
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

export interface MatchPlan {
  readonly matches: readonly Match[];
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
  routing: Routing = DEFAULT_ROUTING,
): MatchPlan {
  const open = new Set(lines);
  const matches: Match[] = [];
  const unread: { line: Line; waiters: Waiter[] }[] = [];
  const dry: Line[] = [];
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
    const choice = chooseAgent({ spec: record.spec, failedAgentId, found }, candidates, routing);
    if (choice === undefined) break;
    const grounds = { choice, passedOver: index.passedOver(line.demand), routing };
    waiting.take(line);
    index.reserve(choice.agent, record.spec.workflow_id);
    matches.push({ line, waiter, record, agent: choice.agent, grounds });
  }
  const unfinished = matches.length < limit || index.freeAgents === 0 ? [] : [...open];
  return { matches, unread, dry, unfinished };
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
