import type { ErrorCode, TaskError, TaskId, TaskSpec } from '@nova-torch/protocol';
import type { FoundWishes } from './analysis/analyse.ts';
import { awaitedBy, type DependencyStates, endedAmong, judgeDependencies } from './dependencies.ts';
import { type Draft, move, newDraft } from './draft.ts';
import { endWithout, expire } from './endings.ts';
import type { Hand } from './hands.ts';
import type { Lineage } from './lineage.ts';
import { runAtMsOf } from './task-record.ts';

export interface Submission {
  readonly task_id: TaskId;
  readonly spec: TaskSpec;
  readonly submitter: string;
  readonly traceparent: string;
  /** When the broker took the submission. */
  readonly submitted_at_ms: number;
  readonly lineage?: Lineage | undefined;
  /** Why a task of this lineage is not taken. */
  readonly error?: TaskError | undefined;
  /** Somebody waits for the answer: an unknown dependency, a cycle or a loop is refused instead of becoming a failed task. */
  readonly answer: boolean;
  /** What its text asks for, when it names neither role nor skills itself. */
  readonly found?: FoundWishes | undefined;
  /** A person put it back after it was given up. */
  readonly hand?: Hand | undefined;
}

export type Admission =
  | { readonly kind: 'admitted'; readonly draft: Draft; readonly blockedBy: readonly TaskId[] }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly detail: string; readonly field: string };

/** When a task submitted (or retried) at `fromMs` expires: its time to live or its deadline, whichever is first. */
export function expiresAtMs(spec: TaskSpec, fromMs: number): number {
  const byTtl = fromMs + Math.round(spec.ttl * 1000);
  return spec.deadline === undefined ? byTtl : Math.min(byTtl, Date.parse(spec.deadline));
}

/**
 * First steps of a new task: ready, scheduled, blocked, or ended by what it depends on; expired when its time has passed
 * already. `cycle` is how it would wait for itself.
 */
export function admit(
  submission: Submission,
  dependencies: DependencyStates,
  nowMs: number,
  cycle?: readonly TaskId[],
): Admission {
  const { spec, answer, error, found, hand, ...origin } = submission;
  const draft = newDraft({
    ...origin,
    spec,
    live: {
      attempt: 0,
      returns: 0,
      expires_at_ms: expiresAtMs(spec, submission.submitted_at_ms),
      ...(found === undefined ? {} : { found }),
      ...(hand === undefined ? {} : { hand }),
    },
  });
  const by = { atMs: nowMs, actor: submission.submitter };
  const admitted = (done: Draft, blockedBy: readonly TaskId[] = []): Admission => ({
    kind: 'admitted',
    draft: done,
    blockedBy,
  });
  const refused = (code: ErrorCode, message: string, field = 'spec/dependencies'): Admission =>
    answer
      ? { kind: 'refused', code, detail: message, field }
      : admitted(endWithout(draft, 'failed', { code, message }, by));
  if (error !== undefined) return refused('TASK_LOOP', error.message, 'spec/parent_task');
  if (cycle !== undefined)
    return refused('DEPENDENCY_CYCLE', `it would wait for itself: ${cycle.join(' -> ')}`);
  const verdict = judgeDependencies(draft.record, dependencies);
  switch (verdict.kind) {
    case 'unknown':
      return refused('DEPENDENCY_UNKNOWN', `there is no task ${verdict.taskId}, which it depends on`);
    case 'broken':
      return admitted(endWithout(draft, verdict.status, verdict.error, by));
    case 'pending': {
      const ended = endedAmong(awaitedBy(draft.record), dependencies);
      const step = { ...by, reason: 'submitted; waits for its dependencies' };
      const blocked = move(draft, 'blocked', {
        ...step,
        ...(ended.length > 0 && { live: { awaited_ended: ended } }),
      });
      return admitted(blocked, verdict.taskIds);
    }
    case 'met': {
      const runAtMs = runAtMsOf(spec);
      if (runAtMs > nowMs) {
        const reason = `submitted to run at ${spec.run_at}`;
        return admitted(move(draft, 'scheduled', { ...by, reason, live: { retry_at_ms: runAtMs } }));
      }
      const ready = move(draft, 'ready', { ...by, reason: 'submitted', live: { ready_at_ms: nowMs } });
      return admitted(ready.record.live.expires_at_ms <= nowMs ? expire(ready, nowMs) : ready);
    }
  }
}
