import { dependencyIds, type Message, type MessageOfType, partitionOf } from '@nova-torch/protocol';
import { currentTraceparent } from '@nova-torch/service-kit';
import { ack, type Delivered, deadLetter, type Outcome, retry } from '@nova-torch/streams';
import type { ActiveDeps } from '../active/deps.ts';
import { readDescents } from '../active/read-lineages.ts';
import { admitWorkflow, holdOf, refuseWorkflow, type WorkflowEntry } from '../domain/workflow.ts';
import { isApplied } from '../store/apply-transitions.ts';

/** Tasks written by one call, and characters of what they were asked for: a call waits for the one before. */
const TASKS_PER_CALL = 64;
const CHARS_PER_CALL = 500_000;

/** Takes a workflow: every task of it gets its record, or none. */
export async function onWorkflowSubmitted(
  delivered: Delivered<MessageOfType<'workflow.submitted.v1'>>,
  deps: ActiveDeps,
): Promise<Outcome> {
  const { message, entryId } = delivered;
  const { workflow_id: workflowId, tasks, submitter } = message.payload;
  const request: Delivered<Message> = delivered;
  const foreign = tasks.find(({ task_id }) => partitionOf(task_id) !== deps.partition);
  if (foreign !== undefined) {
    return deadLetter('wrong_partition', `${foreign.task_id} belongs to another partition`);
  }
  const ids = tasks.map(({ task_id }) => task_id);
  const outside = tasks.flatMap(({ spec }) => dependencyIds(spec));
  const states = await deps.tasks.states([...new Set([...ids, ...outside])]);
  const written = ids.flatMap((taskId) => states.get(taskId) ?? []);
  const lineages = await readDescents(deps.tasks, tasks);
  const nowMs = deps.nowMs();
  if (written.length === 0) {
    const [other] = await deps.indexes.workflowTasks(workflowId, undefined, 1);
    const refusal = refuseWorkflow({ tasks, lineages }, states);
    if (other !== undefined || refusal !== undefined) {
      deps.metrics.submissions.inc({ outcome: 'refused' });
      const { answers } = deps;
      if (refusal === undefined) {
        const detail = `there is a workflow ${workflowId} already, with ${other} in it`;
        return ack([answers.refused(request, 'WORKFLOW_EXISTS', detail, 'workflow_id')]);
      }
      return ack([answers.refused(request, refusal.code, refusal.detail, refusal.field)]);
    }
  }
  // One that has begun was written whole: what is missing of it was forgotten since, or comes from a journal on its own.
  const hasBegun = written.some((state) => state !== 'blocked');
  if (!hasBegun && written.length < ids.length) {
    const submission = {
      ...{ workflow_id: workflowId, tasks, lineages, submitter },
      traceparent: currentTraceparent() ?? deps.tracing.newTraceparent(),
      submitted_at_ms: Math.min(nowMs, Number(entryId.split('-')[0])),
    };
    const missing = admitWorkflow(submission, states, nowMs).filter(
      ({ draft }) => !states.has(draft.record.task_id),
    );
    const trouble = await writeInOrder(missing, deps);
    if (trouble !== undefined) return retry({ error: `not written: ${trouble}` });
    deps.metrics.submissions.inc({ outcome: 'accepted' }, missing.length);
  }
  await deps.ledger.release(holdOf(workflowId));
  const repeated = written.length === ids.length || hasBegun;
  return ack([
    deps.answers.workflowAccepted(request, { workflow_id: workflowId, tasks: ids.length, repeated }),
  ]);
}

/** Writes tasks, each call behind the one before; the verdict that kept one from being written. */
async function writeInOrder(
  entries: readonly WorkflowEntry[],
  deps: ActiveDeps,
): Promise<string | undefined> {
  for (const call of callsOf(entries)) {
    const verdicts = await deps.ledger.write(call);
    const trouble = verdicts.find((verdict) => !isApplied(verdict) && verdict !== 'duplicate');
    if (trouble !== undefined) return trouble;
  }
  return undefined;
}

function callsOf(entries: readonly WorkflowEntry[]): WorkflowEntry[][] {
  const calls: WorkflowEntry[][] = [];
  let [call, chars]: [WorkflowEntry[], number] = [[], 0];
  for (const entry of entries) {
    const size = JSON.stringify(entry.draft.record.spec).length;
    if (call.length >= TASKS_PER_CALL || (call.length > 0 && chars + size > CHARS_PER_CALL)) {
      calls.push(call);
      [call, chars] = [[], 0];
    }
    call.push(entry);
    chars += size;
  }
  if (call.length > 0) calls.push(call);
  return calls;
}
