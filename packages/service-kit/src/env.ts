import { resolve } from 'node:path';
import { isSecretName, REDACTED, redactText } from '@nova-torch/logging';
import { parseOtlpHeaders } from '@nova-torch/tracing';
import { z } from 'zod';
import { nearest } from './edit-distance.ts';
import { readFileVariables } from './file-variables.ts';

/** One thing that is wrong with the environment: which variable, what was given (secrets masked), what is expected. */
export interface EnvProblem {
  variable: string;
  given: string | undefined;
  expected: string;
}

/** A `NOVA_*` variable nobody here reads, and the known name it is most like, if it looks like a slip of the pen. */
export interface EnvWarning {
  variable: string;
  didYouMean: string | undefined;
}

/** The environment cannot be used; `problems` lists everything that is wrong, not only the first thing. */
export class ConfigError extends Error {
  readonly problems: readonly EnvProblem[];

  constructor(problems: readonly EnvProblem[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super(`The configuration cannot be used (${count}): ${problems.map(describeProblem).join('; ')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** One problem as a phrase: `NOVA_HTTP_PORT is "abc", expected a port (0 to 65535)`. */
export function describeProblem(problem: EnvProblem): string {
  const { variable, given, expected } = problem;
  if (variable === '') return expected;
  return given === undefined
    ? `${variable} is not set, expected ${expected}`
    : `${variable} is "${given}", expected ${expected}`;
}

/** Variables of the platform that some process reads, though perhaps not this one: never reported as unknown. */
const PLATFORM_VARIABLES = ['NOVA_HOME', 'NOVA_TEST_BROKER', 'NOVA_BROKER_URL'] as const;

const warningsOf = new WeakMap<object, readonly EnvWarning[]>();

/**
 * Reads the environment by a zod object schema whose keys are the variables' names. An empty variable counts as
 * not set; `X_FILE` gives X as the content of a file, unless the schema has an `X_FILE` of its own. Throws
 * {@link ConfigError} that lists every problem. Unknown `NOVA_*` variables do not fail; they are kept for
 * {@link envWarnings}, because there is no logger yet.
 */
export function loadEnv<S extends z.ZodType<object>>(schema: S, source: NodeJS.ProcessEnv): z.output<S> {
  const declared = variablesOf(schema);
  const { env, problems } = readFileVariables(
    source,
    declared.filter((name) => !declared.includes(`${name}_FILE`)),
  );
  // What a broken file was to say is not reported as missing as well.
  if (problems.length > 0) throw new ConfigError(problems);
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => toProblem(issue, given)));
  }
  warningsOf.set(parsed.data, unknownVariables(Object.keys(given), declared));
  return parsed.data;
}

/** The warnings found while this environment was loaded; none for an object that `loadEnv` did not return. */
export function envWarnings(env: object): readonly EnvWarning[] {
  return warningsOf.get(env) ?? [];
}

function variablesOf(schema: z.ZodType): string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function unknownVariables(given: readonly string[], declared: readonly string[]): EnvWarning[] {
  const known = new Set<string>([...declared, ...PLATFORM_VARIABLES]);
  return given
    .filter((name) => name.startsWith('NOVA_') && !known.has(name))
    .sort()
    .map((variable) => ({ variable, didYouMean: nearest(variable, [...known]) }));
}

function toProblem(issue: z.core.$ZodIssue, given: Record<string, string | undefined>): EnvProblem {
  const variable = String(issue.path[0] ?? '');
  const value = given[variable];
  return {
    variable,
    given: value === undefined ? undefined : maskValue(variable, value),
    expected: expectation(issue),
  };
}

function maskValue(variable: string, value: string): string {
  return isSecretName(variable) ? REDACTED : redactText(value);
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return `one of ${issue.values.map(String).join(', ')}`;
  // A schema that gives no text of its own: zod's would say what was received instead of what is expected.
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input'))
    return `a ${issue.expected}`;
  return issue.message;
}

interface Bounds {
  min?: number;
  max?: number;
}

/** A whole number within bounds (both included; 0 to 2^53-1 unless told). */
export function integer(bounds: Bounds = {}) {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = bounds;
  const upTo = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  return parsedText(`a whole number ${upTo}`, (text) => {
    const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  });
}

/** A TCP port; 0 means any free one. */
export function port() {
  return parsedText('a port (0 to 65535; 0 = any free one)', (text) => {
    const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
    return value <= 65_535 ? value : undefined;
  });
}

/** A duration in whole milliseconds within bounds (both included; 0 to one year unless told). */
export function durationMs(bounds: Bounds = {}) {
  const { min = 0, max = 365 * 24 * 3_600_000 } = bounds;
  return parsedText(`a duration in milliseconds (${min} to ${max})`, (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  });
}

/** A share from 0 to 1. */
export function ratio() {
  return parsedText('a number from 0 to 1', (text) => {
    const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
    return value >= 0 && value <= 1 ? value : undefined;
  });
}

/** true, yes, on, 1 or false, no, off, 0; in any case. */
export function bool() {
  return parsedText('true or false', (text) => {
    const word = text.toLowerCase();
    if (['true', 'yes', 'on', '1'].includes(word)) return true;
    return ['false', 'no', 'off', '0'].includes(word) ? false : undefined;
  });
}

/** Words between commas; blanks around them and empty ones are dropped. */
export function commaList() {
  return parsedText('words between commas', (text) =>
    text
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
  );
}

/** The address of a broker: redis://[user:password@]host[:port][/db], or rediss:// for TLS. */
export function brokerUrl() {
  return url('a broker address such as redis://127.0.0.1:6379', ['redis:', 'rediss:']);
}

/** The address of an HTTP endpoint. */
export function httpUrl() {
  return url('an address such as http://127.0.0.1:4318', ['http:', 'https:']);
}

/** Headers of requests to a collector: `name=value` between commas, values percent-encoded, at most 16. */
export function otlpHeaders() {
  return parsedText('name=value between commas', parseOtlpHeaders);
}

function url(expected: string, protocols: readonly string[]) {
  return parsedText(expected, (text) => {
    const parsed = URL.parse(text);
    return parsed !== null && protocols.includes(parsed.protocol) && parsed.hostname !== ''
      ? text
      : undefined;
  });
}

function parsedText<T>(expected: string, parse: (text: string) => T | undefined) {
  return z.string({ error: expected }).transform((text, context): T => {
    const value = parse(text.trim());
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });
}

/** The levels of the log, from the quietest on. */
export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** The variables every service reads; spread it into the service's own `z.object`. */
export const baseEnv = {
  NOVA_BROKER_URL: brokerUrl().describe('where the broker is'),
  NOVA_WAIT_FOR_BROKER_MS: durationMs({ max: 600_000 })
    .default(10_000)
    .describe('how long a start waits for the broker'),
  NOVA_HTTP_HOST: z.string().default('127.0.0.1').describe('the address the HTTP server listens on'),
  NOVA_HTTP_PORT: port().default(0).describe('the port the HTTP server listens on; 0 = any free one'),
  NOVA_INSTANCE: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and dashes, at most 63')
    .optional()
    .describe('the name of this process; <service>-<6 hex digits> unless given'),
  NOVA_PARTITION: integer({ max: 1_023 })
    .default(0)
    .describe('the partition of the keyspace this process serves'),
  NOVA_TRIM_EVERY_MS: durationMs({ min: 100, max: 86_400_000 })
    .default(15_000)
    .describe('how often streams are trimmed of what is done'),
  NOVA_MESSAGING_FILE: z
    .string()
    .transform((file) => resolve(file))
    .optional()
    .describe('a file with the policy of each stream; the built-in one unless given'),
  NOVA_METRICS: bool()
    .default(true)
    .describe('whether figures are collected for /metrics; off, it answers 404'),
  NOVA_LOG_LEVEL: z.enum(LOG_LEVELS).default('info').describe('the least level that is logged'),
  NOVA_LOG_FLOOD_PER_S: integer({ min: 1, max: 100_000 })
    .default(50)
    .describe('lines of one message, level and part in a second; further ones are counted and left out'),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl()
    .optional()
    .describe('where spans are sent (OTLP over HTTP); none = not at all'),
  OTEL_EXPORTER_OTLP_HEADERS: otlpHeaders()
    .optional()
    .describe('headers sent with spans, such as a key of the collector: name=value between commas'),
  OTEL_TRACES_SAMPLER_ARG: ratio().default(1).describe('the share of new traces that is sampled'),
} as const;

const baseEnvObject = z.object(baseEnv);
/** What {@link baseEnv} parses to. */
export type BaseEnv = z.output<typeof baseEnvObject>;
