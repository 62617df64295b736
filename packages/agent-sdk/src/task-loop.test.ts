import { newAgentId, newMessage, newTaskId, TaskAssignedV1, TaskSpec } from '@nova-torch/protocol';
import { eventually } from '@nova-torch/testing';
import { untraced } from '@nova-torch/tracing';
import { describe, expect, it } from 'vitest';
import { silentLogger } from './logger.ts';
import { Outbox } from './outbox.ts';
import type { TaskHandler } from './task-context.ts';
import { TaskLoop } from './task-loop.ts';
import {
  type Claim,
  type Settled,
  type Settlement,
  TransportUnavailableError,
} from './transport/agent-transport.ts';

const agent_id = newAgentId(0, 1);
const spec = TaskSpec.parse({ title: 'a task' });
const NOW_MS = 1_000;

function assigned(fields: { leaseMs?: number } = {}): TaskAssignedV1 {
  return newMessage(
    TaskAssignedV1,
    {
      task_id: newTaskId(0, NOW_MS),
      agent_id,
      epoch: 1,
      lease: 'l',
      lease_until_ms: NOW_MS + (fields.leaseMs ?? 1),
      attempt: 1,
      spec,
      dependency_results: {},
    },
    { sender: 'task-router', target: agent_id, nowMs: NOW_MS },
  );
}

interface Answers {
  settle?: (settlement: Settlement) => Settled;
  claim?: () => Promise<Claim>;
}

/** A loop with one slot; what it reported and acknowledged, in order. */
function loopWith(handler: TaskHandler, { settle, claim }: Answers = {}) {
  const told: string[] = [];
  const outbox = new Outbox({
    logger: silentLogger,
    settle: async (batch) =>
      batch.map((settlement) => {
        const { report, entryIds } = settlement;
        const what = report === undefined ? 'ack' : report.type.split('.')[1];
        const failure = report?.type === 'report.failed.v1' ? ` ${report.payload.code}` : '';
        told.push([`${what}${failure}`, ...entryIds].join(' '));
        return settle?.(settlement) ?? { kind: 'stored' };
      }),
  });
  const loop = new TaskLoop({
    tracing: untraced,
    capacity: 1,
    handler,
    outbox,
    transport: {
      claim: claim ?? (() => Promise.reject(new Error('not asked'))),
      serverNowMs: () => NOW_MS,
      access: () => ({ apiUrl: undefined, token: undefined }),
    },
    sendMessage: () => Promise.reject(new Error('nobody')),
    logger: silentLogger,
    abortGraceMs: 100,
  });
  return { loop, told };
}

const never: TaskHandler = () => new Promise(() => {});

describe('the task loop', () => {
  it('gives back what it has no room for', async () => {
    const { loop, told } = loopWith(never);
    for (let n = 0; n < 67; n += 1) loop.take(assigned(), `${n}-0`);
    await eventually(() => expect(told).toContain('failed AGENT_RETURNED 65-0'));
    expect(told.filter((one) => one.startsWith('failed'))).toHaveLength(2);
    expect(loop.currentTasks()).toHaveLength(65);
    expect(loop.free).toBe(0);
  });

  it('fails a task whose result nobody can take', async () => {
    const { loop, told } = loopWith(() => 'odd', {
      settle: ({ report }) =>
        report?.type === 'report.completed.v1' ? { kind: 'refused', detail: 'odd' } : { kind: 'stored' },
    });
    loop.take(assigned(), '1-0');
    await loop.idle();
    expect(told).toEqual(['completed 1-0', 'failed REPORT_REFUSED']);
  });

  it('ends a run whose start turns out to be stale', async () => {
    const ended: unknown[] = [];
    const { loop, told } = loopWith(
      (_task, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(ended.push(signal.reason.why)));
        }),
      { settle: ({ report }) => (report ? { kind: 'stale' } : { kind: 'stored' }) },
    );
    loop.take(assigned(), '1-0');
    await loop.idle();
    expect(ended).toEqual(['stopped']);
    expect(told).toEqual(['started 1-0']);
  });

  it('asks again until there is an answer', async () => {
    let asked = 0;
    const { loop, told } = loopWith(() => 'ok', {
      claim: async () => {
        asked += 1;
        if (asked < 3) throw new TransportUnavailableError('away');
        return { granted: true, started: true, reason: '' };
      },
    });
    loop.take(assigned({ leaseMs: 0 }), '1-0');
    await loop.idle();
    expect(asked).toBe(3);
    expect(told).toEqual(['ack 1-0', 'completed']);
  });

  it('gives back what it is still asking about when it drains', async () => {
    const answer = Promise.withResolvers<Claim>();
    let runs = 0;
    const count = (): void => {
      runs += 1;
    };
    const { loop, told } = loopWith(count, { claim: () => answer.promise });
    loop.take(assigned({ leaseMs: 0 }), '1-0');
    loop.drain('it drains');
    await loop.idle();
    answer.resolve({ granted: true, started: false, reason: '' });
    loop.take(assigned(), '2-0');
    await eventually(() => expect(told).toEqual(['failed AGENT_RETURNED 1-0', 'failed AGENT_RETURNED 2-0']));
    expect(runs).toBe(0);
  });

  it('drops what waits when it is superseded or the agent is gone', async () => {
    const { loop, told } = loopWith(never);
    loop.take(assigned(), '1-0');
    const waiting = assigned();
    loop.take(waiting, '2-0');
    loop.take({ ...waiting, payload: { ...waiting.payload, epoch: 2 } }, '3-0');
    await eventually(() => expect(told).toEqual(['ack 2-0']));
    loop.abortAll('agent_gone', 'taken for dead');
    await eventually(() => expect(told).toContain('ack 3-0'));
    // The code that does not end keeps its slot, but its entry is acknowledged after the grace.
    await eventually(() => expect(told).toContain('ack 1-0'));
    expect(loop.currentTasks()).toHaveLength(1);
  });

  it('reports nothing of a task that was stopped before its report was sent', async () => {
    const gate = Promise.withResolvers<void>();
    const { loop, told } = loopWith(() => gate.promise);
    const task = assigned();
    loop.take(task, '1-0');
    gate.resolve();
    await Promise.resolve();
    await Promise.resolve();
    loop.stopTask(task.payload.task_id, 1, 'cancelled');
    await loop.idle();
    await eventually(() => expect(told).toEqual(['ack 1-0']));
  });
});
