import { isHeld } from '@nova-torch/protocol';
import type { AgentIndex } from '../domain/agent-index.ts';
import type { RestingAgents } from '../domain/resting.ts';
import type { TaskRecord } from '../domain/task-record.ts';
import { WINDOW_SIZE } from '../domain/waiting-lines.ts';
import type { IndexReader } from '../store/read-indexes.ts';
import type { TaskReader } from '../store/read-tasks.ts';
import { type Memory, newMemory } from './memory.ts';

const PAGE = 500;

/**
 * Rebuilds what the active router remembers (invariant I2): slots, held tasks, and of each class of waiting tasks its
 * size and the first of its line; never the backlog.
 */
export async function loadMemory(
  agents: AgentIndex,
  resting: RestingAgents,
  indexes: IndexReader,
  tasks: TaskReader,
): Promise<Memory> {
  const memory = newMemory(agents, resting);
  agents.forgetSlots();
  resting.clear();
  for (const [agentId, used] of await indexes.slots()) agents.setTaken(agentId, used);
  for await (const record of heldRecords(indexes, tasks)) {
    const { agent_id: agentId } = record.live;
    if (agentId !== undefined) memory.held.add(agentId, record.task_id, record.spec.labels);
    memory.records.set(record);
  }
  const classes = await indexes.classes();
  for (let from = 0; from < classes.length; from += PAGE) {
    for (const { className, size, first } of await indexes.lines(
      classes.slice(from, from + PAGE),
      WINDOW_SIZE,
    )) {
      const line = memory.lines.open(className, false);
      memory.lines.beginLoad(line);
      memory.lines.loaded(line, first, WINDOW_SIZE, size);
    }
  }
  return memory;
}

/**
 * Records of all tasks that agents hold, a page at a time. A scan, not ranks: what is held all the while is found even
 * if others end meanwhile. A task may come twice.
 */
export async function* heldRecords(indexes: IndexReader, tasks: TaskReader): AsyncGenerator<TaskRecord> {
  let cursor = '0';
  do {
    const page = await indexes.scan('active', cursor, PAGE);
    for (const record of (await tasks.records(page.taskIds)).values()) if (isHeld(record.state)) yield record;
    cursor = page.cursor;
  } while (cursor !== '0');
}
