// Whole workflows, decided on by the router's own functions, with failures, in any order.
import {
  edgesOf,
  isTerminal,
  newTaskId,
  ON_FAILURE,
  type TaskError,
  type TaskId,
  TaskSpec,
  type TaskState,
} from '@nova-torch/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { aRecord, NOW } from '../../test/support/make.ts';
import { judgeDependencies, resolveDependencies } from './dependencies.ts';
import { lineageBelow } from './lineage.ts';
import type { TaskRecord } from './task-record.ts';
import { admitWorkflow, holdOf, refuseWorkflow } from './workflow.ts';

const nodes = fc.array(
  fc.record({
    fails: fc.boolean(),
    after: fc.array(fc.tuple(fc.nat(), fc.constantFrom(...ON_FAILURE)), { maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 15 },
);

function submissionOf(given: typeof nodes extends fc.Arbitrary<infer T> ? T : never) {
  const ids = given.map(() => newTaskId(0, NOW));
  const tasks = given.map(({ after }, index) => {
    const modes = new Map(after.map(([one, mode]) => [ids[one % Math.max(index, 1)] as TaskId, mode]));
    if (index === 0) modes.clear();
    const dependencies = [...modes].map(([task_id, on_failure]) => ({
      task_id,
      on_failure,
      if_unknown: 'refuse' as const,
    }));
    return {
      task_id: ids[index] as TaskId,
      spec: TaskSpec.parse({ title: `task ${index}`, workflow_id: 'wf', dependencies }),
    };
  });
  const common = {
    workflow_id: 'wf',
    submitter: 'somebody',
    traceparent: '',
    submitted_at_ms: NOW,
    lineages: new Map(),
  };
  return { ids, submission: { ...common, tasks } };
}

it('every task of a workflow ends, none begins before what it depends on, and each edge is followed', () => {
  fc.assert(
    fc.property(nodes, fc.infiniteStream(fc.nat()), (given, chance) => {
      const { ids, submission } = submissionOf(given);
      const entries = admitWorkflow(submission, new Map(), NOW);
      const records = new Map<TaskId, TaskRecord>(
        entries.map(({ draft: { record } }) => [record.task_id, record]),
      );
      const ran = new Set<TaskId>();
      const states = () => new Map<TaskId, TaskState>([...records].map(([id, { state }]) => [id, state]));
      const resolve = (ended: string): void => {
        for (const { draft, blockedBy } of entries) {
          if (!blockedBy.includes(ended)) continue;
          const record = records.get(draft.record.task_id) as TaskRecord;
          const after = resolveDependencies(record, states(), NOW, ended);
          if (after === undefined) continue;
          records.set(after.record.task_id, after.record);
          if (isTerminal(after.record.state)) resolve(after.record.task_id);
        }
      };
      expect([...records.values()].every(({ state }) => state === 'blocked')).toBe(true);
      resolve(holdOf('wf'));
      for (;;) {
        const ready = [...records.values()].filter(({ state }) => state === 'ready');
        const next = ready[(chance.next().value ?? 0) % Math.max(ready.length, 1)];
        if (next === undefined) break;
        for (const { task_id, on_failure } of edgesOf(next.spec)) {
          const state = records.get(task_id)?.state as TaskState;
          expect(on_failure === 'run' ? isTerminal(state) : state === 'completed').toBe(true);
        }
        ran.add(next.task_id);
        const state = given[ids.indexOf(next.task_id)]?.fails ? 'failed' : 'completed';
        records.set(next.task_id, { ...next, state });
        resolve(next.task_id);
      }
      for (const { task_id, state, spec } of records.values()) {
        expect(isTerminal(state)).toBe(true);
        if (ran.has(task_id)) continue;
        const broken = edgesOf(spec).filter(
          (edge) => edge.on_failure !== 'run' && records.get(edge.task_id)?.state !== 'completed',
        );
        expect(broken.map(({ on_failure }) => on_failure)).toContain(state === 'failed' ? 'fail' : 'skip');
      }
    }),
  );
});

it('nothing of a workflow goes on while it is not written whole, whatever ends meanwhile', () => {
  const outside = newTaskId(0, NOW);
  const spec = TaskSpec.parse({ title: 'first', workflow_id: 'wf', dependencies: [outside] });
  const submission = {
    workflow_id: 'wf',
    submitter: 'me',
    traceparent: '',
    submitted_at_ms: NOW,
    lineages: new Map(),
  };
  const tasks = [{ task_id: newTaskId(0, NOW), spec }];
  const [entry] = admitWorkflow({ ...submission, tasks }, new Map([[outside, 'running']]), NOW);
  const record = entry?.draft.record as TaskRecord;
  expect(entry?.blockedBy).toEqual([outside, holdOf('wf')]);
  expect(resolveDependencies(record, new Map([[outside, 'completed']]), NOW, outside)).toBeUndefined();
  expect(resolveDependencies(record, new Map([[outside, 'failed']]), NOW, outside)).toBeUndefined();
  const released = resolveDependencies(record, new Map([[outside, 'completed']]), NOW, holdOf('wf'));
  expect(released?.state).toBe('ready');
  const waiting = resolveDependencies(record, new Map([[outside, 'running']]), NOW, holdOf('wf'));
  expect(waiting?.record).toMatchObject({ state: 'blocked', live: { held_for: undefined } });
  const unknown = { tasks, lineages: new Map() };
  expect(refuseWorkflow(unknown, new Map())).toMatchObject({ field: 'tasks/0/dependencies/0' });
  expect(refuseWorkflow(unknown, new Map([[outside, 'failed']]))).toBeUndefined();
});

it('a task with a parent keeps its lineage in a workflow too, and a loop is refused', () => {
  const parent = newTaskId(0, NOW);
  const taskId = newTaskId(0, NOW);
  const tasks = [{ task_id: taskId, spec: TaskSpec.parse({ title: 'again', parent_task: parent }) }];
  const lineage = lineageBelow(parent, undefined, 'same');
  const descends = (error?: TaskError) => new Map([[taskId, { lineage, error }]]);
  const common = { workflow_id: 'wf', submitter: 'me', traceparent: '', submitted_at_ms: NOW, tasks };
  const [entry] = admitWorkflow({ ...common, lineages: descends() }, new Map(), NOW);
  expect(entry?.draft.record.lineage).toEqual({ root: parent, chain: lineage.chain });
  expect(refuseWorkflow({ tasks, lineages: descends() }, new Map())).toBeUndefined();
  const loop = descends({ code: 'TASK_LOOP', message: 'a loop' });
  expect(refuseWorkflow({ tasks, lineages: loop }, new Map())).toEqual({
    ...{ code: 'TASK_LOOP', detail: 'a loop', field: 'tasks/0/parent_task' },
  });
});

it('an edge does what it says, and the strictest decides', () => {
  const [a, b] = [newTaskId(0, NOW), newTaskId(0, NOW)];
  const judge = (
    modes: readonly (typeof ON_FAILURE)[number][],
    ...states: readonly (TaskState | undefined)[]
  ) => {
    const dependencies = [a, b]
      .slice(0, modes.length)
      .map((task_id, n) => ({ task_id, on_failure: modes[n] }));
    const record = aRecord('blocked', {}, { dependencies: dependencies as never });
    const known = [a, b].flatMap((id, n) => (states[n] === undefined ? [] : [[id, states[n]] as const]));
    const verdict = judgeDependencies(record, new Map(known));
    return verdict.kind === 'broken' ? verdict.error.code : verdict.kind;
  };
  expect(judge(['fail'], 'failed')).toBe('DEPENDENCY_FAILED');
  expect(judge(['skip'], 'expired')).toBe('DEPENDENCY_SKIPPED');
  expect(judge(['run'], 'cancelled')).toBe('met');
  expect(judge(['run'], 'running')).toBe('pending');
  expect(judge(['skip', 'fail'], 'failed', 'failed')).toBe('DEPENDENCY_FAILED');
  expect(judge(['skip', 'fail'], 'failed', 'running')).toBe('DEPENDENCY_SKIPPED');
  expect(judge(['run', 'skip'], 'failed', 'completed')).toBe('met');
  expect(judge(['fail'], undefined)).toBe('unknown');
});
