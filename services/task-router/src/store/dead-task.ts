import { newMessage, type TaskError, TaskRetryV1 } from '@nova-torch/protocol';
import { type Attempt, deadLetterArgs, deadLetterKey } from '@nova-torch/streams';
import type { DeadTask } from '../domain/draft.ts';
import type { FailedAttempt, TaskRecord } from '../domain/task-record.ts';
import type { Effect } from './apply-transitions.ts';
import type { RouterKeys } from './keys.ts';

const TIMEOUTS: ReadonlySet<string> = new Set(['TIMEOUT', 'PROGRESS_TIMEOUT', 'START_TIMEOUT']);

const outcomeOf = ({ code }: TaskError): Attempt['outcome'] =>
  TIMEOUTS.has(code) ? 'timeout' : code === 'AGENT_LOST' ? 'lost' : 'error';

const textOf = ({ code, message }: TaskError): string => `${code}: ${message}`;

const attemptOf = ({ at_ms, agent_id, duration_ms, error }: FailedAttempt): Attempt => ({
  at_ms,
  consumer: agent_id ?? '',
  duration_ms,
  outcome: outcomeOf(error),
  error: textOf(error),
});

/**
 * The dead letter of a task that failed for good. It was no message that could not be handled, so the message it has is
 * the command to try the task again from a clean start: a replay is a retry.
 */
export function deadLetterEffect(
  record: TaskRecord,
  { reason, error, failures }: DeadTask,
  { keys, instance, nowMs }: { readonly keys: RouterKeys; readonly instance: string; readonly nowMs: number },
): Effect {
  const { task_id, traceparent } = record;
  const source = keys.streams.tasksQueue;
  const retry = newMessage(
    TaskRetryV1,
    { task_id, by: 'a replayed dead letter' },
    { sender: instance, target: 'task-router', nowMs, traceparent },
  );
  const args = deadLetterArgs({
    json: JSON.stringify(retry),
    history: failures.map(attemptOf),
    // A letter is looked for by its task.
    error: `${task_id}: ${textOf(error)}`,
    ...{ reason, source, group: 'task-router' },
  });
  return { command: 'XADD', key: deadLetterKey(source), args };
}
