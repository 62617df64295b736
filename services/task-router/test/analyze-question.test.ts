// The question what can be read out of a task, the durations learned from completed ones, and what both do to routing.
import { TaskAnalyzeV1, type TaskId, type TaskSpecInput } from '@nova-torch/protocol';
import type { AssembledService } from '@nova-torch/service-kit';
import { asHash } from '@nova-torch/streams';
import { eventually } from '@nova-torch/testing';
import { describe, expect, it } from 'vitest';
import { saveRunRecords } from '../src/store/run-records.ts';
import { oneRouter } from './support/one-router.ts';
import { keys, type Rig, startRouter, streams } from './support/rig.ts';
import { say } from './support/say.ts';
import type { TestAgentOptions } from './support/test-agent.ts';

let rig: Rig;
let router: AssembledService;
const join: Rig['agent'] = (options) => rig.agent(options);
const analyze = async (spec: Partial<TaskSpecInput>) => {
  const question = say(TaskAnalyzeV1, { spec: { title: 'a task', ...spec } });
  const answer = await rig.ask(streams.tasksQueries, question);
  if (answer.type !== 'task.analyzed.v1') throw new Error(JSON.stringify(answer.payload));
  return answer.payload.analysis;
};
const storedLive = async (taskId: TaskId): Promise<Record<string, unknown>> =>
  JSON.parse(String(await rig.broker.call('HGET', keys.task(taskId), 'live')));

oneRouter((startedRig, startedRouter) => {
  rig = startedRig;
  router = startedRouter;
});

describe('task.analyze.v1', () => {
  it('is answered with what stands in the text, and submits nothing', async () => {
    const analysis = await analyze({ title: 'Implement a Go service', description: 'Use PostgreSQL.' });
    expect(analysis.skills.map(({ name }) => name)).toEqual(['go', 'postgresql']);
    expect(analysis.role?.name).toBe('developer');
    expect(analysis.duration.source).toBe('complexity');
    expect(await rig.broker.call('ZCARD', keys.index)).toBe(0);
  });

  it('warns of required skills that nobody knows, and suggests names of agents and taxonomy', async () => {
    await join({ registration: { skills: ['juggling'] } });
    await eventually(async () => {
      expect((await analyze({ required_skills: ['juggling'] })).warnings).toEqual([]);
    });
    const { warnings } = await analyze({ required_skills: ['jugling', 'typescrpt', 'zzzzzzzz'] });
    expect(warnings.map(({ suggestions }) => suggestions)).toEqual([['juggling'], ['typescript'], []]);
  });
});

describe('a role', () => {
  it('that nobody has is warned of, with names like it of agents, taxonomy and templates', async () => {
    await join({ registration: { role: 'juggler' } });
    await eventually(async () => {
      expect((await analyze({ role: 'juggler' })).warnings).toEqual([]);
    });
    const { warnings } = await analyze({ role: 'jugler', required_skills: ['zzzzzzzz'] });
    expect(warnings.map(({ field, suggestions }) => [field, suggestions])).toEqual([
      ['role', ['juggler']],
      ['required_skills', []],
    ]);
    expect((await analyze({ role: 'develper' })).warnings[0]?.suggestions).toEqual(['developer']);
  });
});

describe('run durations', () => {
  it('are learned from completed tasks, outlive the router, and answered by a replica', async () => {
    await join({
      registration: { capacity: 4 },
      work: (assignment, agent) =>
        assignment.spec.title === 'bad'
          ? agent.failed(assignment, { retryable: false })
          : agent.completed(assignment),
    });
    const tasks = await Promise.all(
      ['1', '2', '3', '4', '5', '6', 'bad'].map((title) => rig.submit({ title, task_type: 'learned' })),
    );
    for (const [i, taskId] of tasks.entries()) await rig.until(taskId, i < 6 ? 'completed' : 'failed');
    await router.stop();
    const stored = asHash(await rig.broker.call('HGETALL', keys.durations));
    expect(JSON.parse(stored?.learned ?? '{}')).toMatchObject({ count: 6 });
    router = await startRouter(rig.url);
    const standby = await startRouter(rig.url);
    try {
      const { duration } = await analyze({ task_type: 'learned' });
      expect(duration).toMatchObject({ source: 'history', reason: expect.stringContaining('6 tasks') });
      const again = await rig.submit({ task_type: 'learned' });
      await rig.until(again, 'completed');
      await eventually(
        async () => {
          const record = JSON.parse((await rig.broker.call('HGET', keys.durations, 'learned')) as string);
          expect(record.count).toBe(7);
        },
        { timeoutMs: 20_000, what: 'the durations to be stored' },
      );
    } finally {
      await standby.stop();
    }
  });

  it('are not stored by a router of an old term', async () => {
    const record = { count: 1, mean: 1, recent: 1, buckets: {} };
    const changes = { records: new Map([['stale', record]]), dropped: [] };
    await expect(saveRunRecords(rig.broker, keys, 0, changes)).rejects.toThrow(/active/);
    expect(await rig.broker.call('HEXISTS', keys.durations, 'stale')).toBe(0);
  });
});

describe('a task that names neither role nor skills', () => {
  const idle: TestAgentOptions['work'] = (assignment, self) => self.started(assignment);

  it('goes to the agent its text asks for, also from the line, and is never kept from others', async () => {
    const first = await rig.submit({ title: 'Translate it to French' });
    await rig.until(first, 'ready');
    expect((await storedLive(first)).found).toEqual({ role: 'specialist', skills: ['translation'] });
    const other = await join({ registration: { role: 'developer', skills: ['go'] }, work: idle });
    expect((await rig.until(first, 'running')).agent_id).toBe(other.id);
    await rig.cancel(first);

    const wanted = await join({ registration: { role: 'specialist', skills: ['translation'] }, work: idle });
    await rig.known(router);
    // Twice each: without a wish the one that was not used last would get the second.
    for (const [title, holder] of [
      ['Translate it to German', wanted],
      ['Translate it to Dutch', wanted],
      ['Write it in Go', other],
      ['Port it to Go 1.24', other],
    ] as const) {
      const taskId = await rig.submit({ title });
      expect((await rig.until(taskId, 'running')).agent_id, title).toBe(holder.id);
      await rig.cancel(taskId);
    }
  });

  it('keeps nothing of it when nothing is found, or when it names one itself', async () => {
    for (const spec of [
      { title: 'Buy milk' },
      { title: 'Translate it', role: 'nobody' },
      { title: 'Translate it', required_skills: ['nothing'] },
    ]) {
      const taskId = await rig.submit(spec);
      await rig.until(taskId, 'ready');
      expect(await storedLive(taskId)).not.toHaveProperty('found');
      await rig.cancel(taskId);
    }
  });
});
