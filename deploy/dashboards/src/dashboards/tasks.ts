import { ROUTER_METRICS, TASK_METRICS } from '@nova-torch/metrics';
import { dashboard } from '../dashboard.ts';
import { events, lines } from '../panels.ts';
import { queries, share } from '../queries.ts';

const { rate, quantile, mean, sum, happening } = queries('$__rate_interval', {
  instance: { pattern: '$instance' },
});

/** The goals of an assignment, in seconds: ours, and the one that was asked for. */
const ASSIGNMENT_LIMITS = [
  [0.006, 'yellow'],
  [0.1, 'red'],
] as const;

const comingAndGoing = [
  lines({
    title: 'Submissions, a second',
    means:
      'What the router made of them. duplicate: the same task came again and was not doubled. refused: not valid.',
    unit: 'ops',
    shows: { '{{outcome}}': rate(TASK_METRICS.submissions, { by: ['outcome'] }) },
  }),
  lines({
    title: 'Ends, a second',
    means: 'Good: completed, at the pace of the submissions.',
    unit: 'ops',
    shows: { '{{end}}': rate(TASK_METRICS.ends, { by: ['end'] }) },
  }),
  lines({
    title: 'Ended without a person',
    means:
      'Share of ends nobody cancelled, retried or replayed. Good: near 100 %. Defined in docs/AUTONOMY.md.',
    unit: 'percentunit',
    shows: { share: share(rate(TASK_METRICS.ends, { where: { hand: 'none' } }), rate(TASK_METRICS.ends)) },
    max: 1,
  }),
];

const times = [
  lines({
    title: 'Readiness to assignment',
    means:
      'How long tasks wait for an agent. Good: p99 under 6 ms, the goal is 100 ms. Longer with free slots: the router is behind. Longer without: agents are lacking.',
    unit: 's',
    shows: {
      p50: quantile(0.5, TASK_METRICS.waitDuration),
      p99: quantile(0.99, TASK_METRICS.waitDuration),
    },
    limits: ASSIGNMENT_LIMITS,
  }),
  lines({
    title: 'The same by priority, p99',
    means: 'Good: critical and urgent stay low when others wait.',
    unit: 's',
    shows: { '{{priority}}': quantile(0.99, TASK_METRICS.waitDuration, { by: ['priority'] }) },
  }),
  lines({
    title: 'Assignment to start',
    means:
      'Until the agent says it began. Good: a few ms. Longer: agents or the gateway are slow to take messages.',
    unit: 's',
    shows: { p50: quantile(0.5, TASK_METRICS.startDelay), p99: quantile(0.99, TASK_METRICS.startDelay) },
  }),
  lines({
    title: 'Run time, median',
    means: 'From the start of the last attempt to the end, by its end. What is usual depends on the work.',
    unit: 's',
    shows: { '{{end}}': quantile(0.5, TASK_METRICS.runDuration, { by: ['end'] }) },
  }),
  lines({
    title: 'Submission to end, p95',
    means: 'What a submitter waits for, by the end of the task.',
    unit: 's',
    shows: { '{{end}}': quantile(0.95, TASK_METRICS.turnaround, { by: ['end'] }) },
  }),
  lines({
    title: 'Attempts a task took',
    means: 'On average, by the end of the task. Good: 1 for completed ones. More: agents fail or vanish.',
    unit: 'short',
    shows: { '{{end}}': mean(TASK_METRICS.attempts, { by: ['end'] }) },
  }),
];

const routing = [
  lines({
    title: 'Assignments, a second',
    means: 'direct: handed on at once. matched: the task stood in line first. Good: mostly direct.',
    unit: 'ops',
    shows: { '{{path}}': rate(TASK_METRICS.assignments, { by: ['path'] }) },
  }),
  lines({
    title: 'Demand without agents',
    means: 'Kinds of tasks nobody alive can do, and kinds whose agents have all been busy for long. Good: 0.',
    unit: 'short',
    shows: {
      'nobody can': sum(ROUTER_METRICS.unserved),
      'all busy': sum(ROUTER_METRICS.busyClasses),
      'resting agents': sum(ROUTER_METRICS.resting),
    },
  }),
  lines({
    title: 'Time to adapt, median',
    means:
      'How long a kind of task had no free agent, by what was lacking. Good: a few seconds where the spawner can help.',
    unit: 's',
    shows: {
      '{{lack}}, {{outcome}}': quantile(0.5, ROUTER_METRICS.adaptDuration, { by: ['lack', 'outcome'] }),
    },
  }),
  events({
    title: 'Reports refused, a second',
    means:
      'Reports of agents that no longer hold the task. Some are usual after a retry or a cancel; many: agents are slow or cut off.',
    unit: 'ops',
    shows: {
      '{{type}} {{reason}}': happening(
        rate(TASK_METRICS.rejectedReports, { by: ['type', 'reason'] }),
        'reason',
      ),
    },
  }),
  events({
    title: 'Cancels and retries, a second',
    means: 'What people asked of tasks, by outcome.',
    unit: 'ops',
    shows: {
      '{{type}} {{outcome}}': happening(rate(TASK_METRICS.commands, { by: ['type', 'outcome'] }), 'outcome'),
    },
  }),
  lines({
    title: 'One write of transitions',
    means: 'Repetitions included. Good: p99 under 5 ms. Longer: the broker is slow.',
    unit: 's',
    shows: {
      p50: quantile(0.5, ROUTER_METRICS.writeDuration),
      p99: quantile(0.99, ROUTER_METRICS.writeDuration),
    },
  }),
  events({
    title: 'Leases gained and lost, a second',
    means: 'Good: 0. Each is a takeover: routers restarted, or the broker was away.',
    unit: 'ops',
    shows: { '{{what}}': happening(rate(ROUTER_METRICS.leaderChanges, { by: ['what'] }), 'what') },
  }),
  events({
    title: 'Put right by the reconciler, a second',
    means: 'Good: 0. Anything else is a message that was lost or a crash in between, mended.',
    unit: 'ops',
    shows: { '{{what}}': happening(rate(ROUTER_METRICS.repairs, { by: ['what'] }), 'what') },
  }),
  events({
    title: 'Agents asked of the spawner, a second',
    means: 'For tasks nobody alive could do, and what became of it.',
    unit: 'ops',
    shows: { '{{outcome}}': happening(rate(ROUTER_METRICS.spawnRequests, { by: ['outcome'] }), 'outcome') },
  }),
];

export const tasks = dashboard({
  name: 'tasks',
  title: 'Tasks and routing',
  description: 'How tasks come and go, how long each part takes, and how they find their agents.',
  rows: { 'Coming and going': comingAndGoing, 'How long it takes': times, Routing: routing },
});
