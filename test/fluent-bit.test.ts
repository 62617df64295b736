// The configuration of Fluent Bit against lines as the processes of this repository write them. Fluent Bit itself is not run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonLogger } from '@nova-torch/agent-sdk';
import { createLogger, newTraceparent, runInContext } from '@nova-torch/service-kit';
import { expect, test } from 'vitest';

const directory = join(import.meta.dirname, '../deploy/compose');
const read = (path: string): string => readFileSync(join(directory, path), 'utf8');

/** `Name value` lines below each `[SECTION]`. */
function sectionsOf(text: string): { section: string; values: Record<string, string> }[] {
  const sections: { section: string; values: Record<string, string> }[] = [];
  for (const line of text.split('\n')) {
    const [, section] = /^\[([A-Z]+)\]$/.exec(line) ?? [];
    if (section !== undefined) sections.push({ section, values: {} });
    else if (/^\s*(#|$)/.test(line)) continue;
    else {
      const [, name, value] = /^ {4}(\S+)\s+(\S.*)$/.exec(line) ?? [];
      expect([name, value], `not a line of this format: ${line}`).not.toContain(undefined);
      const last = sections.at(-1);
      if (last !== undefined && name !== undefined) last.values[name] = value ?? '';
    }
  }
  return sections;
}

/** The format of strptime as Fluent Bit has it (`%L` are fractions of a second), as an expression. */
function expressionOf(format: string): RegExp {
  const parts: Record<string, string> = {
    '%Y': '\\d{4}',
    '%m': '(0[1-9]|1[0-2])',
    '%d': '([0-2]\\d|3[01])',
    '%H': '([01]\\d|2[0-3])',
    '%M': '[0-5]\\d',
    '%S': '[0-6]\\d',
    '%L': '\\d{1,9}',
  };
  const source = format.replaceAll(/%.|[.+*?]/g, (part) => parts[part] ?? `\\${part}`);
  expect(source, 'a letter of the format that this test does not know').not.toContain('%');
  return new RegExp(`^${source}$`);
}

function realLines(): Record<string, unknown>[] {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ service: 'gateway', instance: 'gateway-1', level: 'info', destination });
  const work = { traceparent: newTraceparent(), correlation_id: 'c', task_id: 't', agent_id: 'a' };
  runInContext(work, () => logger.info({ count: 1 }, 'swept'));
  jsonLogger((line) => void lines.push(line)).warn({ task_id: 't' }, 'a report was not taken');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('the parser reads the lines of services and of hosts of agents, times included', () => {
  const parsers = sectionsOf(read('fluent-bit/parsers.conf'));
  expect(parsers.map(({ section, values }) => [section, values.Name, values.Format])).toEqual([
    ['PARSER', 'docker', 'json'],
    ['PARSER', 'nova_torch', 'json'],
  ]);
  const parser = parsers.at(-1);
  const { Time_Key: key = '', Time_Format: format = '' } = parser?.values ?? {};
  const expression = expressionOf(format);
  const lines = realLines();
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(line[key]).toMatch(expression);
  expect(read('fluent-bit/fluent-bit.yaml')).toContain(`parser: ${parser?.values.Name}\n`);
});

test('what the filter renames is in real lines, and the index template has a field for it and for the ids', () => {
  const renames = [...read('fluent-bit/fluent-bit.yaml').matchAll(/^ {8}- (\S+) (\S+)$/gm)].map(
    ([, from = '', to = '']) => [from, to] as const,
  );
  const [line] = realLines();
  expect(renames.length).toBeGreaterThan(4);
  for (const [from] of renames) expect(Object.keys(line ?? {})).toContain(from);

  const { template, index_patterns: patterns } = JSON.parse(read('elasticsearch/index-template.json'));
  const typeOf = (path: string): unknown => {
    let node = template.mappings;
    for (const part of path.split('.')) node = node?.properties?.[part];
    return node?.type;
  };
  for (const [, to] of renames) expect(typeOf(to), to).toBeDefined();
  for (const id of ['task_id', 'agent_id', 'correlation_id', '@timestamp', 'suppressed'])
    expect(typeOf(id), id).toBeDefined();
  const [index = ''] = /(?<=index: )\S+/.exec(read('fluent-bit/fluent-bit.yaml')) ?? [];
  expect(patterns.map((pattern: string) => pattern.replace('*', ''))).toContain(
    index.replace(/default$/, ''),
  );
  expect(template.settings['index.lifecycle.name']).toBe('nova-torch-logs');
  expect(JSON.parse(read('elasticsearch/lifecycle.json')).policy.phases.delete.min_age).toBe('14d');
});
