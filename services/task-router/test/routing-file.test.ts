import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigFileError } from '@nova-torch/service-kit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_ROUTING } from '../src/domain/routing.ts';
import { loadRouting } from '../src/routing-file.ts';

const shipped = join(import.meta.dirname, '../../../deploy/config/routing.yaml');
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'nova-torch-routing-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const { random } = DEFAULT_ROUTING;
const load = (text: string) => {
  const file = join(directory, 'routing.yaml');
  writeFileSync(file, text);
  return loadRouting(file, random);
};

test('the shipped file holds the built-in values, and an empty one says nothing', () => {
  expect(loadRouting(shipped, random)).toEqual(DEFAULT_ROUTING);
  expect(loadRouting(undefined, random)).toEqual(DEFAULT_ROUTING);
  expect(load('')).toEqual(DEFAULT_ROUTING);
});

test('what a file says holds, the rest is as before', () => {
  const routing = load(
    'strategy: least-loaded\nassignment: greedy\nweights: { skill: 1 }\ncandidates_max: 10\n',
  );
  expect(routing).toMatchObject({ strategy: 'least-loaded', assignment: 'greedy', candidatesMax: 10 });
  expect(routing.weights).toEqual({ ...DEFAULT_ROUTING.weights, skill: 1 });
});

test.each([
  ['strategy: best\n', 'strategy: '],
  ['assignment: best\n', 'assignment: '],
  ['weights: { skill: 2 }\n', 'weights.skill: '],
  [
    'weights: { skill: 0, performance: 0, availability: 0, context: 0 }\n',
    'one of the weights must be above 0',
  ],
  ['candidates: 3\n', 'candidates'],
  ['candidates_max: 0\n', 'candidates_max: '],
  ['prior: [\n', 'routing.yaml: '],
])('a mistake is told with its place: %s', (text, problem) => {
  expect(() => load(text)).toThrow(ConfigFileError);
  expect(() => load(text)).toThrow(problem);
});

test('a file that is not there is told', () => {
  expect(() => loadRouting(join(directory, 'absent.yaml'), random)).toThrow('absent.yaml');
});
