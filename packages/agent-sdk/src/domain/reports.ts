// The messages an agent sends about an assignment. Pure: time is an argument.
import {
  type EnvelopeFields,
  newMessage,
  ReportCompletedV1,
  ReportFailedV1,
  ReportProgressV1,
  ReportStartedV1,
  type TaskAssignedV1,
} from '@nova-torch/protocol';
import type { Ending } from './ending.ts';

export type Report = ReportStartedV1 | ReportProgressV1 | ReportCompletedV1 | ReportFailedV1;

/** How far a task is. `percent` is 0 to 100; texts longer than the contract allows are cut. */
export interface ProgressUpdate {
  percent?: number | undefined;
  step?: string | undefined;
  message?: string | undefined;
}

const STEP_CHARS_MAX = 200;
const MESSAGE_CHARS_MAX = 2_000;

/** What every report of an assignment says: who, which task, epoch and lease (invariant I5). */
function head({ payload }: TaskAssignedV1) {
  const { task_id, agent_id, epoch, lease } = payload;
  return { task_id, agent_id, epoch, lease };
}

function fields(assigned: TaskAssignedV1, nowMs: number): EnvelopeFields {
  return {
    sender: assigned.payload.agent_id,
    target: 'task-router',
    nowMs,
    priority: assigned.priority,
    correlation_id: assigned.correlation_id,
    causation_id: assigned.id,
    traceparent: assigned.traceparent,
  };
}

export function startedReport(assigned: TaskAssignedV1, startedAtMs: number): ReportStartedV1 {
  return newMessage(
    ReportStartedV1,
    { ...head(assigned), started_at_ms: startedAtMs },
    fields(assigned, startedAtMs),
  );
}

export function progressReport(
  assigned: TaskAssignedV1,
  update: ProgressUpdate,
  nowMs: number,
): ReportProgressV1 {
  const { percent, step, message } = update;
  return newMessage(
    ReportProgressV1,
    {
      ...head(assigned),
      ...(percent === undefined || !Number.isFinite(percent)
        ? {}
        : { percent: Math.min(100, Math.max(0, percent)) }),
      ...(step === undefined ? {} : { step: step.slice(0, STEP_CHARS_MAX) }),
      ...(message === undefined ? {} : { message: message.slice(0, MESSAGE_CHARS_MAX) }),
    },
    fields(assigned, nowMs),
  );
}

/** The final report. `startedAtMs` only when the start was not reported before. */
export function endReport(
  assigned: TaskAssignedV1,
  ending: Ending,
  nowMs: number,
  startedAtMs?: number,
): ReportCompletedV1 | ReportFailedV1 {
  const common = {
    ...head(assigned),
    ...(startedAtMs === undefined ? {} : { started_at_ms: startedAtMs }),
    ...(ending.exitCode === undefined ? {} : { exit_code: ending.exitCode }),
  };
  if (ending.kind === 'completed') {
    const result = ending.result === undefined ? {} : { result: ending.result };
    const evidence = ending.evidence === undefined ? {} : { evidence: [...ending.evidence] };
    return newMessage(ReportCompletedV1, { ...common, ...result, ...evidence }, fields(assigned, nowMs));
  }
  const { code, message, retryable } = ending;
  return newMessage(
    ReportFailedV1,
    { ...common, code, message, retryable, returned: false },
    fields(assigned, nowMs),
  );
}

/** Gives an assignment back that was never started: no attempt is spent. */
export function returnedReport(assigned: TaskAssignedV1, reason: string, nowMs: number): ReportFailedV1 {
  return newMessage(
    ReportFailedV1,
    { ...head(assigned), code: 'AGENT_RETURNED', message: reason, retryable: true, returned: true },
    fields(assigned, nowMs),
  );
}
