import { isTerminal } from '@nova-torch/protocol';
import { becomeReady, failAttempt, loseAttempt } from './attempts.ts';
import { type Draft, type Moment, openDraft, ROUTER } from './draft.ts';
import { expire } from './endings.ts';
import type { TaskRecord } from './task-record.ts';

/** When something must happen to the task by time alone, in Unix milliseconds; undefined once it has ended. */
export function nextDue({ state, live }: TaskRecord): number | undefined {
  if (isTerminal(state)) return undefined;
  const own = {
    blocked: undefined,
    ready: undefined,
    scheduled: live.retry_at_ms,
    assigned: live.start_by_ms,
    running: earlier(live.run_until_ms, live.progress_by_ms),
    verifying: undefined,
  }[state];
  return own === undefined ? live.expires_at_ms : Math.min(own, live.expires_at_ms);
}

const earlier = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);

/** Whether it is its silence that is due, not its time limit. */
const isSilent = ({ state, live }: TaskRecord, nowMs: number): boolean =>
  state === 'running' &&
  live.progress_by_ms !== undefined &&
  live.progress_by_ms <= nowMs &&
  live.progress_by_ms < (live.run_until_ms ?? Number.POSITIVE_INFINITY);

/** What the passing of time makes of the task; undefined when nothing is due yet. */
export function passTime(record: TaskRecord, moment: Moment): Draft | undefined {
  const { nowMs } = moment;
  const dueMs = nextDue(record);
  if (dueMs === undefined || dueMs > nowMs) return undefined;
  const draft = openDraft(record);
  const { live, spec } = record;
  if (live.expires_at_ms <= nowMs) return expire(draft, nowMs);
  switch (record.state) {
    case 'scheduled':
      return becomeReady(draft, nowMs, live.attempt === 0 ? 'its time to run has come' : 'the delay is over');
    case 'assigned': {
      const error = {
        code: 'START_TIMEOUT',
        message: `agent ${live.agent_id} did not report its start in time`,
      };
      return loseAttempt(draft, { error, actor: ROUTER, tellAgent: true }, nowMs);
    }
    case 'running': {
      const error = isSilent(record, nowMs)
        ? { code: 'PROGRESS_TIMEOUT', message: `no progress for ${spec.progress_timeout} s` }
        : { code: 'TIMEOUT', message: `not done within its timeout of ${spec.timeout} s` };
      return failAttempt(draft, { error, actor: ROUTER, tellAgent: true }, moment);
    }
    default:
      return undefined;
  }
}
