import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RULE_GROUPS, runbookName } from '@nova-torch/alerts';
import { helpTexts } from '@nova-torch/cli/program';
import { describe, expect, it } from 'vitest';

const directory = join(import.meta.dirname, '..', '..', '..', 'docs', 'runbooks');
const pages = readdirSync(directory).filter((name) => name.endsWith('.md'));
const textOf = (page: string) => readFileSync(join(directory, page), 'utf8');

const help = new Map(helpTexts().map(({ name, text }) => [name, text]));

/** The lines of code blocks and the inline code that call `nova-torch`, without their comments. */
function commandsIn(text: string): string[] {
  const blocks = [...text.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = '']) => block.split('\n'));
  const inline = [...text.replace(/```.*?```/gs, '').matchAll(/`(nova-torch [^`]+)`/g)].map(
    ([, code]) => code,
  );
  return [...blocks, ...inline]
    .map((line) => line?.trim().replace(/\s+#.*$/, '') ?? '')
    .filter((line) => line.startsWith('nova-torch '));
}

/** What is wrong with a call: a command or an option that does not exist. */
function problemOf(line: string): string | undefined {
  // What comes after ` -- ` is another program's.
  const words = (line.split(' -- ')[0] ?? '').split(/\s+/);
  const options = words.filter((word) => word.startsWith('-')).map((word) => word.split('=')[0] ?? '');
  let command = 'nova-torch';
  for (const word of words.slice(1)) {
    if (!help.has(`${command} ${word}`)) {
      if (/\n {2}help \[command\]/.test(help.get(command) ?? '') && !word.startsWith('-'))
        return `${line}: ${command} has no ${word}`;
      break;
    }
    command = `${command} ${word}`;
  }
  const known = `${help.get(command)}${help.get('nova-torch')}`;
  const unknown = options.filter((option) => !new RegExp(`(^|[\\s,])${option}[\\s,]`, 'm').test(known));
  return unknown.length > 0 ? `${line}: ${command} has no ${unknown.join(', ')}` : undefined;
}

describe('the runbooks', () => {
  it('are one for each alert, and no others', () => {
    const alerts = RULE_GROUPS.flatMap(({ rules }) => rules.map(({ alert }) => `${runbookName(alert)}.md`));
    expect(pages.filter((page) => page !== 'README.md')).toEqual([...new Set(alerts)].sort());
  });

  it('all have the same parts', () => {
    for (const page of pages.filter((name) => name !== 'README.md')) {
      const headings = [...textOf(page).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
      expect(headings, page).toEqual([
        'What it means',
        'See more',
        'What to do',
        'When it is over',
        'When it fires',
      ]);
    }
  });

  it('name only commands and options that exist', () => {
    const problems = pages.flatMap((page) =>
      commandsIn(textOf(page))
        .flatMap((line) => problemOf(line) ?? [])
        .map((text) => `${page}: ${text}`),
    );
    expect(problems).toEqual([]);
    expect(problemOf('nova-torch task lst')).toBe('nova-torch task lst: nova-torch task has no lst');
    expect(problemOf('nova-torch task list --state x')).toContain('has no --state');
  });

  it('lead only to what is there', () => {
    const dead = pages.flatMap((page) =>
      [...textOf(page).matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)]
        .map(([, target = '']) => join(dirname(join(directory, page)), target))
        .filter((target) => !existsSync(target))
        .map((target) => `${page}: ${target}`),
    );
    expect(dead).toEqual([]);
  });
});
