import type { TaskEvidence, TaskProgress, TaskSummary, TaskView } from '@nova-torch/protocol';
import { estimatedEndMs } from './progress-log.ts';
import type { TaskRecord } from './task-record.ts';

/** What people see of a task besides its record. */
export interface ViewExtras {
  readonly result?: unknown;
  readonly progress?: TaskProgress | undefined;
  readonly progressLog?: readonly TaskProgress[] | undefined;
  /** The present, for what is estimated. */
  readonly nowMs?: number | undefined;
  readonly evidence?: TaskEvidence | undefined;
  readonly waitingFor?: string | undefined;
}

/** A task as people see it. */
export function viewOf(record: TaskRecord, extras: ViewExtras = {}): TaskView {
  const { live, lineage } = record;
  const { result, progress, progressLog, evidence, nowMs, waitingFor } = extras;
  const etaMs =
    record.state === 'running' && nowMs !== undefined
      ? estimatedEndMs(live.started_at_ms, progress, nowMs)
      : undefined;
  return {
    task_id: record.task_id,
    status: record.state,
    spec: record.spec,
    durability: record.spec.durability ?? 'memory',
    submitter: record.submitter,
    epoch: record.epoch,
    attempt: live.attempt,
    submitted_at_ms: record.submitted_at_ms,
    trace_id: record.traceparent.split('-')[1],
    ...(lineage === undefined ? {} : { root_task: lineage.root, depth: lineage.chain.length }),
    ...(live.agent_id === undefined ? {} : { agent_id: live.agent_id }),
    ...(result === undefined ? {} : { result }),
    ...(live.error === undefined ? {} : { error: live.error }),
    ...(evidence === undefined ? {} : { evidence }),
    ...(progress === undefined ? {} : { progress }),
    ...(progressLog === undefined ? {} : { progress_log: [...progressLog] }),
    ...(etaMs === undefined ? {} : { eta_ms: etaMs }),
    ...(waitingFor === undefined ? {} : { waiting_for: waitingFor }),
    ...(live.started_at_ms === undefined ? {} : { started_at_ms: live.started_at_ms }),
    ...(live.ended_at_ms === undefined ? {} : { ended_at_ms: live.ended_at_ms }),
  };
}

/** A task as it stands in a list. */
export function summaryOf(record: TaskRecord): TaskSummary {
  const { live, spec } = record;
  return {
    task_id: record.task_id,
    status: record.state,
    attempt: live.attempt,
    submitted_at_ms: record.submitted_at_ms,
    title: spec.title,
    priority: spec.priority,
    labels: spec.labels,
    ...(spec.role === undefined ? {} : { role: spec.role }),
    ...(live.agent_id === undefined ? {} : { agent_id: live.agent_id }),
    ...(live.started_at_ms === undefined ? {} : { started_at_ms: live.started_at_ms }),
    ...(live.ended_at_ms === undefined ? {} : { ended_at_ms: live.ended_at_ms }),
  };
}
