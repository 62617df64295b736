import type { TaskId, TaskSpecInput } from '@nova-torch/protocol';
import { expect, test } from 'vitest';
import { anAgent, aRecord } from '../../test/support/make.ts';
import { AgentIndex } from './agent-index.ts';
import { lineOf } from './waiting.ts';
import { WaitingLines } from './waiting-lines.ts';
import { countWaiting } from './waiting-reasons.ts';

test('waiting tasks are counted by role and by what they wait for', () => {
  const [lines, agents] = [new WaitingLines(), new AgentIndex()];
  let tasks = 0;
  const wait = (spec: Partial<TaskSpecInput>) => {
    tasks += 1;
    lines.added(lines.open(lineOf(aRecord('ready', {}, spec)), true), {
      taskId: `task-0-${tasks}` as TaskId,
      score: tasks,
    });
  };
  const busy = anAgent({ role: 'qa' });
  agents.put(busy);
  agents.setTaken(busy.agent_id, 1);
  agents.put(anAgent({ role: 'pm' }));
  wait({ role: 'qa', required_skills: [] });
  wait({ role: 'qa', required_skills: [], priority: 'high' });
  wait({ role: 'qa', required_skills: ['nobody-can'] });
  wait({ role: 'pm', required_skills: [] });
  wait({ required_skills: ['nobody-can'] });
  expect(countWaiting(lines.lines(), agents)).toEqual(
    new Map([
      ['qa', { no_agent: 1, no_slot: 2, matching: 0 }],
      ['pm', { no_agent: 0, no_slot: 0, matching: 1 }],
      ['none', { no_agent: 1, no_slot: 0, matching: 0 }],
    ]),
  );
});
