import { counter, gauge, histogram } from './definition.ts';

/** What every service exports of itself. */
export const SERVICE_METRICS = {
  info: gauge('service_info', 'Always 1; says which version runs, and on which Node.', ['version', 'node']),
  ready: gauge('service_ready', '1 while the service is ready, else 0.'),
  loopRuns: counter('loop_runs_total', 'Runs of periodic duties, by loop and outcome (ok, error).', [
    'loop',
    'outcome',
  ]),
  loopDuration: histogram('loop_run_duration_seconds', 'How long one run of a periodic duty took.', ['loop']),
  httpDuration: histogram(
    'http_request_duration_seconds',
    'How long HTTP requests took, by method, route and status.',
    ['method', 'route', 'status'],
  ),
  breakerState: gauge(
    'breaker_state',
    'Circuit breakers by what they protect: 0 closed, 1 half-open, 2 open.',
    ['breaker'],
  ),
  limitUsed: gauge('limit_used', 'What is used of something bounded, by limit.', ['limit']),
  limitMax: gauge('limit_max', 'The bound, by limit.', ['limit']),
  deadLettersSettled: counter(
    'dead_letters_settled_total',
    'Dead letters that were to be put back or thrown away, by outcome.',
    ['outcome'],
  ),
  spans: counter(
    'spans_total',
    'Spans that ended, by what became of them: sent, refused by the collector, dropped.',
    ['outcome'],
  ),
  logLines: counter('log_lines_total', 'Log lines written, by level.', ['level']),
  logLinesSuppressed: counter(
    'log_lines_suppressed_total',
    'Log lines left out because the same message came too often, by level.',
    ['level'],
  ),
} as const;

/** What every service sees of the broker. The figures of the server itself are the same from each of them. */
export const BROKER_METRICS = {
  connected: gauge('broker_connected', '1 while there is a connection to the broker.'),
  info: gauge('broker_info', 'Always 1; says which broker it is.', ['kind', 'version']),
  connections: gauge('broker_connections', 'Open connections of this process to the broker, by purpose.', [
    'purpose',
  ]),
  reconnects: counter(
    'broker_reconnects_total',
    'How often the connection to the broker was lost and came back.',
  ),
  identityChanges: counter(
    'broker_identity_changes_total',
    'How often the broker came back without the data it had.',
  ),
  roundTrip: histogram('broker_round_trip_seconds', 'A PING to the broker and back, one every few seconds.'),
  clockOffset: gauge('broker_clock_offset_seconds', "The broker's clock less the clock of this process."),
  memoryUsed: gauge('broker_memory_used_bytes', 'Memory the broker uses.'),
  memoryMax: gauge('broker_memory_max_bytes', 'Memory the broker may use; 0 if nothing bounds it.'),
  clients: gauge('broker_clients', 'Connections of everybody to the broker.'),
  commands: gauge('broker_commands_per_second', 'Commands a second the broker handles, as it says.'),
  snapshotAge: gauge(
    'broker_snapshot_age_seconds',
    'Time since the broker last saved its data; absent where it does not say.',
  ),
  persistenceOk: gauge(
    'broker_persistence_ok',
    '0 after a save or a write of the append-only file that failed, else 1; absent where it does not say.',
  ),
} as const;
