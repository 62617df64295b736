import { AgentId, TaskId } from '@nova-torch/protocol';
import { expect, it } from 'vitest';
import { routerKeys } from './keys.ts';

it('names keys that share the tag of their partition', () => {
  const task = TaskId.parse('task-3-0193f2ab0193f2ab0193f2ab0193f2ab');
  const agent = AgentId.parse('agent-3-0193f2ab0193f2ab0193f2ab0193f2ab');
  const keys = routerKeys(3);
  expect({
    leader: keys.leader,
    task: keys.task(task),
    waiting: keys.waiting('qa|selenium'),
    dependents: keys.dependents(task),
    inbox: keys.inbox(agent),
  }).toEqual({
    leader: '{nova.torch:3}:task-router:leader',
    task: `{nova.torch:3}:task-router:task:${task}`,
    waiting: '{nova.torch:3}:task-router:waiting:qa|selenium',
    dependents: `{nova.torch:3}:task-router:dependents:${task}`,
    inbox: `{nova.torch:3}.agents.direct.${agent}`,
  });
  const { slots, resolve, timers, active, index, ended, classes, durations, wanted } = keys;
  for (const key of [slots, resolve, timers, active, index, ended, classes, durations, wanted]) {
    expect(key).toMatch(/^\{nova\.torch:3\}:task-router:[a-z]+$/);
  }
});
