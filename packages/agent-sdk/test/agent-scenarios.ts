// What an agent does, whichever way it reaches the platform: run against each transport by a test file of its own.
import { AgentDrainV1, type AgentId, newTaskId, type TaskId, TaskRetryV1 } from '@nova-torch/protocol';
import {
  eventually as becomes,
  type EventuallyOptions,
  startTestBroker,
  type TestBroker,
} from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  Agent,
  type AgentOptions,
  type Connect,
  TaskAbortedError,
  TaskFailure,
  type TaskHandler,
} from '../src/index.ts';
import { Platform } from './platform.ts';

/** A busy machine is slow, not wrong. */
const PATIENT = { timeoutMs: 20_000 };
const eventually = <T>(probe: () => T | Promise<T>, options: EventuallyOptions = PATIENT) =>
  becomes(probe, options);

/** A way to the platform. */
export interface Door {
  readonly connect: Connect;
  close(): Promise<void>;
}

const aborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)));

export function agentScenarios(name: string, openDoor: (broker: TestBroker) => Promise<Door>): void {
  let broker: TestBroker;
  let door: Door;
  let platform: Platform;
  const agents: Agent[] = [];

  beforeAll(async () => {
    broker = await startTestBroker({ appendonly: 'always' });
    door = await openDoor(broker);
  });
  afterAll(async () => {
    await door.close();
    await broker.stop();
  });
  beforeEach(async () => {
    platform = await Platform.open({ brokerUrl: broker.url });
    await platform.forgetReports();
  });
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.stop()));
    await platform.close();
  });

  async function startAgent(handler: TaskHandler, options: Partial<AgentOptions> = {}) {
    const agent = new Agent({
      role: 'developer',
      skills: ['typescript'],
      connect: door.connect,
      abortGraceMs: 500,
      ...options,
    });
    agents.push(agent.onTask(handler));
    await agent.start();
    return { agent, agentId: agent.agentId ?? expect.unreachable() };
  }

  const endOf = (taskId: TaskId) =>
    eventually(async () => {
      const all = await platform.reports();
      const ends = all.filter(
        ({ type, payload }) => payload.task_id === taskId && /completed|failed/.test(type),
      );
      if (ends[0] === undefined) throw new Error('no end was reported');
      return ends[0];
    });
  const settled = (agentId: AgentId) => eventually(async () => (await platform.pending(agentId)) === 0);

  describe(`an agent over ${name}`, { timeout: 60_000 }, () => {
    it('does a task and reports start and result together when it is short', async () => {
      const { agentId } = await startAgent(async (task, context) => ({
        title: task.title,
        attempt: context.attempt,
      }));
      const { task_id, epoch, lease } = await platform.assign(agentId);
      const report = await endOf(task_id);
      expect(report.type).toBe('report.completed.v1');
      expect(report.payload).toMatchObject({ epoch, lease, result: { title: 'a task', attempt: 1 } });
      expect(report.payload).toHaveProperty('started_at_ms');
      expect(await platform.reportedOf(task_id)).toEqual(['completed']);
      await settled(agentId);
    });

    it('reports the start of a longer task on its own, then progress, then the result', async () => {
      const go = Promise.withResolvers<void>();
      const { agentId } = await startAgent(async (_task, context) => {
        context.progress({ percent: 10, step: 'reading' });
        for (let percent = 11; percent < 60; percent += 1) context.progress({ percent });
        await go.promise;
        return 'done';
      });
      const { task_id } = await platform.assign(agentId);
      await eventually(async () =>
        expect(await platform.reportedOf(task_id)).toEqual(['started', 'progress']),
      );
      await settled(agentId);
      const [, progress] = await platform.reports();
      expect(progress?.payload).toMatchObject({ percent: 59, step: 'reading' });
      go.resolve();
      expect((await endOf(task_id)).payload).not.toHaveProperty('started_at_ms');
      expect(await platform.reportedOf(task_id)).toEqual(['started', 'progress', 'completed']);
    });

    it('reports a TaskFailure with its code, any other error as AGENT_REPORTED', async () => {
      const { agentId } = await startAgent(async (task) => {
        if (task.title === 'own') throw new TaskFailure('NO_DISK', 'the disk is full', { retryable: false });
        throw new RangeError('out of range');
      });
      const own = await platform.assign(agentId, { spec: { title: 'own' } });
      const ownEnd = { code: 'NO_DISK', message: 'the disk is full', retryable: false };
      expect((await endOf(own.task_id)).payload).toMatchObject(ownEnd);
      const other = await platform.assign(agentId);
      const otherEnd = { code: 'AGENT_REPORTED', message: 'RangeError: out of range', retryable: true };
      expect((await endOf(other.task_id)).payload).toMatchObject({ ...otherEnd, returned: false });
    });

    it('fails a task whose result is too large or not JSON, for good', async () => {
      const { agentId } = await startAgent((task) =>
        Promise.resolve(task.title === 'large' ? 'x'.repeat(70_000) : { n: 1n }),
      );
      const large = await platform.assign(agentId, { spec: { title: 'large' } });
      expect((await endOf(large.task_id)).payload).toMatchObject({
        code: 'PAYLOAD_TOO_LARGE',
        retryable: false,
      });
      const odd = await platform.assign(agentId);
      expect((await endOf(odd.task_id)).payload).toMatchObject({ code: 'RESULT_NOT_JSON', retryable: false });
    });

    it('never runs more at once than its capacity, and runs all', async () => {
      let running = 0;
      let most = 0;
      const { agentId } = await startAgent(
        async () => {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setTimeout(resolve, 20));
          running -= 1;
        },
        { capacity: 3 },
      );
      const tasks = await Promise.all(Array.from({ length: 30 }, () => platform.assign(agentId)));
      for (const { task_id } of tasks) await endOf(task_id);
      expect(most).toBe(3);
      await settled(agentId);
    });

    it('runs an assignment once, however often it is delivered', async () => {
      let runs = 0;
      const { agentId } = await startAgent(async () => {
        runs += 1;
        await new Promise((resolve) => setTimeout(resolve, 100));
      });
      const assigned = await platform.assign(agentId);
      await platform.assign(agentId, { taskId: assigned.task_id, epoch: assigned.epoch });
      await endOf(assigned.task_id);
      await platform.assign(agentId, { taskId: assigned.task_id, epoch: assigned.epoch });
      await platform.assign(agentId, { taskId: assigned.task_id, epoch: assigned.epoch - 1 });
      await settled(agentId);
      expect(runs).toBe(1);
      expect(await platform.reportedOf(assigned.task_id)).toEqual(['started', 'completed']);
    });

    it('ends the run of an older epoch before a newer one begins', async () => {
      const events: string[] = [];
      const { agentId } = await startAgent(async (_task, { attempt, signal }) => {
        events.push(`begin ${attempt}`);
        if (attempt === 2) return 'second';
        await aborted(signal);
        await new Promise((resolve) => setTimeout(resolve, 50));
        events.push(`end ${attempt}`);
        return 'first';
      });
      const { task_id } = await platform.assign(agentId);
      await eventually(() => expect(events).toEqual(['begin 1']));
      const second = await platform.assign(agentId, { taskId: task_id, attempt: 2 });
      expect((await endOf(task_id)).payload).toMatchObject({ epoch: second.epoch, result: 'second' });
      expect(events).toEqual(['begin 1', 'end 1', 'begin 2']);
    });

    it('stops a task when told to and reports nothing more of it', async () => {
      const reasons: unknown[] = [];
      const { agentId } = await startAgent(async (_task, { signal }) => {
        reasons.push(await aborted(signal));
        return 'too late';
      });
      const { task_id, epoch } = await platform.assign(agentId);
      await eventually(async () => expect(await platform.reportedOf(task_id)).toEqual(['started']));
      await platform.stopTask(agentId, task_id, epoch - 1);
      await platform.stopTask(agentId, task_id, epoch);
      await eventually(() => expect(reasons).toHaveLength(1));
      expect(reasons[0]).toBeInstanceOf(TaskAbortedError);
      expect(reasons[0]).toMatchObject({ why: 'stopped' });
      const next = await platform.assign(agentId);
      await eventually(async () => expect(await platform.reportedOf(next.task_id)).toEqual(['started']));
      expect(await platform.reportedOf(task_id)).toEqual(['started']);
      await settled(agentId);
    });

    it('aborts a task whose time is over, even one that does not listen', async () => {
      const never = Promise.withResolvers<void>();
      const { agentId } = await startAgent((task) => (task.title === 'deaf' ? never.promise : 'ok'), {
        capacity: 2,
      });
      const deaf = await platform.assign(agentId, { spec: { title: 'deaf', timeout: 0.1 } });
      expect((await endOf(deaf.task_id)).payload).toMatchObject({ code: 'TIMEOUT', retryable: true });
      // What does not end keeps its slot; the others are free.
      const next = await platform.assign(agentId);
      expect((await endOf(next.task_id)).type).toBe('report.completed.v1');
      never.resolve();
    });

    it('starts an assignment past its lease only after asking', async () => {
      let runs = 0;
      const { agentId } = await startAgent(async () => {
        runs += 1;
      });
      const granted = await platform.assign(agentId, { leaseMs: -1 });
      await endOf(granted.task_id);
      expect(platform.claims).toEqual([granted.task_id]);
      platform.grant = false;
      const refused = await platform.assign(agentId, { leaseMs: -1 });
      await eventually(() => expect(platform.claims).toContain(refused.task_id));
      await settled(agentId);
      platform.grant = true;
      const next = await platform.assign(agentId);
      await endOf(next.task_id);
      expect(runs).toBe(2);
      expect(await platform.reportedOf(refused.task_id)).toEqual([]);
    });

    it('hands a task its context', async () => {
      const dependency = newTaskId(0, Date.now());
      const traceparent = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
      const { agentId } = await startAgent((task, context) => ({
        task: task.task_id,
        agent: context.agentId,
        epoch: context.epoch,
        attempt: context.attempt,
        dependencies: context.dependencyResults,
        traceparent: context.traceparent,
      }));
      const { task_id, epoch } = await platform.assign(agentId, {
        attempt: 3,
        traceparent,
        dependencyResults: { [dependency]: [1] },
      });
      const report = await endOf(task_id);
      expect(report.payload).toMatchObject({
        result: {
          task: task_id,
          agent: agentId,
          epoch,
          attempt: 3,
          dependencies: { [dependency]: [1] },
          traceparent,
        },
      });
    });

    it('takes messages one at a time and says so afterwards', async () => {
      const taken: unknown[] = [];
      const agent = new Agent({ role: 'qa', connect: door.connect });
      agents.push(agent);
      agent
        .onTask(() => undefined)
        .onMessage(async ({ body, messageId }) => {
          expect(platform.delivered).not.toContain(messageId);
          taken.push(body);
        });
      await agent.start();
      const agentId = agent.agentId ?? expect.unreachable();
      const ids = [await platform.message(agentId, { n: 1 }), await platform.message(agentId, 'two')];
      await eventually(() => expect(platform.delivered).toEqual(ids));
      expect(taken).toEqual([{ n: 1 }, 'two']);
      await settled(agentId);
    });

    it('leaves messages undelivered when nobody takes them', async () => {
      const { agentId } = await startAgent(() => 'ok');
      await platform.message(agentId, 'for nobody');
      const { task_id } = await platform.assign(agentId);
      await endOf(task_id);
      expect(platform.delivered).toEqual([]);
      await eventually(async () => expect(await platform.pending(agentId)).toBe(1));
    });

    it('sends messages', async () => {
      const { agent, agentId } = await startAgent((_task, context) =>
        context.sendMessage('role:qa', { n: 1 }),
      );
      const { task_id } = await platform.assign(agentId);
      expect((await endOf(task_id)).payload).toMatchObject({ result: { from: agentId, to: 'role:qa' } });
      expect(platform.sent).toEqual([
        expect.objectContaining({ from: agentId, to: 'role:qa', body: { n: 1 } }),
      ]);
      await expect(agent.sendMessage('role:nobody', 1)).rejects.toMatchObject({ code: 'NO_RECIPIENT' });
    });

    it('beats with what it holds, also while a task runs', async () => {
      const go = Promise.withResolvers<void>();
      const { agentId } = await startAgent(() => go.promise);
      const { task_id } = await platform.assign(agentId);
      await eventually(() => {
        const held = platform.heartbeats.filter(({ current_tasks }) => current_tasks.includes(task_id));
        expect(held.length).toBeGreaterThan(2);
      });
      expect(platform.heartbeats.every(({ agent_id }) => agent_id === agentId)).toBe(true);
      go.resolve();
      await endOf(task_id);
      await eventually(() => expect(platform.heartbeats.at(-1)?.current_tasks).toEqual([]));
    });

    it('ignores what does not belong into an inbox', async () => {
      const { agentId } = await startAgent(() => 'ok');
      await platform.postRaw(agentId, '{"no":"message"}');
      await platform.post(agentId, TaskRetryV1, { task_id: newTaskId(0, Date.now()), by: 'a test' });
      const { task_id } = await platform.assign(agentId);
      await endOf(task_id);
      await settled(agentId);
    });

    it('aborts everything and registers anew when it was taken for gone', async () => {
      const reasons: unknown[] = [];
      const { agent, agentId } = await startAgent(async (task, { signal }) =>
        task.title === 'long' ? void reasons.push(await aborted(signal)) : 'ok',
      );
      const lost = await platform.assign(agentId, { spec: { title: 'long' } });
      await eventually(async () => expect(await platform.reportedOf(lost.task_id)).toEqual(['started']));
      await platform.gone(agentId);
      await eventually(() => expect(reasons).toEqual([expect.objectContaining({ why: 'agent_gone' })]));
      const renewed = await eventually(() => {
        const { agentId: id } = agent;
        return id !== undefined && id !== agentId && id;
      });
      const { task_id } = await platform.assign(renewed);
      await endOf(task_id);
      expect(await platform.reportedOf(lost.task_id)).toEqual(['started']);
    });

    it('registers again under the id it was given, when its inbox is gone', async () => {
      const { agentId } = await startAgent(() => 'ok');
      const { agent } = await startAgent(() => 'ok', { agentId });
      const before = platform.registrations.length;
      await platform.reap(agentId);
      await eventually(() => expect(platform.registrations.length).toBeGreaterThan(before), {
        timeoutMs: 10_000,
      });
      expect(agent.agentId).toBe(agentId);
    });

    it('drains: gives back what has not begun, finishes what runs, leaves', async () => {
      const go = Promise.withResolvers<string>();
      const { agent, agentId } = await startAgent(() => go.promise);
      const running = await platform.assign(agentId);
      await eventually(async () => expect(await platform.reportedOf(running.task_id)).toEqual(['started']));
      const waiting = await platform.assign(agentId);
      await eventually(() => expect(platform.heartbeats.at(-1)?.current_tasks).toContain(waiting.task_id));
      const draining = agent.drain({ deadlineMs: 10_000 });
      expect(agent.drain({ deadlineMs: 20_000 })).toBe(draining);
      expect((await endOf(waiting.task_id)).payload).toMatchObject({ returned: true });
      const late = await platform.assign(agentId);
      expect((await endOf(late.task_id)).payload).toMatchObject({ returned: true });
      await eventually(() => expect(platform.heartbeats.at(-1)?.draining).toBe(true));
      go.resolve('finished');
      await draining;
      expect((await endOf(running.task_id)).payload).toMatchObject({ result: 'finished' });
      expect(platform.left).toContain(agentId);
      expect(agent.state).toBe('stopped');
    });

    it('drains when the platform asks, and aborts at the deadline', async () => {
      const { agent, agentId } = await startAgent((_task, { signal }) => aborted(signal));
      const { task_id } = await platform.assign(agentId);
      await eventually(async () => expect(await platform.reportedOf(task_id)).toEqual(['started']));
      const until_ms = platform.broker.serverNowMs() + 200;
      await platform.post(agentId, AgentDrainV1, { agent_id: agentId, reason: 'scaling down', until_ms });
      await agent.closed;
      expect((await endOf(task_id)).payload).toMatchObject({
        code: 'AGENT_DRAINED',
        retryable: true,
        returned: false,
      });
      expect(platform.left).toContain(agentId);
    });

    it('stops and starts in any order', async () => {
      const agent = new Agent({ role: 'qa', connect: door.connect }).onTask(() => 'ok');
      await agent.stop();
      await agent.start();
      expect(agent.state).toBe('stopped');
      const other = new Agent({ role: 'qa', connect: door.connect }).onTask(() => 'ok');
      const starting = other.start();
      expect(other.start()).toBe(starting);
      await other.stop();
      await starting;
      expect(other.state).toBe('stopped');
      expect(() => other.onTask(() => 'late')).toThrow(TypeError);
    });

    it('goes on by itself when the broker restarts under load, and loses no report', async () => {
      const done: string[] = [];
      const { agentId } = await startAgent(
        async (task) => {
          await new Promise((resolve) => setTimeout(resolve, 60));
          done.push(task.task_id);
          return task.title;
        },
        { capacity: 8 },
      );
      const tasks = await Promise.all(Array.from({ length: 40 }, () => platform.assign(agentId)));
      await eventually(() => expect(done.length).toBeGreaterThan(4));
      await broker.restart();
      for (const { task_id } of tasks) {
        await eventually(async () => expect(await platform.reportedOf(task_id)).toContain('completed'), {
          timeoutMs: 20_000,
        });
      }
      expect(new Set(done).size).toBe(40);
      expect(done).toHaveLength(40);
    });

    it('keeps a report while the broker is away', async () => {
      const go = Promise.withResolvers<string>();
      const { agentId } = await startAgent(() => go.promise);
      const { task_id } = await platform.assign(agentId);
      await eventually(async () => expect(await platform.reportedOf(task_id)).toEqual(['started']));
      await broker.kill9();
      go.resolve('kept');
      await new Promise((resolve) => setTimeout(resolve, 300));
      await broker.restart();
      await eventually(async () => expect(await platform.reportedOf(task_id)).toContain('completed'), {
        timeoutMs: 10_000,
      });
    });

    it('registers anew when the broker lost everything', async () => {
      const { agent, agentId } = await startAgent(() => 'ok');
      await broker.restart({ data: 'lose' });
      const renewed = await eventually(
        () => {
          const { agentId: id } = agent;
          return id !== undefined && id !== agentId && id;
        },
        // A pull over HTTP waits 20 s before the next one finds no inbox.
        { timeoutMs: 28_000 },
      );
      const { task_id } = await platform.assign(renewed);
      await eventually(async () => expect(await platform.reportedOf(task_id)).toContain('completed'));
    });
  });
}
