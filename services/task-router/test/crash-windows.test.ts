// What a router finds that another one left half done, and what it did itself without hearing of it.
import type { AgentId, TaskId } from '@nova-torch/protocol';
import { type AssembledService, createLogger } from '@nova-torch/service-kit';
import { openBroker } from '@nova-torch/streams';
import { eventually, startTestBroker } from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { assign } from '../src/domain/assign.ts';
import { decideRetry } from '../src/domain/commands.ts';
import { type Draft, openDraft } from '../src/domain/draft.ts';
import { cancel } from '../src/domain/endings.ts';
import type { TaskRecord } from '../src/domain/task-record.ts';
import { createLeaderLease } from '../src/loops/leader-lease.ts';
import { applyTransitions } from '../src/store/apply-transitions.ts';
import { TaskReader } from '../src/store/read-tasks.ts';
import { framesOf, transitionItem } from '../src/store/write-item.ts';
import { keys, type Rig, startRig, startRouter, streams } from './support/rig.ts';

let rig: Rig;
let router: AssembledService | undefined;

beforeAll(async () => {
  rig = await startRig();
});
afterEach(async () => {
  await router?.stop();
  router = undefined;
});
afterAll(async () => {
  await rig.stop();
});

const start = async (reconcileEveryMs = 20): Promise<void> => {
  router = await startRouter(rig.url, { NOVA_RECONCILE_EVERY_MS: String(reconcileEveryMs) });
};
const stop = async (): Promise<void> => {
  await router?.stop();
  router = undefined;
};

async function recordOf(taskId: TaskId): Promise<TaskRecord> {
  const record = await new TaskReader(rig.broker, keys).record(taskId);
  if (record === undefined) throw new Error(`${taskId} has no record`);
  return record;
}

let writes = 0;
/** Writes as the active router does, in a call whose answer it never gets. */
async function writeUnheard(draft: Draft, capacity = 1): Promise<void> {
  const term = Number(await rig.broker.call('HGET', keys.leader, 'term'));
  const pen = { keys, instance: 'router-x', nowMs: Date.now(), rings: new Map<AgentId, string>() };
  writes += 1;
  const item = transitionItem(draft, pen, { op: `unheard-${writes}`, capacity });
  expect(
    await applyTransitions(rig.broker, keys, term, [item], () => framesOf('me', Date.now())),
  ).not.toContain('stale');
}

const cancelled = (record: TaskRecord): Draft =>
  cancel(openDraft(record), { id: 'a cancel', by: 'tester', reason: 'so' }, Date.now());

describe('a router that becomes active', () => {
  it('does not forget who waits for a task that ended and was given another try at once', async () => {
    await start();
    const first = await rig.submit({ role: 'retried' });
    await rig.until(first, 'ready');
    const second = await rig.submit({ role: 'retried', dependencies: [first] });
    await rig.until(second, 'blocked');
    await stop();
    await writeUnheard(cancelled(await recordOf(first)));
    const command = { id: 'a retry', by: 'tester', reason: 'so' };
    const retried = decideRetry(await recordOf(first), command, new Map(), Date.now());
    if (retried.kind !== 'obeyed') throw new Error(retried.kind);
    await writeUnheard(retried.draft);
    expect(await rig.broker.call('SISMEMBER', keys.resolve, first)).toBe(1);
    await start();
    await eventually(async () => expect(await rig.broker.call('SISMEMBER', keys.resolve, first)).toBe(0));
    const agent = await rig.agent({ registration: { role: 'retried' } });
    await rig.until(first, 'completed');
    await rig.until(second, 'completed');
    await agent.leave();
  });

  it('takes the submissions of the one before it first: none is passed by one that depends on it', async () => {
    for (let round = 0; round < 3; round += 1) {
      await stop();
      const first = await rig.submit({ role: 'nobody' });
      // Somebody read it and died.
      const [, ...read] = [
        'XREADGROUP',
        'GROUP',
        'task-router',
        'task-router-9',
        'STREAMS',
        streams.tasksQueue,
        '>',
      ];
      await rig.broker
        .call('XGROUP', 'CREATE', streams.tasksQueue, 'task-router', '0', 'MKSTREAM')
        .catch(() => null);
      await rig.broker.call('XREADGROUP', ...read);
      const asking = rig.submitAsking({ role: 'nobody', dependencies: [first] });
      await eventually(async () =>
        expect(await rig.broker.call('XLEN', streams.tasksQueue)).toBeGreaterThan(1),
      );
      await start();
      expect(await asking).toMatchObject({ payload: { task: { status: 'blocked' } } });
      await rig.cancel(first);
    }
  });
});

describe('a write whose answer was lost', () => {
  it('that took a task from an agent leaves the agent its slot', async () => {
    await start();
    const worker = await rig.agent({
      registration: { role: 'one-slot', capacity: 1 },
      work: (assignment, self) => self.started(assignment),
    });
    const taskId = await rig.submit({ role: 'one-slot' });
    await rig.until(taskId, 'running');
    await writeUnheard(cancelled(await recordOf(taskId)));
    const next = await rig.submit({ role: 'one-slot' });
    await rig.until(next, 'running');
    await worker.exited();
    await rig.cancel(next);
  });

  it('that gave a task to an agent does not refuse its report, and is known when the agent is gone', async () => {
    // Whether the reconciler came by in time must not matter.
    await start(60_000);
    const worker = await rig.agent({
      registration: { role: 'elsewhere', capacity: 1 },
      work: (assignment, self) => self.started(assignment),
    });
    const taskId = await rig.submit({ role: 'nobody' });
    await rig.until(taskId, 'ready');
    const given = assign(openDraft(await recordOf(taskId)), {
      agentId: worker.id,
      lease: 'a-lease',
      dependencyResults: {},
      nowMs: Date.now(),
      leaseMs: 1_000,
      startTimeoutMs: 60_000,
    });
    await writeUnheard(given);
    await rig.until(taskId, 'running');
    await worker.exited();
    await rig.until(taskId, 'ready');
  });
});

describe('the lease', () => {
  it('begins a new term also when that is asked for while it is being renewed', async () => {
    const server = await startTestBroker();
    const broker = await openBroker({ url: server.url, name: 'lease' });
    const terms: number[] = [];
    const lease = createLeaderLease({
      ...{ broker, key: keys.leader, instance: 'router-x', leaseMs: 1_000, renewMs: 10_000 },
      logger: createLogger({ service: 'test', instance: 'test', level: 'silent' }),
      onGained: async (term) => void terms.push(term),
      onLost: async () => undefined,
    });
    await lease.start();
    await eventually(() => terms.length === 1);
    await server.pause();
    lease.check();
    lease.restart();
    await server.resume();
    await eventually(() => terms.length === 2);
    expect(terms[1]).toBeGreaterThan(terms[0] ?? 0);
    await lease.stop();
    await broker.close();
    await server.stop();
  });
});
