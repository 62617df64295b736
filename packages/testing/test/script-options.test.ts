import { readScriptInput } from '@nova-torch/testing';
import { expect, it } from 'vitest';

const script = {
  name: 'pnpm bench',
  about: 'Tasks per second.',
  options: {
    'warm-up': { about: 'tasks before those that count', default: 2_000 },
    out: { about: 'where the results go', default: 'results' },
    only: { about: 'contenders by name' },
    stay: { about: 'stays up afterwards', default: false },
  },
} as const;

it('is what was typed, else the default', () => {
  expect(readScriptInput(script, [])).toMatchObject({
    kind: 'run',
    values: { 'warm-up': 2_000, out: 'results', only: undefined, stay: false },
  });
  expect(readScriptInput(script, ['--warm-up', '10', '--only=BullMQ', '--stay'])).toMatchObject({
    kind: 'run',
    values: { 'warm-up': 10, out: 'results', only: 'BullMQ', stay: true },
  });
});

it('lists every option with its default for --help', () => {
  const input = readScriptInput(script, ['--help', '--warm-up', 'much']);
  expect(input).toMatchObject({ kind: 'say', exitCode: 0 });
  expect(input.kind === 'say' && input.text.split('\n')).toEqual([
    'pnpm bench [options]',
    '',
    'Tasks per second.',
    '',
    '  --warm-up …  tasks before those that count (default 2000)',
    '  --out …      where the results go (default results)',
    '  --only …     contenders by name',
    '  --stay       stays up afterwards',
  ]);
});

it.each([
  [['--tasks', '1'], "Unknown option '--tasks'"],
  [['--warm-up', 'many'], "--warm-up must be a number of at least 0, not 'many'"],
  [['--warm-up='], "--warm-up must be a number of at least 0, not ''"],
  [['--warm-up', '-1'], '--warm-up'],
  [['--out'], '--out'],
  [['there'], "Unexpected argument 'there'"],
])('refuses %j', (args, problem) => {
  const input = readScriptInput(script, args);
  expect(input).toMatchObject({ kind: 'say', exitCode: 2 });
  expect(input.kind === 'say' && input.text).toContain(problem);
  expect(input.kind === 'say' && input.text).toContain('pnpm bench --help');
});
