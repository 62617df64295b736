import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AgentId, TaskId } from '@nova-torch/protocol';
import { SCRIPT_HEADER_PARTS } from '@nova-torch/streams';
import { describe, expect, it } from 'vitest';
import { routerKeys } from './keys.ts';

const scripts = globSync(join(import.meta.dirname, '*.lua'));

describe('scripts', () => {
  it.each(scripts.map((file) => [basename(file, '.lua'), file]))('%s says what it does', (name, file) => {
    const header = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('--'));
    expect(header[0]).toBe(`-- ${name}`);
    for (const part of SCRIPT_HEADER_PARTS) expect(header.join('\n')).toContain(`-- ${part}:`);
    expect(readFileSync(file.replace(/\.lua$/, '.ts'), 'utf8')).toContain(`./${name}.lua`);
  });
});

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
  const { slots, resolve, timers, active, index, ended, classes } = keys;
  for (const key of [slots, resolve, timers, active, index, ended, classes]) {
    expect(key).toMatch(/^\{nova\.torch:3\}:task-router:[a-z]+$/);
  }
});
