import { NovaError, type TaskSpec } from '@nova-torch/protocol';

/** What the present makes impossible in a task submitted at `nowMs`, with the field named; undefined if nothing. */
export function untimely(
  { deadline, run_at: runAt, ttl }: Pick<TaskSpec, 'deadline' | 'run_at' | 'ttl'>,
  nowMs: number,
): NovaError | undefined {
  if (deadline !== undefined && Date.parse(deadline) <= nowMs) {
    return new NovaError('VALIDATION', `${deadline} has passed already.`, { field: 'deadline' });
  }
  if (runAt !== undefined && nowMs + ttl * 1000 <= Date.parse(runAt)) {
    const detail = `After ${ttl} s it would have expired before its run_at, ${runAt}.`;
    return new NovaError('VALIDATION', detail, { field: 'ttl' });
  }
  return undefined;
}
