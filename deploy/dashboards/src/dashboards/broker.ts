import { BROKER_METRICS, PROCESS_METRICS, SERVICE_METRICS } from '@nova-torch/metrics';
import { dashboard } from '../dashboard.ts';
import { events, lines, stat } from '../panels.ts';
import { queries, share } from '../queries.ts';

const { rate, quantile, sum, max, min, happening } = queries('$__rate_interval', {
  service: { pattern: '$service' },
  instance: { pattern: '$instance' },
});

const atAGlance = [
  stat(
    {
      title: 'Connection',
      means: 'Whether every service has one. Good: all connected.',
      unit: 'short',
      shows: { connected: min(BROKER_METRICS.connected) },
      base: 'red',
      limits: [[1, 'green']],
      width: 6,
    },
    { 0: 'lost by some', 1: 'all connected' },
  ),
  stat({
    title: 'Round trip p99',
    means: 'A PING and back. Good: under 2 ms.',
    unit: 's',
    shows: { p99: quantile(0.99, BROKER_METRICS.roundTrip) },
    limits: [
      [0.005, 'yellow'],
      [0.05, 'red'],
    ],
    width: 6,
  }),
  stat(
    {
      title: 'Saving its data',
      means: 'Whether the last save, or write of the append-only file, went well. Good: yes.',
      unit: 'short',
      shows: { ok: min(BROKER_METRICS.persistenceOk) },
      base: 'red',
      limits: [[1, 'green']],
      width: 6,
    },
    { 0: 'failed', 1: 'yes' },
  ),
  stat({
    title: 'Last saved',
    means: 'Age of what a crash of the broker would fall back to, where it does not write each change.',
    unit: 's',
    shows: { age: max(BROKER_METRICS.snapshotAge) },
    base: 'blue',
    width: 6,
  }),
];

const server = [
  lines({
    title: 'Memory',
    means:
      'Used, and the most it may use (0: no bound). Good: under 80 % of it. Full: nothing can be written.',
    unit: 'bytes',
    shows: { used: max(BROKER_METRICS.memoryUsed), bound: max(BROKER_METRICS.memoryMax) },
  }),
  lines({
    title: 'Commands, a second',
    means: 'As the broker counts them.',
    unit: 'ops',
    shows: { commands: max(BROKER_METRICS.commands) },
  }),
  lines({
    title: 'Connections',
    means: 'Of everybody, and of each service by what it uses them for. Good: steady.',
    unit: 'short',
    shows: {
      all: max(BROKER_METRICS.clients),
      '{{service}}': sum(BROKER_METRICS.connections, { by: ['service'] }),
    },
  }),
];

const seenFromServices = [
  lines({
    title: 'Round trip p99 by service',
    means: 'One service slower than the others: its machine or its network, not the broker.',
    unit: 's',
    shows: { '{{service}}': quantile(0.99, BROKER_METRICS.roundTrip, { by: ['service'] }) },
  }),
  lines({
    title: 'Connections lost and back, a second',
    means: 'And returns of the broker without its data. Good: 0.',
    unit: 'ops',
    shows: {
      '{{service}}': rate(BROKER_METRICS.reconnects, { by: ['service'] }),
      'without its data': rate(BROKER_METRICS.identityChanges),
    },
  }),
  lines({
    title: 'Clock of the broker less that of the service',
    means: 'Deadlines use the clock of the broker. Good: under 0.1 s either way.',
    unit: 's',
    isSigned: true,
    shows: {
      most: max(BROKER_METRICS.clockOffset),
      least: min(BROKER_METRICS.clockOffset),
    },
  }),
];

const processes = [
  lines({
    title: 'Processor',
    means: 'Cores in use by each instance. A Node process cannot use much more than one.',
    unit: 'short',
    shows: { '{{service}} {{instance}}': rate(PROCESS_METRICS.cpu, { by: ['service', 'instance'] }) },
  }),
  lines({
    title: 'Resident memory',
    means: 'Resident. Good: steady. A steady rise is a leak.',
    unit: 'bytes',
    shows: { '{{service}} {{instance}}': sum(PROCESS_METRICS.resident, { by: ['service', 'instance'] }) },
  }),
  lines({
    title: 'Lag of the event loop, p99',
    means: 'Good: under 50 ms. More: something computes for too long, or the machine is full.',
    unit: 's',
    shows: { '{{service}} {{instance}}': max(PROCESS_METRICS.loopLagP99, { by: ['service', 'instance'] }) },
    limits: [[0.05, 'yellow']],
  }),
  events({
    title: 'Warnings and errors in the logs, a second',
    means: 'Good: 0. The logs say what it is.',
    unit: 'ops',
    shows: {
      '{{service}} {{level}}': happening(
        rate(SERVICE_METRICS.logLines, {
          by: ['service', 'level'],
          where: { level: { pattern: 'warn|error|fatal' } },
        }),
        'level',
      ),
    },
  }),
  events({
    title: 'Periodic duties that failed, a second',
    means: 'By loop; each is run again. Good: 0 but for restarts of the broker.',
    unit: 'ops',
    shows: {
      '{{service}} {{loop}}': happening(
        rate(SERVICE_METRICS.loopRuns, { by: ['service', 'loop'], where: { outcome: 'error' } }),
        'loop',
      ),
    },
  }),
  lines({
    title: 'How full the limits are',
    means: 'What is used of each thing that is bounded. Good: under 80 %; at 100 % something is refused.',
    unit: 'percentunit',
    shows: {
      '{{service}} {{limit}}': share(
        sum(SERVICE_METRICS.limitUsed, { by: ['service', 'limit'] }),
        sum(SERVICE_METRICS.limitMax, { by: ['service', 'limit'] }),
      ),
    },
    limits: [[0.8, 'red']],
  }),
];

export const broker = dashboard({
  name: 'broker',
  title: 'Broker and processes',
  description: 'Is the broker there, fast and safe, and are the processes around it healthy?',
  byService: true,
  rows: {
    'At a glance': atAGlance,
    'The server': server,
    'As the services see it': seenFromServices,
    'The processes': processes,
  },
});
