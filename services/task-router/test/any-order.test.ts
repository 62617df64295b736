// The same as src/domain/decisions.test.ts, with the real script on a real broker in the place of the model.
import { codec, isHeld, type TaskId } from '@nova-torch/protocol';
import { asEntries, type Broker, openBroker } from '@nova-torch/streams';
import { startTestBroker, type TestBroker } from '@nova-torch/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Draft } from '../src/domain/draft.ts';
import { indexesOf } from '../src/domain/indexes.ts';
import { lineOf } from '../src/domain/waiting.ts';
import { applyTransitions, NotLeaderError } from '../src/store/apply-transitions.ts';
import { type RouterKeys, routerKeys } from '../src/store/keys.ts';
import { takeLeadership } from '../src/store/leader.ts';
import { IndexReader } from '../src/store/read-indexes.ts';
import { TaskReader } from '../src/store/read-tasks.ts';
import { framesOf, transitionItem } from '../src/store/write-item.ts';
import { happenings } from './support/task-happenings.ts';
import { CAPACITY, checkHistory, type Store, TaskWorld } from './support/task-world.ts';

let server: TestBroker;
let broker: Broker;

beforeAll(async () => {
  server = await startTestBroker();
  broker = await openBroker({ url: server.url, name: 'any order' });
});
afterAll(async () => {
  await broker.close();
  await server.stop();
});

class ScriptStore implements Store {
  readonly keys: RouterKeys;
  readonly #tasks: TaskReader;

  constructor(partition: number) {
    this.keys = routerKeys(partition);
    this.#tasks = new TaskReader(broker, this.keys);
  }

  async newTerm(): Promise<number> {
    const leadership = await takeLeadership(broker, this.keys.leader, {
      instance: 'me',
      term: 0,
      leaseMs: 60_000,
    });
    if (!leadership.held) throw new Error('the lease is not free');
    return leadership.term;
  }

  record(taskId: TaskId) {
    return this.#tasks.record(taskId);
  }

  claim(taskId: TaskId) {
    return this.#tasks.claim(taskId);
  }

  async write(
    draft: Draft,
    { op, term, blockedBy }: { op: string; term: number; blockedBy: readonly TaskId[] },
  ) {
    const pen = { keys: this.keys, instance: 'me', nowMs: Date.now(), rings: new Map() };
    const items = [transitionItem(draft, pen, { op, capacity: CAPACITY, blockedBy })];
    if (draft.judge !== undefined) items.push(transitionItem(draft.judge, pen, { op: `${op}-judge` }));
    try {
      const [verdict] = await applyTransitions(broker, this.keys, term, items, () =>
        framesOf('me', Date.now()),
      );
      return verdict ?? 'stale';
    } catch (error) {
      if (error instanceof NotLeaderError) return 'not-leader';
      throw error;
    }
  }
}

async function checkStore({ keys }: ScriptStore, world: TaskWorld): Promise<void> {
  const [tasks, indexes] = [new TaskReader(broker, keys), new IndexReader(broker, keys)];
  const events = asEntries(await broker.call('XRANGE', keys.streams.tasksActive, '-', '+')).flatMap(
    ({ fields }) => {
      const decoded = codec.decode(fields.m ?? '');
      if (!decoded.ok || decoded.message.type !== 'task.changed.v1')
        throw new Error('not an event of a task');
      return decoded.message.payload.changes;
    },
  );
  const held = new Map<string, number>();
  for (const taskId of world.tasks) {
    const full = await tasks.full(taskId, true);
    if (full === undefined) continue;
    const { record } = full;
    checkHistory(record, full.history ?? []);
    const [found] = await indexes.places([{ taskId, className: lineOf(record) }]);
    const has = indexesOf(record);
    expect({ ...found, held: found?.held?.sinceMs }).toEqual({ ...has, held: has.held?.sinceMs });
    expect(full.result !== undefined).toBe(record.state === 'completed');
    const seqs = events.filter(({ task_id }) => task_id === taskId).map(({ seq }) => seq);
    expect(seqs).toEqual(Array.from({ length: record.seq }, (_, i) => i + 1));
    if (isHeld(record.state) && record.live.agent_id !== undefined) {
      held.set(record.live.agent_id, (held.get(record.live.agent_id) ?? 0) + 1);
    }
  }
  expect(Object.fromEntries(await indexes.slots())).toEqual(Object.fromEntries(held));
  for (const used of held.values()) expect(used).toBeLessThanOrEqual(CAPACITY);
  const ends = asEntries(await broker.call('XRANGE', keys.streams.tasksCompleted, '-', '+')).flatMap(
    ({ fields }) => {
      const decoded = codec.decode(fields.m ?? '');
      return decoded.ok && decoded.message.type === 'task.completed.v1' ? decoded.message.payload.tasks : [];
    },
  );
  expect(ends.length).toBe([...world.accepted.values()].reduce((sum, count) => sum + count, 0));
  for (const count of world.accepted.values()) expect(count).toBe(1);
}

describe('the script', () => {
  it('keeps records, indexes, slots and streams in step, whatever happens', {
    timeout: 240_000,
  }, async () => {
    let partition = 0;
    await fc.assert(
      fc.asyncProperty(happenings, async (list) => {
        partition += 1;
        const store = new ScriptStore(partition);
        const world = new TaskWorld(store);
        for (const agentId of world.agents) {
          await broker.call('XGROUP', 'CREATE', store.keys.inbox(agentId), 'inbox', '0', 'MKSTREAM');
        }
        await world.begin();
        for (const one of list) await world.happen(one);
        await checkStore(store, world);
      }),
      { numRuns: 60 },
    );
  });
});
