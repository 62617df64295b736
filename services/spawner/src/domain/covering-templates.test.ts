import { AgentTemplate } from '@nova-torch/protocol';
import { expect, it } from 'vitest';
import { coveringTemplates, sayDemand } from './covering-templates.ts';

const template = (name: string, role: string, skills: string[]) =>
  AgentTemplate.parse({ name, role, skills, command: ['true'] });
const templates = [
  template('rust', 'developer', ['rust']),
  template('polyglot', 'developer', ['rust', 'wasm', 'go']),
  template('tester', 'qa', ['rust']),
];
const names = (demand: { role?: string; skills: string[] }) =>
  coveringTemplates(templates, demand).map(({ name }) => name);

it('finds the templates that cover a role and all skills, in the order of their file', () => {
  expect(names({ skills: ['rust'] })).toEqual(['rust', 'polyglot', 'tester']);
  expect(names({ role: 'developer', skills: ['wasm', 'rust'] })).toEqual(['polyglot']);
  expect(names({ role: 'qa', skills: [] })).toEqual(['tester']);
  expect(names({ role: 'qa', skills: ['wasm'] })).toEqual([]);
  expect(names({ role: 'pm', skills: ['rust'] })).toEqual([]);
});

it('says what is demanded', () => {
  expect(sayDemand({ role: 'qa', skills: ['x', 'y'] })).toBe('the role qa and the skills x, y');
  expect(sayDemand({ skills: ['rust'] })).toBe('the skill rust');
});
