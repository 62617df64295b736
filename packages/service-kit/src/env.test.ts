import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import {
  baseEnv,
  bool,
  ConfigError,
  commaList,
  describeProblem,
  durationMs,
  envWarnings,
  integer,
  loadEnv,
  ratio,
} from './env.ts';

const schema = z.object({
  ...baseEnv,
  NOVA_SWEEP_MS: durationMs({ min: 10, max: 1_000 }).default(500),
  NOVA_API_KEY: z.string().min(8, 'at least 8 characters').optional(),
});

function problemsOf(source: NodeJS.ProcessEnv): string[] {
  try {
    loadEnv(schema, source);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(describeProblem);
    throw error;
  }
  return [];
}

test('defaults stand where nothing is given, and an empty variable counts as not given', () => {
  const env = loadEnv(schema, {
    NOVA_BROKER_URL: 'redis://127.0.0.1:6379',
    NOVA_HTTP_PORT: '',
    HOME: '/root',
  });
  expect(env).toMatchObject({
    NOVA_HTTP_HOST: '127.0.0.1',
    NOVA_HTTP_PORT: 0,
    NOVA_LOG_LEVEL: 'info',
    NOVA_PARTITION: 0,
    NOVA_SWEEP_MS: 500,
    NOVA_WAIT_FOR_BROKER_MS: 10_000,
    NOVA_TRIM_EVERY_MS: 15_000,
    OTEL_TRACES_SAMPLER_ARG: 1,
  });
  expect(env.NOVA_INSTANCE).toBeUndefined();
});

test('all problems are named at once, with what was given and what is expected', () => {
  expect(
    problemsOf({
      NOVA_HTTP_PORT: '70000',
      NOVA_LOG_LEVEL: 'loud',
      NOVA_SWEEP_MS: '5s',
      NOVA_INSTANCE: 'Über',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'collector',
    }).sort(),
  ).toEqual([
    'NOVA_BROKER_URL is not set, expected a broker address such as redis://127.0.0.1:6379',
    'NOVA_HTTP_PORT is "70000", expected a port (0 to 65535; 0 = any free one)',
    'NOVA_INSTANCE is "Über", expected lower-case letters, digits and dashes, at most 63',
    'NOVA_LOG_LEVEL is "loud", expected one of silent, fatal, error, warn, info, debug, trace',
    'NOVA_SWEEP_MS is "5s", expected a duration in milliseconds (10 to 1000)',
    'OTEL_EXPORTER_OTLP_ENDPOINT is "collector", expected an address such as http://127.0.0.1:4318',
  ]);
});

test('secrets are masked in what was given', () => {
  const problems = problemsOf({ NOVA_BROKER_URL: 'tcp://me:hunter2@broker:6379', NOVA_API_KEY: 'hunter2' });
  expect(problems.join('\n')).not.toContain('hunter2');
  expect(problems).toContain('NOVA_API_KEY is "[redacted]", expected at least 8 characters');
  expect(problems[0]).toContain('tcp://me:[redacted]@broker:6379');
});

test('the message of the error is one line that counts the problems', () => {
  expect(() => loadEnv(schema, {})).toThrow(
    /^The configuration cannot be used \(1 problem\): NOVA_BROKER_URL is not set/,
  );
});

test('a rule over several variables is told without a variable', () => {
  const ordered = z
    .object({ NOVA_LOW: integer(), NOVA_HIGH: integer() })
    .refine((env) => env.NOVA_LOW < env.NOVA_HIGH, 'NOVA_LOW must be below NOVA_HIGH');
  expect(() => loadEnv(ordered, { NOVA_LOW: '3', NOVA_HIGH: '2' })).toThrow(
    /: NOVA_LOW must be below NOVA_HIGH$/,
  );
  expect(loadEnv(ordered, { NOVA_LOW: '1', NOVA_HIGH: '2' })).toEqual({ NOVA_LOW: 1, NOVA_HIGH: 2 });
});

test('unknown NOVA variables are warnings with the nearest known name, if one is near', () => {
  const env = loadEnv(schema, {
    NOVA_BROKER_URL: 'redis://127.0.0.1:6379',
    NOVA_HTTP_PROT: '80',
    NOVA_JOURNAL_DIRECTORY: '/var',
    NOVA_HOME: '/srv',
    OTHER: 'x',
  });
  expect(envWarnings(env)).toEqual([
    { variable: 'NOVA_HTTP_PROT', didYouMean: 'NOVA_HTTP_PORT' },
    { variable: 'NOVA_JOURNAL_DIRECTORY', didYouMean: undefined },
  ]);
  expect(envWarnings({})).toEqual([]);
});

test('a value may come from a file, and only from there', () => {
  const dir = mkdtempSync(join(tmpdir(), 'nova-torch-env-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const secret = join(dir, 'broker-url');
  const empty = join(dir, 'empty');
  writeFileSync(secret, 'redis://:hunter2@broker:6379\n');
  writeFileSync(empty, '\n');

  expect(loadEnv(schema, { NOVA_BROKER_URL_FILE: secret }).NOVA_BROKER_URL).toBe(
    'redis://:hunter2@broker:6379',
  );
  expect(envWarnings(loadEnv(schema, { NOVA_BROKER_URL_FILE: secret }))).toEqual([]);
  expect(problemsOf({ NOVA_BROKER_URL_FILE: secret, NOVA_BROKER_URL: 'redis://b' })).toEqual([
    `NOVA_BROKER_URL_FILE is "${secret}", expected either NOVA_BROKER_URL or NOVA_BROKER_URL_FILE, not both`,
  ]);
  expect(problemsOf({ NOVA_BROKER_URL_FILE: join(dir, 'missing') })[0]).toMatch(/can be read: ENOENT/);
  expect(problemsOf({ NOVA_BROKER_URL_FILE: empty })[0]).toMatch(/it is empty$/);
});

test('a variable whose name ends in _FILE is what it was declared as', () => {
  const own = z.object({ NOVA_KEY: z.string().optional(), NOVA_KEY_FILE: z.string().optional() });
  expect(loadEnv(own, { NOVA_KEY_FILE: '/not/there' })).toEqual({ NOVA_KEY_FILE: '/not/there' });
});

test('coercers take what they say and nothing else', () => {
  expect(bool().parse(' YES ')).toBe(true);
  expect(bool().parse('off')).toBe(false);
  expect(bool().safeParse('maybe').success).toBe(false);
  expect(commaList().parse(' a, b,,c ')).toEqual(['a', 'b', 'c']);
  expect(integer({ min: -5, max: 5 }).parse('-5')).toBe(-5);
  expect(integer({ max: 5 }).safeParse('6').success).toBe(false);
  expect(integer().safeParse('1.5').success).toBe(false);
  expect(ratio().parse('.25')).toBe(0.25);
  expect(ratio().safeParse('1.1').success).toBe(false);
  expect(durationMs().safeParse('-1').success).toBe(false);
});
