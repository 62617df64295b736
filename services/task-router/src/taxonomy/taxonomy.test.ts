import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TaskSpec } from '@nova-torch/protocol';
import { afterAll, describe, expect, it } from 'vitest';
import { createTextFinder } from '../domain/analysis/find-in-text.ts';
import { loadTaxonomy, TaxonomyFileError } from './load-taxonomy.ts';

const shipped = join(import.meta.dirname, '../../../../deploy/config/taxonomy.yaml');
const directory = mkdtempSync(join(tmpdir(), 'nova-taxonomy-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let files = 0;
const written = (text: string): string => {
  files += 1;
  const file = join(directory, `taxonomy-${files}.yaml`);
  writeFileSync(file, text);
  return file;
};
const skillsIn = (title: string, extra?: string): string[] =>
  createTextFinder(loadTaxonomy(shipped, extra))(TaskSpec.parse({ title }), 1_000).skill.map(
    ({ name }) => name,
  );
const problemOf = (text: string): string => {
  try {
    loadTaxonomy(shipped, written(text));
    return 'none';
  } catch (error) {
    if (error instanceof TaxonomyFileError) return error.message;
    throw error;
  }
};

describe('a second file', () => {
  it('adds skills, synonyms and roles', () => {
    const extra = written('skills: { cobol: { file_endings: [cbl] }, go: { synonyms: [gopher] } }');
    expect(skillsIn('A COBOL program in main.cbl by a gopher', extra)).toEqual(['cobol', 'go']);
    expect(skillsIn('A COBOL program in main.cbl by a gopher')).toEqual([]);
    const role = written('roles: { auditor: { synonyms: [audit], skills: [security] } }');
    expect(loadTaxonomy(shipped, role).roles.get('auditor')).toEqual({
      synonyms: ['audit'],
      skills: ['security'],
    });
  });

  it('may have words of any script', () => {
    const extra = written('skills: { testing: { synonyms: [тестирование, テスト] } }');
    expect(skillsIn('Провести тестирование', extra)).toEqual(['testing']);
    expect(skillsIn('протестирование', extra)).toEqual([]);
    expect(skillsIn('単体テストを書く', extra)).toEqual(['testing']);
  });

  it('may have names that begin other names with signs', () => {
    const extra = written('skills: { j: {}, notepad: {} }');
    expect(skillsIn('J in notepad', extra)).toEqual(['j', 'notepad']);
    expect(skillsIn('J# in notepad++', extra)).toEqual([]);
  });

  it('removes words, skills and roles, and what it adds stays', () => {
    const extra = written(`
remove: { words: [golang, Unit-Test], skills: [java], roles: [pm] }
skills: { java: { synonyms: [openjdk] } }
`);
    expect(skillsIn('golang and a unit test on the JVM with openjdk', extra)).toEqual(['java']);
    expect(skillsIn('golang and a unit test on the JVM')).toEqual(['go', 'testing', 'java']);
    const { roles } = loadTaxonomy(shipped, written('remove: { skills: [python], roles: [pm] }'));
    expect(roles.has('pm')).toBe(false);
    expect(roles.get('developer')?.skills).not.toContain('python');
  });

  it('may be empty', () => {
    expect(loadTaxonomy(shipped, written('# nothing\n'))).toEqual(loadTaxonomy(shipped));
  });
});

describe('a file that cannot be used', () => {
  it('is refused with its name and every problem by path', () => {
    const message = problemOf('skills: { Go: {}, cobol: { synonym: [x] } }\nteam: ["- "]');
    expect(message).toContain(directory);
    expect(message).toContain('skills.Go');
    expect(message).toContain('skills.cobol');
    expect(message).toContain('team.0');
  });

  it('is refused when it names what is not there', () => {
    expect(problemOf('remove: { skills: [javva], roles: [qq] }')).toMatch(
      /remove\.skills: there is no skill javva.*remove\.roles: there is no role qq/,
    );
    expect(problemOf('roles: { auditor: { skills: [juggling] } }')).toContain(
      'roles.auditor.skills: there is no skill juggling',
    );
  });

  it('is refused when it is no YAML or not there', () => {
    expect(problemOf('skills: {')).toContain(directory);
    expect(() => loadTaxonomy(join(directory, 'none.yaml'))).toThrow(/ENOENT/);
  });
});
