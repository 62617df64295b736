import { type Message, type MessageOfType, PAGE_MAX, type UnservedDemand } from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome } from '@nova-torch/streams';
import { demandOfClass } from '../domain/waiting.ts';
import { isServed, type WantedAgent } from '../domain/wanted-agent.ts';
import type { QueryDeps } from './query-deps.ts';

/** What waiting tasks demand that nobody alive can do, and what is done about it. */
export async function onDemandList(
  delivered: Delivered<MessageOfType<'demand.list.v1'>>,
  { indexes, tasks, wanted, agents, answers }: QueryDeps,
): Promise<Outcome> {
  const request: Delivered<Message> = delivered;
  const searches = new Map((await wanted.all()).map((one) => [one.className, one]));
  const classes = (await indexes.classes()).filter((name) => !isServed(agents, demandOfClass(name)));
  const noticed = (name: string): number => searches.get(name)?.noticedAtMs ?? Number.POSITIVE_INFINITY;
  classes.sort((a, b) => noticed(a) - noticed(b) || (a < b ? -1 : 1));
  const lines = await indexes.lines(classes.slice(0, PAGE_MAX), 1);
  const firsts = await tasks.records(lines.flatMap(({ first }) => first.map(({ taskId }) => taskId)));
  const unserved = lines.flatMap(({ className, size, first: [head] }): UnservedDemand[] => {
    if (size === 0) return [];
    const readyAtMs = head === undefined ? undefined : firsts.get(head.taskId)?.live.ready_at_ms;
    return [unservedDemand(className, size, readyAtMs, searches.get(className))];
  });
  return ack([answers.demands(request, { unserved })]);
}

function unservedDemand(
  className: string,
  tasks: number,
  readyAtMs: number | undefined,
  search: WantedAgent | undefined,
): UnservedDemand {
  const { role, skills } = demandOfClass(className);
  const { state = 'noticed', attempts = 0, reason, noticedAtMs, askedAtMs, dueMs } = search ?? {};
  const { spawnId, template, agentId } = search ?? {};
  return {
    ...(role !== undefined && { role }),
    skills: [...skills],
    tasks,
    ...(readyAtMs !== undefined && { oldest_ready_at_ms: readyAtMs }),
    state,
    ...(reason !== undefined && { reason }),
    attempts,
    ...(noticedAtMs !== undefined && { noticed_at_ms: noticedAtMs }),
    ...(askedAtMs !== undefined && { asked_at_ms: askedAtMs }),
    ...(dueMs !== undefined && { next_at_ms: dueMs }),
    ...(spawnId !== undefined && { spawn_id: spawnId }),
    ...(template !== undefined && { template }),
    ...(agentId !== undefined && { agent_id: agentId }),
  };
}
