// The process of a command agent: logs as JSON lines, signals, the spawner's file, and an exit code at the end.
import type { EventEmitter } from 'node:events';
import { hostname } from 'node:os';
import { knownSecrets, textRedactor } from '@nova-torch/logging';
import { SpawnId } from '@nova-torch/protocol';
import { readOtlpHeaders, startTracing, type Tracing, untraced } from '@nova-torch/tracing';
import { type AgentLogger, jsonLogger, type LogLevel } from '../logger.ts';
import type { Connect } from '../transport/agent-transport.ts';
import { CommandAgent, type CommandAgentOptions } from './command-agent.ts';
import { SupervisorWatch } from './supervisor-watch.ts';

const DRAIN_DEFAULT_MS = 20_000;
const ORPHAN_GRACE_DEFAULT_MS = 30_000;
const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

export interface RunCommandAgentOptions extends Omit<CommandAgentOptions, 'logger'> {
  /** Takes the log, one JSON object per line; among them {msg: 'registered', agent_id, …}. */
  write: (line: string) => void;
  logLevel?: LogLevel | undefined;
  /** How long running commands may take after SIGTERM or SIGINT, in ms. Default 20,000. */
  drainMs?: number | undefined;
  /** Where signals come from: the host's process. */
  signals: Pick<EventEmitter, 'on' | 'off'>;
}

/**
 * Runs a command agent until it has ended, and resolves with the exit code of the host: 0 after a drain (asked for by
 * a first SIGTERM or SIGINT, by the platform, or because the spawner is gone), 128 + n after a second signal, which
 * kills at once. Rejects when the options are wrong or the registration is refused.
 *
 * Of the host's environment it reads OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS and OTEL_EXPORTER_OTLP_HEADERS_FILE (where
 * spans go), and NOVA_SPAWN_ID, NOVA_SUPERVISOR_FILE and NOVA_ORPHAN_GRACE_MS, which a spawner
 * sets. While the process named in the supervisor file is gone for longer than the grace, the agent drains: it
 * finishes what runs, gives back what does not, and ends.
 */
export async function runCommandAgent(options: RunCommandAgentOptions): Promise<number> {
  const { environment, write, logLevel, signals, drainMs = DRAIN_DEFAULT_MS } = options;
  const secrets = new Set(knownSecrets(environment));
  const logger = jsonLogger(write, logLevel, { secrets });
  const connect: Connect = (context) => {
    const transport = options.connect(context);
    for (const secret of transport.secrets) secrets.add(secret);
    return transport;
  };
  const spawnId = options.spawnId ?? SpawnId.safeParse(environment.NOVA_SPAWN_ID).data;
  const tracing = options.tracing ?? (await tracingOf(environment, logger, secrets));
  const agent = new CommandAgent({ ...options, connect, logger, tracing, spawnId });
  let asked = 0;
  const killed = Promise.withResolvers<number>();
  const onSignal = (name: keyof typeof SIGNAL_NUMBERS): void => {
    asked += 1;
    if (asked === 1) {
      logger.info({ signal: name, drain_ms: drainMs }, 'draining');
      void agent.drain({ deadlineMs: drainMs, reason: `the host got ${name}` });
    } else if (asked === 2) {
      logger.warn({ signal: name }, 'killing at once');
      void agent.kill().then(() => killed.resolve(128 + SIGNAL_NUMBERS[name]));
    }
  };
  const onTerm = (): void => onSignal('SIGTERM');
  const onInt = (): void => onSignal('SIGINT');
  signals.on('SIGTERM', onTerm);
  signals.on('SIGINT', onInt);
  const file = environment.NOVA_SUPERVISOR_FILE;
  const watch = file
    ? new SupervisorWatch({
        file,
        graceMs: msOf(environment.NOVA_ORPHAN_GRACE_MS) ?? ORPHAN_GRACE_DEFAULT_MS,
        onOrphaned: () => void agent.drain({ deadlineMs: Infinity, reason: 'the spawner is gone' }),
        logger,
      })
    : undefined;
  try {
    await agent.start();
    const code = await Promise.race([agent.closed.then(() => 0), killed.promise]);
    return asked > 1 ? await killed.promise : code;
  } finally {
    watch?.stop();
    // A second signal ends it at once, with whatever spans are not sent yet.
    if (asked < 2) await Promise.race([tracing.stop(), killed.promise]);
    signals.off('SIGTERM', onTerm);
    signals.off('SIGINT', onInt);
  }
}

/**
 * The tracing of a host by its environment. What is wrong there is logged, and keeps no agent from its work. The host starts no
 * traces of its own, so there is no share to be sampled.
 */
async function tracingOf(
  environment: RunCommandAgentOptions['environment'],
  logger: AgentLogger,
  secrets: Set<string>,
): Promise<Tracing> {
  const endpoint = environment.OTEL_EXPORTER_OTLP_ENDPOINT || undefined;
  if (endpoint === undefined) return untraced;
  try {
    if (!/^https?:$/.test(URL.parse(endpoint)?.protocol ?? ''))
      throw new TypeError('OTEL_EXPORTER_OTLP_ENDPOINT must be an address such as http://127.0.0.1:4318');
    const headers = readOtlpHeaders(
      environment.OTEL_EXPORTER_OTLP_HEADERS,
      environment.OTEL_EXPORTER_OTLP_HEADERS_FILE || undefined,
    );
    for (const header of Object.values(headers)) secrets.add(header);
    return await startTracing({
      ...{ service: 'agent', instance: `${hostname()}-${process.pid}`, endpoint, headers, ratio: 1 },
      redact: (text) => textRedactor(secrets)(text),
      logger: {
        info: (message) => logger.info({}, message),
        warn: (fields, message) => logger.warn(fields, message),
      },
    });
  } catch (error) {
    logger.warn({ err: error }, 'no spans are sent');
    return untraced;
  }
}

function msOf(text: string | undefined): number | undefined {
  const value = text === undefined || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}
