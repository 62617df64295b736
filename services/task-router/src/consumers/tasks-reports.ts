// tasks.reports: the reports of one task in a batch are folded into one write; a decision on a record that changed
// meanwhile is made again on the record as it is.
//
// A report is refused only by the record in the store: an agent may answer before this router has heard that its
// assignment was written, so what is remembered may be older than the report.
import type { Message, TaskId } from '@nova-torch/protocol';
import { runInContext } from '@nova-torch/service-kit';
import { ack, type Delivered, deadLetter, type Outcome, retry } from '@nova-torch/streams';
import { type ActiveDeps, momentOf } from '../active/deps.ts';
import type { Entry } from '../active/ledger.ts';
import { observeEnd } from '../active/observe-end.ts';
import { tally } from '../active/tally.ts';
import { MessageSpans } from '../active/task-spans.ts';
import { type Draft, isChanged, openDraft } from '../domain/draft.ts';
import { stop } from '../domain/letters.ts';
import { type RejectReason, type Report, settleReport } from '../domain/settle-report.ts';
import type { TaskRecord } from '../domain/task-record.ts';
import { isApplied } from '../store/apply-transitions.ts';
import { outcomesOf } from './failed-batch.ts';
import { isReport } from './report-types.ts';
import { DECISIONS_MAX } from './task-commands.ts';

interface Rejected {
  readonly report: Report;
  readonly reason: RejectReason;
}

interface Folded {
  readonly draft: Draft | undefined;
  readonly taken: readonly Report[];
  readonly rejected: readonly Rejected[];
}

/** Takes a batch of reports; one outcome for each, in order. */
export async function onTasksReports(
  batch: readonly Delivered<Message>[],
  deps: ActiveDeps,
): Promise<Outcome[]> {
  const spans = new MessageSpans(deps.tracing, batch);
  return outcomesOf(batch, () => spans.during(takeReports(batch, spans, deps)), deps.logger);
}

async function takeReports(
  batch: readonly Delivered<Message>[],
  spans: MessageSpans,
  deps: ActiveDeps,
): Promise<Outcome[]> {
  let open = new Map<TaskId, Report[]>();
  for (const { message } of batch) {
    if (!isReport(message)) continue;
    const known = open.get(message.payload.task_id);
    if (known === undefined) open.set(message.payload.task_id, [message]);
    else known.push(message);
  }
  for (let tries = 0; open.size > 0 && tries < DECISIONS_MAX; tries += 1)
    open = await decideOnce(open, spans, deps);
  return batch.map(({ message }) => {
    if (!isReport(message)) return deadLetter('unknown_type', `tasks.reports does not carry ${message.type}`);
    if (!open.has(message.payload.task_id)) return ack();
    return retry({ error: 'the task changed faster than it could be decided on' });
  });
}

/** Decides on all reports once; returns those whose task changed meanwhile. */
async function decideOnce(
  open: Map<TaskId, Report[]>,
  spans: MessageSpans,
  deps: ActiveDeps,
): Promise<Map<TaskId, Report[]>> {
  const folds = await foldAll(open, deps);
  const entries: Entry[] = [];
  const ids: TaskId[] = [];
  for (const [taskId, { draft, taken }] of folds) {
    if (draft === undefined) continue;
    for (const report of taken) spans.became(report, draft.record);
    entries.push({ draft, traceparent: spans.traceparentOf(taken.at(-1)) });
    ids.push(taskId);
  }
  const verdicts = await deps.ledger.write(entries);
  const stale = new Map<TaskId, Report[]>();
  for (const [i, taskId] of ids.entries()) {
    if (!isApplied(verdicts[i])) stale.set(taskId, open.get(taskId) ?? []);
  }
  const settled = [...folds].filter(([taskId]) => !stale.has(taskId)).map(([, folded]) => folded);
  const taken = settled.flatMap((one) => one.taken.map(({ type }) => type));
  for (const [type, count] of tally(taken)) deps.metrics.reports.inc({ type }, count);
  for (const { draft } of settled) if (draft !== undefined) observeEnd(draft, deps);
  await answerRejected(
    settled.flatMap(({ rejected }) => rejected),
    deps,
  );
  return stale;
}

/** Folds on what is remembered; where that would refuse a report, or knows nothing, on what is stored. */
async function foldAll(
  open: ReadonlyMap<TaskId, readonly Report[]>,
  deps: ActiveDeps,
): Promise<Map<TaskId, Folded>> {
  const folds = new Map<TaskId, Folded>();
  const unsure: TaskId[] = [];
  for (const [taskId, reports] of open) {
    const record = deps.memory.records.get(taskId);
    const folded = record === undefined ? undefined : fold(record, reports, deps);
    if (folded === undefined || folded.rejected.length > 0) unsure.push(taskId);
    else folds.set(taskId, folded);
  }
  const stored = await deps.tasks.records(unsure);
  for (const taskId of unsure) folds.set(taskId, fold(stored.get(taskId), open.get(taskId) ?? [], deps));
  return folds;
}

function fold(record: TaskRecord | undefined, reports: readonly Report[], deps: ActiveDeps): Folded {
  if (record === undefined) {
    return {
      draft: undefined,
      taken: [],
      rejected: reports.map((report) => ({ report, reason: 'unknown_task' })),
    };
  }
  let draft = openDraft(record);
  const taken: Report[] = [];
  const rejected: Rejected[] = [];
  for (const report of reports) {
    const settlement = settleReport(draft, report, momentOf(deps));
    if (settlement.kind === 'rejected') rejected.push({ report, reason: settlement.reason });
    if (settlement.kind !== 'settled') continue;
    draft = settlement.draft;
    taken.push(report);
  }
  return { draft: isChanged(draft) ? draft : undefined, taken, rejected };
}

/** A rejected report is counted; an agent that works on in vain is told to stop. */
async function answerRejected(rejected: readonly Rejected[], deps: ActiveDeps): Promise<void> {
  const letters = [];
  for (const { report, reason } of rejected) {
    const { type, payload } = report;
    deps.metrics.rejectedReports.inc({ type, reason });
    const { task_id, agent_id, epoch } = payload;
    runInContext({ traceparent: report.traceparent, task_id, agent_id }, () =>
      deps.logger.info({ type, reason, epoch }, 'a report was refused'),
    );
    if (type !== 'report.progress.v1' && type !== 'report.started.v1') continue;
    letters.push(stop(payload, payload.agent_id, payload.epoch, `this assignment is over (${reason})`));
  }
  await deps.ledger.send(letters);
}
