import type { AgentStatus, TaskId } from '@nova-torch/protocol';
import { type Agent, type AgentChange, changed, isGone, reopened } from './agent.ts';

/** What an agent says with each heartbeat; `atMs` is when it reached the broker. */
export interface Heartbeat {
  readonly currentTasks: readonly TaskId[];
  readonly draining: boolean;
  readonly atMs: number;
}

export type Heard =
  /** Nothing but the time is new. */
  | { readonly kind: 'time'; readonly heardMs: number }
  /** Status or tasks are new, or it is back from being suspected. */
  | { readonly kind: 'change'; readonly change: AgentChange }
  /** From a life before this one, or older than what is known. */
  | { readonly kind: 'stale' }
  /** It is taken for gone and yet speaks: it must be told. */
  | { readonly kind: 'gone'; readonly reason: string };

/** The status of a live agent with so many tasks. */
export function statusOf(tasks: number, capacity: number, draining: boolean): AgentStatus {
  if (draining) return 'draining';
  if (tasks === 0) return 'idle';
  return tasks < capacity ? 'active' : 'busy';
}

/** What a heartbeat changes. Any sign of life restores a suspected agent. */
export function hear(agent: Agent, beat: Heartbeat): Heard {
  const { departure, registered_ms: registeredMs, closed_ms: closedMs } = agent.state;
  if (departure !== undefined) {
    return beat.atMs < departure.at_ms
      ? { kind: 'stale' }
      : { kind: 'gone', reason: `${departure.how}: ${departure.reason}` };
  }
  if (beat.atMs < registeredMs || beat.atMs < agent.heardMs) return { kind: 'stale' };
  const status = statusOf(beat.currentTasks.length, agent.record.capacity, beat.draining);
  const same =
    agent.record.status === status &&
    closedMs === undefined &&
    sameTasks(agent.record.current_tasks, beat.currentTasks);
  if (same) return { kind: 'time', heardMs: beat.atMs };
  const after = changed(
    { ...agent, state: reopened(agent.state) },
    { record: { status, current_tasks: [...beat.currentTasks] }, heardMs: beat.atMs },
  );
  return { kind: 'change', change: { before: agent, after, event: { type: 'agent.updated.v1' } } };
}

/** What a heartbeat says besides the time. The order of tasks says nothing. */
export const digestOfBeat = ({
  currentTasks,
  draining,
}: Pick<Heartbeat, 'currentTasks' | 'draining'>): string =>
  `${draining ? 'draining' : 'working'}:${currentTasks.length < 2 ? currentTasks.join() : currentTasks.toSorted().join()}`;

/** The digest of a heartbeat that would change nothing but the time of this agent; '' if any would change more. */
export function digestOf({ record, state }: Agent): string {
  if (state.departure !== undefined || state.closed_ms !== undefined || record.status === 'suspect')
    return '';
  return digestOfBeat({
    currentTasks: record.current_tasks as TaskId[],
    draining: record.status === 'draining',
  });
}

/** A sign of death somebody saw; `atMs` is when it reached the broker. */
export interface Sign {
  readonly sign: 'exited' | 'session_closed';
  readonly detail: string;
  readonly atMs: number;
}

/** Whether a sign of death may still concern this life of the agent. */
export const concerns = (agent: Agent, sign: Sign): boolean => {
  if (sign.atMs < agent.state.registered_ms) return false;
  return sign.sign === 'exited' || (sign.atMs >= agent.heardMs && !isGone(agent));
};

function sameTasks(known: readonly string[], told: readonly string[]): boolean {
  if (known.length !== told.length) return false;
  if (known.every((task, index) => task === told[index])) return true;
  const set = new Set(known);
  return told.every((task) => set.has(task));
}
