import { eventually } from '@nova-torch/testing';
import { describe, expect, it } from 'vitest';
import { oneRouter } from './support/one-router.ts';
import { type Rig, streams } from './support/rig.ts';

let rig: Rig;
const join: Rig['agent'] = (options) => rig.agent(options);

oneRouter((startedRig) => {
  rig = startedRig;
});

describe('a task', () => {
  it('is handed to a free agent at once and completed by its report', async () => {
    const agent = await join({
      registration: { skills: ['typescript'] },
      work: (assignment, self) => self.completed(assignment, { result: { answer: 42 } }),
    });
    const taskId = await rig.submit({ required_skills: ['typescript'], role: 'developer' });
    const task = await rig.until(taskId, 'completed');
    expect(task).toMatchObject({ agent_id: agent.id, attempt: 1, result: { answer: 42 } });
    expect(task.epoch).toBeGreaterThan(1_600_000_000_000);
    expect(task.trace_id).toMatch(/^[0-9a-f]{32}$/);
    const history = await rig.history(taskId);
    expect(history.map(({ from, to }) => `${from}>${to}`)).toEqual([
      'none>ready',
      'ready>assigned',
      'assigned>verifying',
      'verifying>completed',
    ]);
    expect(history.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    const events = (await rig.messages(streams.tasksActive)).flatMap((message) =>
      message.type === 'task.changed.v1'
        ? message.payload.changes.filter(({ task_id }) => task_id === taskId)
        : [],
    );
    expect(events).toHaveLength(4);
    expect(new Set(events.map(({ traceparent }) => traceparent?.split('-')[1]))).toEqual(
      new Set([task.trace_id]),
    );
  });

  it('waits until somebody can do it, and says what for', async () => {
    const taskId = await rig.submit({ role: 'qa', required_skills: ['selenium'] });
    const waiting = await rig.until(taskId, 'ready');
    expect(waiting.waiting_for).toMatch(
      /^an agent of the role qa with the skills selenium: none is registered; /,
    );
    await join({ registration: { role: 'qa', skills: ['selenium', 'python'] } });
    await rig.until(taskId, 'completed');
  });

  it('is done once however often it was submitted', async () => {
    const agent = await join();
    const taskId = await rig.submit();
    await rig.until(taskId, 'completed');
    const again = await rig.submitAsking({}, taskId);
    expect(again).toMatchObject({ type: 'task.state.v1', payload: { task: { status: 'completed' } } });
    await eventually(() => agent.assignments.length === 1);
  });

  it('goes to agents one per slot, and the rest waits its turn by priority', async () => {
    const order: string[] = [];
    const held: (() => Promise<void>)[] = [];
    await join({
      registration: { role: 'ops' },
      work: (assignment, agent) => {
        order.push(assignment.spec.title);
        held.push(() => agent.completed(assignment));
      },
    });
    const first = await rig.submit({ role: 'ops', title: 'first' });
    await eventually(() => held.length === 1);
    const ids = [];
    for (const [title, priority] of [
      ['low', 'low'],
      ['critical', 'critical'],
      ['high', 'high'],
    ] as const) {
      ids.push(await rig.submit({ role: 'ops', title, priority }));
    }
    for (const id of ids) await rig.until(id, 'ready');
    for (let done = 0; done < 4; done += 1) {
      await eventually(() => held.length > done);
      await held[done]?.();
    }
    for (const id of [first, ...ids]) await rig.until(id, 'completed');
    expect(order).toEqual(['first', 'critical', 'high', 'low']);
  });
});
