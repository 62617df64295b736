import type { AgentRecord, TaskId, TaskSpecInput } from '@nova-torch/protocol';
import { expect, test } from 'vitest';
import { anAgent, aRecord, NOW } from '../../test/support/make.ts';
import { Adaptations } from './adaptations.ts';
import { AgentIndex } from './agent-index.ts';
import { lineOf } from './waiting.ts';
import { WaitingLines } from './waiting-lines.ts';

/** Lines, agents and who follows them; `at` looks so many seconds after the beginning. */
function world() {
  const [lines, agents, adaptations] = [new WaitingLines(), new AgentIndex(), new Adaptations()];
  const lineFor = (spec: Partial<TaskSpecInput>) => lines.open(lineOf(aRecord('ready', {}, spec)), true);
  const waiter = { taskId: 'task-0-1' as TaskId, score: 0 };
  return {
    wait: (spec: Partial<TaskSpecInput>) => lines.added(lineFor(spec), waiter),
    done: (spec: Partial<TaskSpecInput>) => lines.removed(lineFor(spec), waiter),
    join(more: Partial<AgentRecord>) {
      const record = anAgent(more);
      agents.put(record);
      return record.agent_id;
    },
    agents,
    at: (seconds: number) => adaptations.look(lines.lines(), agents, NOW + seconds * 1000),
  };
}

const RARE = { required_skills: ['rare'] };
const rare = { skills: [{ name: 'rare', level: 1 }] };

test('from the first look at which nobody can do it to the one at which somebody free can', () => {
  const { wait, join, at } = world();
  wait(RARE);
  wait({ ...RARE, priority: 'high' });
  expect([at(1), at(5)]).toEqual([[], []]);
  join(rare);
  expect(at(7)).toEqual([{ lack: 'agent', outcome: 'adapted', seconds: 6 }]);
  expect(at(8)).toEqual([]);
});

test('agents that are all busy are a lack of slots; it becomes one of agents when they go', () => {
  const { wait, done, join, agents, at } = world();
  const busy = join(rare);
  agents.setTaken(busy, 1);
  wait(RARE);
  expect(at(0)).toEqual([]);
  agents.setTaken(busy, 0);
  expect(at(2)).toEqual([{ lack: 'slot', outcome: 'adapted', seconds: 2 }]);
  agents.setTaken(busy, 1);
  expect(at(3)).toEqual([]);
  agents.remove(busy);
  expect(at(4)).toEqual([]);
  done(RARE);
  expect(at(5)).toEqual([{ lack: 'agent', outcome: 'withdrawn', seconds: 2 }]);
});

test('what no agent is asked for is followed only while somebody can do it', () => {
  const { wait, join, agents, at } = world();
  wait({});
  expect(at(0)).toEqual([]);
  const busy = join({});
  agents.setTaken(busy, 1);
  expect(at(1)).toEqual([]);
  agents.remove(busy);
  expect(at(2)).toEqual([]);
  join({});
  expect(at(3)).toEqual([]);
});
