import { STREAM_DEPTH_METRICS, STREAM_METRICS } from '@nova-torch/metrics';
import { dashboard } from '../dashboard.ts';
import { events, lines, stat } from '../panels.ts';
import { queries } from '../queries.ts';

const { rate, quantile, max, happening } = queries('$__rate_interval', {
  service: { pattern: '$service' },
  instance: { pattern: '$instance' },
});

// Every instance of a service exports the depth of the same streams: the largest is the latest.
const dead = max(STREAM_DEPTH_METRICS.deadKept, { by: ['stream'] });

const atAGlance = [
  stat({
    title: 'Dead letters kept',
    means: 'Good: 0. `nova-torch dead-letters list` shows them with their reasons.',
    unit: 'short',
    shows: { kept: `sum(${dead})` },
    limits: [[1, 'red']],
    width: 6,
  }),
  stat({
    title: 'Longest wait for a reader',
    means: 'Age of the oldest entry no reader was given. Good: under a second.',
    unit: 's',
    shows: { age: max(STREAM_DEPTH_METRICS.oldestWaiting) },
    limits: [
      [1, 'yellow'],
      [30, 'red'],
    ],
    width: 6,
  }),
  stat({
    title: 'Longest in hand',
    means:
      'Age of the oldest entry taken and not settled. Good: seconds. More: a handler hangs or its process died.',
    unit: 's',
    shows: { age: max(STREAM_DEPTH_METRICS.oldestPending) },
    limits: [
      [10, 'yellow'],
      [60, 'red'],
    ],
    width: 6,
  }),
  stat({
    title: 'Messages settled, a second',
    means: 'All streams together.',
    unit: 'ops',
    shows: { messages: rate(STREAM_METRICS.messages) },
    base: 'blue',
    width: 6,
  }),
];

const waiting = [
  lines({
    title: 'Not given to a reader yet',
    means: 'Entries ahead of the group, by stream. Good: near 0. A rise: the service is gone or too slow.',
    unit: 'short',
    shows: { '{{stream}}': max(STREAM_DEPTH_METRICS.lag, { by: ['stream', 'group'] }) },
  }),
  lines({
    title: 'Taken, not settled',
    means: 'Good: under one batch (256) per reader.',
    unit: 'short',
    shows: { '{{stream}}': max(STREAM_DEPTH_METRICS.pending, { by: ['stream', 'group'] }) },
  }),
  lines({
    title: 'To come back later',
    means: 'Messages that are tried again, or whose time has not come.',
    unit: 'short',
    shows: { '{{stream}}': max(STREAM_DEPTH_METRICS.delayed, { by: ['stream'] }) },
  }),
];

const handling = [
  lines({
    title: 'Settled, a second, by stream',
    means: 'What the services work off.',
    unit: 'ops',
    shows: { '{{stream}}': rate(STREAM_METRICS.messages, { by: ['stream'] }) },
  }),
  lines({
    title: 'Time of a handler, p99',
    means: 'By the service that handles. Good: under 100 ms. `batch` is a handler of many messages at once.',
    unit: 's',
    shows: {
      '{{group}}: {{type}}': quantile(0.99, STREAM_METRICS.handlerDuration, { by: ['group', 'type'] }),
    },
  }),
  lines({
    title: 'Time to settle a batch, p99',
    means: 'Good: a few ms. Longer: the broker is slow or was away.',
    unit: 's',
    shows: { '{{group}}': quantile(0.99, STREAM_METRICS.settleDuration, { by: ['group'] }) },
  }),
];

const trouble = [
  events({
    title: 'Tried again or given up, a second',
    means: 'Messages a handler could not handle now (retry) or ever (dead_letter). Good: 0.',
    unit: 'ops',
    shows: {
      '{{stream}} {{outcome}}': happening(
        rate(STREAM_METRICS.messages, { by: ['stream', 'outcome'], where: { outcome: { not: 'ack' } } }),
        'outcome',
      ),
    },
  }),
  events({
    title: 'Dead letters written, a second',
    means: 'By reason. Good: 0.',
    unit: 'ops',
    shows: {
      '{{stream}} {{reason}}': happening(
        rate(STREAM_METRICS.deadLetters, { by: ['stream', 'reason'] }),
        'reason',
      ),
    },
  }),
  lines({
    title: 'Dead letters kept, by stream',
    means: 'Good: 0. They stay until somebody replays or discards them.',
    unit: 'short',
    shows: { '{{stream}}': dead },
  }),
  events({
    title: 'Delivered again, a second',
    means: 'An earlier delivery was never settled: its reader died or was cut off. Good: 0 but for restarts.',
    unit: 'ops',
    shows: { '{{stream}}': happening(rate(STREAM_METRICS.redelivered, { by: ['stream'] }), 'stream') },
  }),
  events({
    title: 'Lost or dropped, a second',
    means: 'Pending entries whose body was gone, and dead letters over their limits. Good: 0, always.',
    unit: 'ops',
    shows: {
      'lost: {{stream}}': happening(rate(STREAM_METRICS.lostPending, { by: ['stream'] }), 'stream'),
      'dropped: {{stream}}': happening(rate(STREAM_METRICS.deadLettersDropped, { by: ['stream'] }), 'stream'),
    },
  }),
  events({
    title: 'Batches the broker did not take, a second',
    means: 'Attempts to settle that failed; they are repeated. Good: 0 but for restarts of the broker.',
    unit: 'ops',
    shows: { '{{group}}': happening(rate(STREAM_METRICS.settleFailures, { by: ['group'] }), 'group') },
  }),
];

export const streams = dashboard({
  name: 'streams',
  title: 'Streams and dead letters',
  description: 'Does every message find its reader, and what could nobody handle?',
  byService: true,
  rows: {
    'At a glance': atAGlance,
    'What waits': waiting,
    'What is handled': handling,
    'What went wrong': trouble,
  },
});
