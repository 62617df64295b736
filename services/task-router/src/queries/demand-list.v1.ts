import { type Message, type MessageOfType, PAGE_MAX, type UnservedDemand } from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome } from '@nova-torch/streams';
import { classOf, readLineName } from '../domain/waiting.ts';
import { isServed, searchedDemand, type WantedAgent } from '../domain/wanted-agent.ts';
import type { QueryDeps } from './query-deps.ts';

/** What waiting tasks demand that nobody alive can do, and what is done about it. */
export async function onDemandList(
  delivered: Delivered<MessageOfType<'demand.list.v1'>>,
  { indexes, tasks, wanted, agents, answers }: QueryDeps,
): Promise<Outcome> {
  const request: Delivered<Message> = delivered;
  const searches = new Map((await wanted.all()).map((one) => [one.className, one]));
  // Of each class there is a line for each priority and submitter.
  const byClass = Map.groupBy(await indexes.classes(), (name) => readLineName(name).className);
  const classes = [...byClass.keys()].filter((name) => !isServed(agents, readLineName(name).demand));
  const searchFor = (name: string) =>
    searches.get(classOf(searchedDemand(agents, readLineName(name).demand)));
  const noticed = (name: string): number => searchFor(name)?.noticedAtMs ?? Number.POSITIVE_INFINITY;
  classes.sort((a, b) => noticed(a) - noticed(b) || (a < b ? -1 : 1));
  const shown = classes.slice(0, PAGE_MAX);
  const lines = await indexes.lines(
    shown.flatMap((name) => byClass.get(name) ?? []),
    1,
  );
  const firsts = await tasks.records(lines.flatMap(({ first }) => first.map(({ taskId }) => taskId)));
  const linesOf = Map.groupBy(lines, (line) => readLineName(line.className).className);
  const unserved = shown.flatMap((className): UnservedDemand[] => {
    const own = linesOf.get(className) ?? [];
    const size = own.reduce((sum, line) => sum + line.size, 0);
    if (size === 0) return [];
    const readyMs = own.flatMap(
      ({ first: [head] }) => (head && firsts.get(head.taskId)?.live.ready_at_ms) ?? [],
    );
    const oldestMs = readyMs.length === 0 ? undefined : Math.min(...readyMs);
    return [unservedDemand(className, size, oldestMs, searchFor(className))];
  });
  return ack([answers.demands(request, { unserved })]);
}

function unservedDemand(
  className: string,
  tasks: number,
  readyAtMs: number | undefined,
  search: WantedAgent | undefined,
): UnservedDemand {
  const { role, skills } = readLineName(className).demand;
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
