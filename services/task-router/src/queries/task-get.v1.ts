import type { Message, MessageOfType } from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome } from '@nova-torch/streams';
import { explainWaiting, waitsForTasks } from '../domain/explain-waiting.ts';
import { explainWanted } from '../domain/explain-wanted.ts';
import type { TaskRecord } from '../domain/task-record.ts';
import { viewOf } from '../domain/view.ts';
import { classOf, demandOf } from '../domain/waiting.ts';
import { isServed, searchedDemand } from '../domain/wanted-agent.ts';
import type { QueryDeps } from './query-deps.ts';

/** One task, with its history if asked, and why it waits. */
export async function onTaskGet(
  delivered: Delivered<MessageOfType<'task.get.v1'>>,
  deps: QueryDeps,
): Promise<Outcome> {
  const { tasks, answers, agents, resting, held, nowMs } = deps;
  const { task_id: taskId, history } = delivered.message.payload;
  const request: Delivered<Message> = delivered;
  const full = await tasks.full(taskId, history);
  if (full === undefined)
    return ack([answers.refused(request, 'TASK_UNKNOWN', `there is no task ${taskId}`)]);
  const { record } = full;
  const states = await tasks.states(waitsForTasks(record));
  const why = explainWaiting(record, states, agents, nowMs(), { resting, held: held() });
  const search = await explainSearch(record, deps);
  const waitingFor = search === undefined ? why : `${why}; ${search}`;
  const task = viewOf(record, { ...full, waitingFor, nowMs: nowMs() });
  return ack([
    answers.state(request, full.history === undefined ? { task } : { task, history: [...full.history] }),
  ]);
}

/** What is done about it that nobody alive can do the task; undefined when somebody can, or it does not wait for that. */
async function explainSearch(
  { state, spec }: TaskRecord,
  { agents, wanted, nowMs }: QueryDeps,
): Promise<string | undefined> {
  if (state !== 'ready') return undefined;
  const demand = demandOf(spec);
  if (isServed(agents, demand)) return undefined;
  return explainWanted(demand, await wanted.get(classOf(searchedDemand(agents, demand))), nowMs());
}
