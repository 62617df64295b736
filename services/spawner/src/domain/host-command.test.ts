import { AgentTemplate } from '@nova-torch/protocol';
import { expect, it } from 'vitest';
import { hostCommand } from './host-command.ts';

it('hands the whole description of an agent to its host', () => {
  const build = hostCommand({ nodePath: '/node', nodeOptions: ['-x'], cliEntry: '/cli' });
  const plain = AgentTemplate.parse({ name: 'a', role: 'qa', command: ['node', 'a.js'] });
  const run = ['/node', '-x', '/cli', 'agent', 'run', '--role', 'qa'];
  expect(build(plain)).toEqual([...run, '--capacity', '1', '--', '/node', 'a.js']);
  const full = { ...plain, skills: ['x', 'y'], labels: { zone: 'a=b', tier: '' }, teams: ['blue', 'red'] };
  expect(build(full)).toEqual([
    ...[...run, '--skills', 'x,y', '--capacity', '1', '--label', 'zone=a=b', '--label', 'tier='],
    ...['--team', 'blue', '--team', 'red', '--', '/node', 'a.js'],
  ]);
});
