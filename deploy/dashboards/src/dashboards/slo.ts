import { ERROR_BUDGETS } from '@nova-torch/alerts';
import { TASK_METRICS } from '@nova-torch/metrics';
import { dashboard } from '../dashboard.ts';
import { lines, stat } from '../panels.ts';
import { queries } from '../queries.ts';
import { type Ratio, recordedAs, type Window } from '../recording-rules.ts';

/** The share that may go wrong before an objective is missed: the one the alerts go by. */
function budgetOf(ratio: Ratio): number {
  const budget = ERROR_BUDGETS.get(`nova_torch:${ratio}`);
  if (budget === undefined) throw new Error(`there is no error budget for ${ratio}`);
  return budget;
}

const BURN_WINDOWS: readonly Window[] = ['5m', '30m', '1h', '6h', '3d'];

const { quantile, shareOver } = queries('1h');

/** How many times faster than it may the budget is used: at 1 all of it, by the end of the period. */
const burn = (ratio: Ratio, window: Window): string => `${recordedAs(ratio, window)} / ${budgetOf(ratio)}`;

/** What is left of the budget of three days, as a share. */
const left = (ratio: Ratio): string => `1 - ${burn(ratio, '3d')}`;

const kept = (ratio: Ratio, window: Window): string => `1 - ${recordedAs(ratio, window)}`;

function objective(name: string, ratio: Ratio, means: string) {
  const goal = 1 - budgetOf(ratio);
  return [
    stat({
      title: `${name}, 3 d`,
      means: `${means} The objective: ${Number((100 * goal).toFixed(2))} %.`,
      unit: 'percentunit',
      shows: { kept: kept(ratio, '3d') },
      base: 'red',
      limits: [[goal, 'green']],
      width: 4,
    }),
    stat({
      title: `${name}: budget left`,
      means: 'Share of what may go wrong in three days that has not. Below 0 the objective is missed.',
      unit: 'percentunit',
      shows: { left: left(ratio) },
      base: 'red',
      limits: [
        [0, 'yellow'],
        [0.5, 'green'],
      ],
      width: 4,
    }),
  ];
}

function burnRates(title: string, ratio: Ratio) {
  return lines({
    title: `${title}: burn rate`,
    means:
      'How many times faster than allowed the budget is used, by window. Good: under 1. 14.4 in both 5 min and 1 h uses a month in two days.',
    unit: 'short',
    shows: Object.fromEntries(BURN_WINDOWS.map((window) => [window, burn(ratio, window)])),
    limits: [
      [1, 'yellow'],
      [14.4, 'red'],
    ],
  });
}

const objectives = [
  ...objective('Gateway answers', 'gateway_error_ratio', 'Share of requests not answered with 5xx.'),
  ...objective(
    'Assigned in 100 ms',
    'assignment_slow_ratio',
    'Share of assignments within 100 ms of readiness. Tasks that wait because agents are lacking count as slow.',
  ),
  ...objective(
    'Tasks completed',
    'task_failure_ratio',
    'Share of completed tasks among those that ended by themselves; cancelled ones are left out.',
  ),
];

const budgets = [
  burnRates('Gateway answers', 'gateway_error_ratio'),
  burnRates('Assigned in 100 ms', 'assignment_slow_ratio'),
  burnRates('Tasks completed', 'task_failure_ratio'),
];

const assignments = [
  lines({
    title: 'Readiness to assignment over an hour',
    means: 'The goal is a p99 under 100 ms; we ask 6 ms of ourselves.',
    unit: 's',
    shows: {
      p50: quantile(0.5, TASK_METRICS.waitDuration),
      p99: quantile(0.99, TASK_METRICS.waitDuration),
    },
    limits: [
      [0.006, 'yellow'],
      [0.1, 'red'],
    ],
    width: 12,
  }),
  lines({
    title: 'Share of assignments over each bound, over an hour',
    means: 'Good: over 100 ms under 1 %. Over 6 ms under 1 % is the stricter line.',
    unit: 'percentunit',
    shows: {
      'over 6 ms': shareOver(0.006, TASK_METRICS.waitDuration),
      'over 100 ms': shareOver(0.1, TASK_METRICS.waitDuration),
    },
    limits: [[0.01, 'red']],
    width: 12,
  }),
];

export const slo = dashboard({
  name: 'slo',
  title: 'Objectives',
  description: 'Do we keep what we promised, and how fast do we use up what may go wrong?',
  rows: { Objectives: objectives, 'Error budgets': budgets, Assignment: assignments },
});
