import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DEAD_LETTERS_LIMIT,
  DEFAULT_MESSAGING,
  deadLetterFields,
  FEED_DEFAULTS,
  policyName,
  SERVICES,
  STREAM_DEFAULTS,
  STREAMS,
  WORK_DEFAULTS,
  type WorkField,
} from '@nova-torch/protocol';
import { DEAD_LETTERS_MAX } from '@nova-torch/streams';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadMessaging, MessagingFileError } from '../src/messaging-file.ts';

const shipped = join(import.meta.dirname, '../../../deploy/config/messaging.yaml');
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'nova-torch-messaging-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function written(text: string): string {
  const file = join(directory, 'messaging.yaml');
  writeFileSync(file, text);
  return file;
}

function problemsOf(text: string) {
  try {
    loadMessaging(written(text));
  } catch (error) {
    if (error instanceof MessagingFileError) return error.found;
  }
  throw new Error('no problem was found');
}

test('the shipped file says exactly what is built in, field by field', () => {
  const streams = Object.fromEntries(
    Object.entries(STREAM_DEFAULTS).map(([field, policy]) => [policyName(field as WorkField), policy]),
  );
  const text = readFileSync(shipped, 'utf8');
  expect(parse(text)).toEqual({ work: WORK_DEFAULTS, feeds: FEED_DEFAULTS, streams });
  expect(loadMessaging(shipped)).toEqual(DEFAULT_MESSAGING);
  expect(loadMessaging(undefined)).toBe(DEFAULT_MESSAGING);
  expect(loadMessaging(written(''))).toEqual(DEFAULT_MESSAGING);
});

test('every stream has a policy, and every work stream somebody who trims its dead letters', () => {
  const fields = Object.keys(STREAMS).filter((field) => field !== 'replies');
  expect(Object.keys(DEFAULT_MESSAGING).sort()).toEqual(fields.sort());
  const trimmed = SERVICES.flatMap((service) => deadLetterFields(service));
  const work = fields.filter((field) => STREAMS[field as keyof typeof STREAMS].kind === 'work');
  expect(trimmed.toSorted()).toEqual(work.toSorted());
  expect(DEAD_LETTERS_LIMIT).toBe(DEAD_LETTERS_MAX);
});

test('what a stream has goes before what its kind has, field by field', () => {
  const messaging = loadMessaging(
    written(`
work: { max_deliveries: 9, concurrency: 2, backoff: { factor: 3 }, dead_letters: { max_age_s: 60 } }
feeds: { retention: { max_age_s: 30 } }
streams:
  tasks.queries: { backoff: { max_s: 5 } }
  monitoring: { retention: { max_entries: 7 } }
  agents.direct: { dead_letters: { max_entries: 5 } }
`),
  );
  expect(messaging.tasksQueries).toEqual({
    ...{ max_deliveries: 9, batch: 256, concurrency: 32 },
    backoff: { initial_s: 0.2, factor: 3, max_s: 5 },
    dead_letters: { max_entries: 100_000, max_age_s: 60 },
  });
  expect(messaging.tasksQueue).toMatchObject({ max_deliveries: 25, concurrency: 1 });
  expect(messaging.upkeepSpawner).toMatchObject({ max_deliveries: 9, concurrency: 4 });
  expect(messaging.monitoring).toEqual({ retention: { max_entries: 7, max_age_s: 30 } });
  expect(messaging.tasksActive).toEqual({ retention: { max_entries: 100_000, max_age_s: 30 } });
  expect(messaging.agentInbox).toEqual({ dead_letters: { max_entries: 5, max_age_s: 60 } });
});

test('all that is wrong is told at once, by path', () => {
  const found = problemsOf(`
work: { max_deliveries: 51, batch: many, dead_letters: 7 }
feeds: { batch: 3 }
retries: 4
streams:
  tasks.queue: { concurrency: 2, backoff: { factor: 0.5 } }
  tasks.queues: {}
  monitoring: { retention: { max_age_s: 0 } }
  agents.direct: { max_deliveries: 3 }
`);
  const told = found.map(({ path, problem }) => `${path}: ${problem}`).toSorted();
  expect(told).toEqual([
    'feeds/batch: there is no such field here',
    'retries: there is no such field here',
    'streams/agents.direct/max_deliveries: there is no such field here',
    'streams/monitoring/retention/max_age_s: a whole number from 1 to 31622400',
    'streams/tasks.queue/backoff/factor: a number from 1 to 10',
    'streams/tasks.queue/concurrency: messages of this stream are handled in whole batches, in their order',
    'streams/tasks.queues: there is no such stream',
    'work/batch: a whole number from 1 to 256',
    'work/dead_letters: must be a map',
    'work/max_deliveries: a whole number from 1 to 50',
  ]);
});

test('a file that contradicts itself, is no YAML, no map, or not there is refused', () => {
  const contradiction = problemsOf('streams: { registry: { backoff: { initial_s: 40 } } }');
  expect(contradiction).toEqual([
    { path: 'streams/registry/backoff', problem: 'begins with 40 s, which is over its max_s of 30' },
  ]);
  expect(problemsOf('work: { batch: 1')[0]?.path).toBe('');
  expect(problemsOf('work: { batch: 1 }\nwork: { batch: 2 }')[0]?.problem).toContain('unique');
  expect(problemsOf('- work')).toEqual([{ path: '', problem: 'must be a map' }]);
  expect(() => loadMessaging(join(directory, 'absent.yaml'))).toThrow(/absent\.yaml: ENOENT/);
});
