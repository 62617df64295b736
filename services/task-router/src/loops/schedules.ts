import { isTerminal, type Message, newMessage, type Schedule, TaskSubmittedV1 } from '@nova-torch/protocol';
import type { ActiveDeps } from '../active/deps.ts';
import { nextCronTime, taskIdOfRun } from '../active/next-time.ts';
import { fire } from '../domain/schedules.ts';
import type { RunResult } from './wakeable-loop.ts';

/** Schedules fired in one step. */
const STEP = 64;
/** A task submitted less than this ago, in ms, may not have been taken in yet: that it is unknown says nothing. */
const ON_ITS_WAY_MS = 60_000;

/** Fires the schedules that are due, and tells when the next one is. */
export async function fireSchedules(deps: ActiveDeps): Promise<RunResult & { readonly fired: number }> {
  const { schedules, nowMs, metrics } = deps;
  const due = await schedules.due(nowMs(), STEP);
  let fired = 0;
  for (const before of await schedules.read(due)) {
    const { schedule } = before;
    const firing = fire(schedule, await worldOf(schedule, deps), nextCronTime, nowMs());
    if (firing === undefined) continue;
    const { schedule: after, submitDueMs } = firing;
    const message = submitDueMs === undefined ? undefined : submission(after, deps);
    const verdict = await schedules.write({ id: schedule.schedule_id, before, after, message });
    if (verdict !== 'applied') continue;
    fired += 1;
    const outcome = message !== undefined ? 'fired' : after.skipped > schedule.skipped ? 'skipped' : 'missed';
    metrics.schedulesFired.inc({ outcome });
  }
  return { fired, nextAtMs: due.length < STEP ? await schedules.nextDueMs() : nowMs() };
}

async function worldOf(
  { schedule_id, spec, last_task_id: last, last_run_at_ms: lastRunMs = 0 }: Schedule,
  deps: ActiveDeps,
) {
  const { partition, tasks, nowMs } = deps;
  const taskIdAt = (dueMs: number) => taskIdOfRun(partition, schedule_id, dueMs);
  if (last === undefined || spec.overlap === 'queue') return { lastIsOpen: false, taskIdAt };
  const state = (await tasks.states([last])).get(last);
  const lastIsOpen = state === undefined ? nowMs() - lastRunMs < ON_ITS_WAY_MS : !isTerminal(state);
  return { lastIsOpen, taskIdAt };
}

function submission(
  { spec, created_by: submitter, last_task_id: taskId }: Schedule,
  deps: ActiveDeps,
): Message {
  const payload = { task_id: taskId, spec: spec.task, submitter, answer: false };
  const fields = { sender: deps.instance, target: 'task-router', nowMs: deps.nowMs() };
  return newMessage(TaskSubmittedV1, TaskSubmittedV1.payload.parse(payload), fields) as Message;
}
