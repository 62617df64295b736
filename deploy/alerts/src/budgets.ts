// Burn of error budgets by several windows at several rates, as the SRE workbook has it: a long window says that the
// burn matters, a short one that it still goes on.
import { TASK_METRICS } from '@nova-torch/metrics';
import * as q from '@nova-torch/metrics/promql';
import type { ServiceName } from '@nova-torch/protocol';
import type { AlertRule, GivenSeries, RuleGroup, Severity } from './rule.ts';
import { given } from './rule.ts';

interface Objective {
  readonly alert: AlertRule['alert'];
  /** The recording rules `<name>:rate<window>` hold the share that went wrong. */
  readonly recorded: `nova_torch:${string}`;
  /** The share that may go wrong within 30 days. */
  readonly budget: number;
  readonly what: string;
  readonly service: ServiceName;
  readonly reason: string;
  /** Counts what the share is of. Below {@link EVENTS_MIN} within the long window it says nothing. */
  readonly counted?: typeof TASK_METRICS.ends | typeof TASK_METRICS.assignments;
}

interface Burn {
  readonly factor: number;
  readonly long: '1h' | '6h' | '1d' | '3d';
  readonly short: '5m' | '30m' | '2h' | '6h';
  readonly severity: Severity;
  readonly spends: string;
}

const BURNS: readonly Burn[] = [
  { factor: 14.4, long: '1h', short: '5m', severity: 'page', spends: '2 % of a month within an hour' },
  { factor: 6, long: '6h', short: '30m', severity: 'page', spends: '5 % of a month within six hours' },
  { factor: 3, long: '1d', short: '2h', severity: 'ticket', spends: '10 % of a month within a day' },
  { factor: 1, long: '3d', short: '6h', severity: 'ticket', spends: '10 % of a month within three days' },
];

const EVENTS_MIN = 20;

const OBJECTIVES: readonly Objective[] = [
  {
    alert: 'NovaTorchGatewayErrorBudgetBurn',
    recorded: 'nova_torch:gateway_error_ratio',
    budget: 0.001,
    what: 'requests to the gateway answered with 5xx',
    service: 'gateway',
    reason:
      'The objective is 99.9 % of requests not answered with 5xx. The chaos run, which kills everything, accepted 99.92 % of submissions within a second while the broker was there.',
  },
  {
    alert: 'NovaTorchAssignmentBudgetBurn',
    recorded: 'nova_torch:assignment_slow_ratio',
    budget: 0.01,
    what: 'assignments that took over 100 ms from readiness',
    service: 'task-router',
    reason:
      'The objective is a p99 under 100 ms: one in a hundred may be slower. The goal of the design, 6 ms, is stricter, and watched on the dashboard.',
    counted: TASK_METRICS.assignments,
  },
  {
    alert: 'NovaTorchTaskFailureBudgetBurn',
    recorded: 'nova_torch:task_failure_ratio',
    budget: 0.05,
    what: 'ended tasks that failed or expired',
    service: 'task-router',
    reason:
      'The objective is 95 % of tasks completed. It is that of a fleet of coding agents, which fail for reasons of their own; the platform itself failed none in the chaos run.',
    counted: TASK_METRICS.ends,
  },
];

/** The share (0 to 1) that may go wrong within 30 days, by what is recorded. */
export const ERROR_BUDGETS: ReadonlyMap<`nova_torch:${string}`, number> = new Map(
  OBJECTIVES.map(({ recorded, budget }) => [recorded, budget]),
);

const percent = (share: number): string => `${Number((share * 100).toPrecision(4))} %`;

function burnRule(objective: Objective, burn: Burn): AlertRule {
  const { alert, recorded, budget, what, service, counted } = objective;
  const { factor, long, short, severity } = burn;
  const bound = Number((factor * budget).toPrecision(6));
  const ratio = (window: string) => q.above(q.recorded(`${recorded}:rate${window}`), bound);
  const enough = counted && q.atLeast(q.sum(q.increase<string>(counted, long)), EVENTS_MIN);
  const shares = (last: number): GivenSeries[] => [
    { series: `${recorded}:rate${long}`, values: `${bound * 1.2}x30` },
    { series: `${recorded}:rate${short}`, values: `${last}x30` },
  ];
  const traffic = (perMinute: number): GivenSeries[] =>
    counted === undefined ? [] : [given<string>(counted, { service }, `0+${perMinute}x30`)];
  const description = (share: string) =>
    `${share} of ${what} within ${long}; bound ${percent(bound)}, ${factor} times the budget of ${percent(budget)}.`;
  return {
    alert,
    expr: q.and<string>(ratio(long), ratio(short), ...(enough ? [enough] : [])),
    for: '2m',
    severity,
    labels: { service, window: long },
    summary: `The error budget is used up ${factor} times too fast: ${what}`,
    description: description('{{ $value | humanizePercentage }}'),
    dashboard: 'slo',
    reason: `At ${factor} times the budget, ${burn.spends} is spent.`,
    fires: [
      {
        given: [...shares(bound * 1.5), ...traffic(10)],
        at: '10m',
        labels: { service, window: long },
        summary: `The error budget is used up ${factor} times too fast: ${what}`,
        description: description(`${Number((bound * 120).toPrecision(4))}%`),
      },
    ],
    quiet: [
      // It was bad, and is over.
      { given: [...shares(0), ...traffic(10)], at: '10m' },
      ...(counted === undefined
        ? []
        : [{ given: [...shares(bound * 1.5), ...traffic(0)], at: '10m' as const }]),
    ],
  };
}

/** What each objective allows, and why; for the runbooks. */
export const objectiveReasons: ReadonlyMap<AlertRule['alert'], string> = new Map(
  OBJECTIVES.map(({ alert, reason, counted }) => [
    alert,
    counted === undefined ? reason : `${reason} Fewer than ${EVENTS_MIN} within the long window say nothing.`,
  ]),
);

/** Whether what users are promised is kept. */
export const budgetRules: RuleGroup = {
  name: 'nova-torch-budgets',
  rules: OBJECTIVES.flatMap((objective) => BURNS.map((burn) => burnRule(objective, burn))),
};
