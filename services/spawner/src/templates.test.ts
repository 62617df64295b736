import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadTemplates, parseTemplates, TemplateFileError } from './templates.ts';

const PLACES = { NOVA_ROOT: '/opt/nova', NOVA_HOME: '/var/nova' };
const problemsOf = (text: string) =>
  parseTemplates(text, PLACES).problems.map(({ line, template, what }) => `${line} ${template}: ${what}`);

describe('templates', () => {
  it('fills in defaults and the two places, and nothing else', () => {
    const { templates, problems } = parseTemplates(
      `templates:
  - name: one
    role: developer
    command: [node, '\${NOVA_ROOT}/a.ts', $HOME]
    cwd: '\${NOVA_HOME}/work'
    env: { WHERE: '\${NOVA_HOME}' }
`,
      PLACES,
    );
    expect(problems).toEqual([]);
    expect(templates.get('one')).toMatchObject({
      command: ['node', '/opt/nova/a.ts', '$HOME'],
      cwd: '/var/nova/work',
      env: { WHERE: '/var/nova' },
      capacity: 1,
      max_instances: 10,
      stop_grace_s: 10,
      skills: [],
    });
  });

  it('tells all that is wrong at once, by template and line', () => {
    const problems = problemsOf(`templates:
  - name: one
    role: developer
    command: [true]
    capacity: 0
  - name: two
    role: Not A Role
    comand: [ls]
    command: [ls]
  - name: one
    role: qa
    command: ['\${HOME}/x']
  - just text
`);
    expect(problems.map((line) => line.replace(/: .*/s, ''))).toEqual([
      '4 one',
      '5 one',
      '7 two',
      '8 two',
      '10 one',
      '10 one',
      '13 template 4',
    ]);
    expect(problems.join('\n')).toMatch(/5 one: capacity: /);
    expect(problems.join('\n')).toMatch(/8 two: it: .*comand/);
    expect(problems.join('\n')).toContain('10 one: this name was given on line 2 already');
    expect(problems.join('\n')).toContain('{HOME} is not known');
  });

  it('says where a file is not YAML, or not a list of templates', () => {
    expect(problemsOf('templates:\n  - name: [')[0]).toMatch(/^2 the file: /);
    expect(problemsOf('- name: one')).toEqual(['1 the file: must be a map with the list `templates`']);
    expect(problemsOf('')).toHaveLength(1);
    expect(() => loadTemplates('/no/such/file.yaml', PLACES)).toThrow(/ENOENT/);
    const home = mkdtempSync(join(tmpdir(), 'nova-torch-templates-'));
    const file = join(home, 'bad.yaml');
    writeFileSync(file, 'templates: [{ name: a }]');
    expect(() => loadTemplates(file, PLACES)).toThrow(TemplateFileError);
    expect(() => loadTemplates(file, PLACES)).toThrow(`${file}:1: a: role`);
    rmSync(home, { recursive: true });
  });

  it('finds nothing wrong with the templates that are delivered', () => {
    const root = resolve(import.meta.dirname, '../../..');
    const templates = loadTemplates(join(root, 'deploy/config/templates.yaml'), {
      ...PLACES,
      NOVA_ROOT: root,
    });
    expect([...templates.values()].map(({ name, role, skills }) => `${name} ${role} ${skills}`)).toEqual([
      'developer developer inventory',
      'qa qa health',
      'pm pm report',
      'devops devops shell',
    ]);
    expect(templates.get('qa')?.command[2]).toBe(join(root, 'examples/repo-report/health.ts'));
  });
});
