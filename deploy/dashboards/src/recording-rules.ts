// What objectives are measured by, worked out once by Prometheus for each window that dashboards and alerts ask for.
import { GATEWAY_METRICS, SERVICE_METRICS, TASK_METRICS } from '@nova-torch/metrics';
import { ERRORS } from '@nova-torch/protocol';
import { stringify } from 'yaml';
import { type Queries, queries, share } from './queries.ts';

export const WINDOWS = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const;
export type Window = (typeof WINDOWS)[number];

/** The bound of an assignment, in seconds: what takes longer counts as slow. */
export const SLOW_ASSIGNMENT_S = 0.1;

/**
 * The codes that are answered with 5xx. Counted by code and not by status, because every code is exported from the start
 * and a status from its first answer: Prometheus sees no rise in a series that begins, and the first errors would be lost.
 */
const SERVER_ERRORS = ERRORS.filter(({ status }) => status >= 500)
  .map(({ code }) => code)
  .join('|');

/** Ratios from 0 (good) to 1, by what they are called. A task that was cancelled neither failed nor was done. */
const RATIOS = {
  gateway_error_ratio: ({ observations, rate }: Queries) =>
    share(
      rate(GATEWAY_METRICS.problems, { where: { code: { pattern: SERVER_ERRORS } } }),
      observations(SERVICE_METRICS.httpDuration, { where: { service: 'gateway' } }),
    ),
  assignment_slow_ratio: ({ shareOver }: Queries) => shareOver(SLOW_ASSIGNMENT_S, TASK_METRICS.waitDuration),
  task_failure_ratio: ({ rate }: Queries) =>
    share(
      rate(TASK_METRICS.ends, { where: { end: { pattern: 'failed|expired' } } }),
      rate(TASK_METRICS.ends, { where: { end: { pattern: 'completed|failed|expired' } } }),
    ),
} as const;

export type Ratio = keyof typeof RATIOS;

/** The name of the series in which Prometheus keeps a ratio over a window. */
export function recordedAs(ratio: Ratio, window: Window): `nova_torch:${Ratio}:rate${Window}` {
  return `nova_torch:${ratio}:rate${window}`;
}

/** Every rule, by the name of what it records. */
export function recordingRules(): { record: string; expr: string; window: Window }[] {
  return Object.entries(RATIOS).flatMap(([ratio, write]) =>
    WINDOWS.map((window) => ({
      record: recordedAs(ratio as Ratio, window),
      expr: write(queries(window)),
      window,
    })),
  );
}

/** Long windows move slowly and cost most: they are worked out less often. */
const RARE: readonly Window[] = ['6h', '1d', '3d'];

/** The file of rules for Prometheus. With `intervals: false` all follow its own interval of evaluation. */
export function rulesFile({ intervals = true } = {}): string {
  const rules = recordingRules();
  const groupOf = (name: string, interval: string, isOurs: (window: Window) => boolean) => ({
    name,
    ...(intervals ? { interval } : {}),
    rules: rules.filter(({ window }) => isOurs(window)).map(({ record, expr }) => ({ record, expr })),
  });
  const groups = [
    groupOf('nova-torch-ratios', '30s', (window) => !RARE.includes(window)),
    groupOf('nova-torch-ratios-of-days', '2m', (window) => RARE.includes(window)),
  ];
  return `# Written by \`pnpm dashboards\` from deploy/dashboards/src/recording-rules.ts.\n${stringify({ groups }, { lineWidth: 0 })}`;
}
