import { GATEWAY_METRICS, JOURNAL_METRICS, SERVICE_METRICS } from '@nova-torch/metrics';
import { dashboard } from '../dashboard.ts';
import { events, lines, stat } from '../panels.ts';
import { queries } from '../queries.ts';
import { recordedAs } from '../recording-rules.ts';

const { observations, rate, quantile, sum, max, happening } = queries('$__rate_interval', {
  service: { pattern: 'gateway' },
  instance: { pattern: '$instance' },
});

/** Routes that answer when something happens: their time says nothing about the gateway. */
const WAITING_ROUTES = '.*/(wait|pull|events)';

const atAGlance = [
  stat({
    title: 'Errors, 5 min',
    means: 'Share of requests answered with 5xx. Good: under 0.1 %.',
    unit: 'percentunit',
    shows: { errors: recordedAs('gateway_error_ratio', '5m') },
    limits: [
      [0.001, 'yellow'],
      [0.01, 'red'],
    ],
    width: 6,
  }),
  stat({
    title: 'Requests, a second',
    means: 'All routes, those that wait included.',
    unit: 'reqps',
    shows: { requests: observations(SERVICE_METRICS.httpDuration) },
    base: 'blue',
    width: 6,
  }),
  stat({
    title: 'Oldest open task in a journal',
    means: 'Good: about as long as your longest task takes. Days: a task does not end.',
    unit: 's',
    shows: { age: max(JOURNAL_METRICS.oldestOpen) },
    limits: [
      [86_400, 'yellow'],
      [604_800, 'red'],
    ],
    width: 6,
  }),
  stat({
    title: 'Journal on the disk',
    means: 'All gateways together. It shrinks as tasks end.',
    unit: 'bytes',
    shows: { size: sum(JOURNAL_METRICS.bytes) },
    base: 'blue',
    width: 6,
  }),
];

const requests = [
  lines(
    {
      title: 'Requests by status, a second',
      means: 'Good: 2xx. 4xx: the caller is wrong, or over a limit (429). 5xx: we are.',
      unit: 'reqps',
      shows: { '{{status}}': observations(SERVICE_METRICS.httpDuration, { by: ['status'] }) },
    },
    { stacked: true },
  ),
  lines({
    title: 'Time to answer',
    means:
      'Without the routes that wait for something. Good: p99 under 10 ms for submissions to the journal.',
    unit: 's',
    shows: {
      p50: quantile(0.5, SERVICE_METRICS.httpDuration, { where: { route: { notPattern: WAITING_ROUTES } } }),
      p99: quantile(0.99, SERVICE_METRICS.httpDuration, { where: { route: { notPattern: WAITING_ROUTES } } }),
      'submit p99': quantile(0.99, SERVICE_METRICS.httpDuration, {
        where: { route: '/v1/tasks', method: 'POST' },
      }),
    },
    limits: [
      [0.01, 'yellow'],
      [1, 'red'],
    ],
  }),
  events({
    title: 'Refusals and errors by code, a second',
    means: 'docs/ERRORS.md explains each code and what to do.',
    unit: 'ops',
    shows: { '{{code}}': happening(rate(GATEWAY_METRICS.problems, { by: ['code'] }), 'code') },
  }),
  events({
    title: 'Over a limit, a second',
    means: 'Requests answered 429 or 503, by limit, and submissions shed, by priority. Good: 0.',
    unit: 'ops',
    shows: {
      '{{limit}}': happening(rate(GATEWAY_METRICS.refused, { by: ['limit'] }), 'limit'),
      'shed: {{priority}}': happening(rate(GATEWAY_METRICS.shed, { by: ['priority'] }), 'priority'),
    },
  }),
  events({
    title: 'Tasks accepted, a second',
    means: 'By route. repeated: the same idempotency key came again, and nothing was doubled.',
    unit: 'ops',
    shows: {
      '{{route}}': happening(rate(GATEWAY_METRICS.tasksAccepted, { by: ['route'] }), 'route'),
      'key {{outcome}}': happening(rate(GATEWAY_METRICS.idempotentRepeats, { by: ['outcome'] }), 'outcome'),
    },
  }),
  lines({
    title: 'Open waits and pulls',
    means: 'People who wait for a task, agents who wait for work. Good: far below their limits.',
    unit: 'short',
    shows: { waits: sum(GATEWAY_METRICS.openWaits), pulls: sum(GATEWAY_METRICS.openPulls) },
  }),
];

const agentsOverHttp = [
  events({
    title: 'Inbox entries, a second',
    means: 'What became of messages for agents over HTTP. Good: given.',
    unit: 'ops',
    shows: { '{{outcome}}': happening(rate(GATEWAY_METRICS.inboxMessages, { by: ['outcome'] }), 'outcome') },
  }),
  events({
    title: 'Pulls that broke off, a second',
    means: 'An agent closed its connection before the answer. sent: its death was reported at once.',
    unit: 'ops',
    shows: { '{{outcome}}': happening(rate(GATEWAY_METRICS.sessionCloses, { by: ['outcome'] }), 'outcome') },
  }),
  lines({
    title: 'End of a task to the waiting answer',
    means: 'Good: p99 under 10 ms.',
    unit: 's',
    shows: { p50: quantile(0.5, GATEWAY_METRICS.wakeUp), p99: quantile(0.99, GATEWAY_METRICS.wakeUp) },
  }),
];

const journal = [
  lines({
    title: 'One write to the disk',
    means: 'A group of records with its sync. Good: p99 under 5 ms. It is part of every submission.',
    unit: 's',
    shows: { p50: quantile(0.5, JOURNAL_METRICS.commits), p99: quantile(0.99, JOURNAL_METRICS.commits) },
  }),
  lines({
    title: 'Tasks in the journal',
    means: 'open: not ended. ended: kept until their workflow has ended.',
    unit: 'short',
    shows: { '{{state}}': sum(JOURNAL_METRICS.tasks, { by: ['state'] }) },
  }),
  events({
    title: 'Refused, damaged or sent again, a second',
    means: 'Good: 0. Sent again: the broker came back without them.',
    unit: 'ops',
    shows: {
      'refused: {{kind}}': happening(rate(JOURNAL_METRICS.refused, { by: ['kind'] }), 'kind'),
      'damaged bytes: {{kind}}': happening(rate(JOURNAL_METRICS.damaged, { by: ['kind'] }), 'kind'),
      'sent again: {{kind}}': happening(rate(JOURNAL_METRICS.sentAgain, { by: ['kind'] }), 'kind'),
    },
  }),
];

export const gateway = dashboard({
  name: 'gateway',
  title: 'Gateway',
  description: 'Are requests answered, in time, and is what was accepted on the disk?',
  rows: {
    'At a glance': atAGlance,
    Requests: requests,
    'Agents over HTTP and people who wait': agentsOverHttp,
    'The journal': journal,
  },
});
