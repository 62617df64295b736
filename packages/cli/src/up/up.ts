// `nova-torch up`: broker, five services, a small fleet, a first job; then it stays until Ctrl-C.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { findLocal, NovaClient } from '@nova-torch/client';
import { CliError } from '../exit-codes.ts';
import { findInstallation } from '../installation.ts';
import { duration, type Output } from '../output.ts';
import { BrokerChoiceError, type FoundBroker, findBroker } from './broker/find-broker.ts';
import { startFleet } from './fleet.ts';
import { runReportJob } from './job.ts';
import { acquireLock } from './lock.ts';
import { type Platform, startPlatform } from './platform.ts';

export interface UpOptions {
  home: string;
  path: string;
  port: number;
  once: boolean;
  job: boolean;
  env: NodeJS.ProcessEnv;
  output: Output;
  /** Aborted by Ctrl-C or SIGTERM. */
  signal: AbortSignal;
}

const READY_DEADLINE_MS = 60_000;
const LOOK_EVERY_MS = 100;

/** Runs a local installation until the signal, or with `once` until the job ended. Leaves no process and no port behind. */
export async function up(options: UpOptions): Promise<void> {
  const path = await checkedDirectory(options.path);
  mkdirSync(options.home, { recursive: true, mode: 0o700 });
  const lock = await acquireLock(options.home, `http://127.0.0.1:${options.port}`);
  if (!lock.acquired) throw alreadyRunning(options.home, lock.holder);
  const parts: Parts = {};
  try {
    await run({ ...options, path }, parts);
  } finally {
    await end(parts, options);
    await lock.release();
  }
}

interface Parts {
  broker?: FoundBroker;
  platform?: Platform;
}

async function checkedDirectory(path: string): Promise<string> {
  const full = resolve(path);
  const found = await stat(full).catch(() => undefined);
  if (!found?.isDirectory())
    throw new CliError('usage', `--path ${path} is not a directory`, 'Name a directory to report on.');
  return full;
}

function alreadyRunning(home: string, holder: { pid: number; api_url: string } | undefined): CliError {
  const who = holder ? ` (process ${holder.pid}, ${holder.api_url})` : '';
  return new CliError(
    'running',
    `Nova-Torch is already running on ${home}${who}`,
    'Use it as it is (`nova-torch status`), end it with Ctrl-C in its terminal, or start another with NOVA_HOME and --port of its own.',
  );
}

async function run(options: UpOptions, parts: Parts): Promise<void> {
  const { output, signal, home } = options;
  const startedAt = performance.now();
  const since = () => duration(performance.now() - startedAt);
  const broker = await findBroker({
    home,
    env: options.env,
    log: (line) => output.line(`  ${line}`),
    onCrash: (reason) => output.line(`! the broker ${reason}; it is being started again with its data`),
  }).catch((error: unknown) => {
    throw error instanceof BrokerChoiceError ? new CliError('unavailable', error.message, error.hint) : error;
  });
  parts.broker = broker;
  signal.throwIfAborted();
  output.line(`  broker: ${broker.describe}`);

  const platform = startServices(options, broker.url);
  parts.platform = platform;
  const apiUrl = await listening(platform, options);
  const { adminKey } = await findLocal({ home, env: {} });
  const client = new NovaClient({ baseUrl: apiUrl, key: adminKey ?? '' });
  // The password of a broker of our own stands in this directory anyway; that of another one is not ours to keep.
  const ownBroker = options.env.NOVA_BROKER_URL ? {} : { broker_url: broker.url };
  const run = { api_url: apiUrl, pid: process.pid, ...ownBroker };
  writeFileSync(join(home, 'run.json'), JSON.stringify(run), { mode: 0o600 });
  await untilReady(client, signal);
  output.line(
    `  services: registry, task-router, spawner, collaboration and gateway are ready after ${since()}`,
  );

  await startFleet(
    client,
    (member) => output.line(`  agent: ${member.role} (${member.agent_id}) in ${duration(member.ready_ms)}`),
    signal,
  );
  if (options.job) await reportJob(options, client, since);
  if (options.once) return;
  printWhatNext(options, apiUrl);
  await new Promise<void>((done) => {
    if (signal.aborted) done();
    signal.addEventListener('abort', () => done(), { once: true });
  });
}

function startServices({ home, port, env, output, signal }: UpOptions, brokerUrl: string): Platform {
  return startPlatform({
    installation: findInstallation(),
    home,
    brokerUrl,
    gatewayPort: port,
    env,
    onCrash: ({ name, how, restartInMs }) => {
      if (!signal.aborted)
        output.line(
          `! ${name} ${how}; again in ${duration(restartInMs)} (log: ${join(home, 'logs', `${name}.log`)})`,
        );
    },
    onRestarted: ({ name }) => output.line(`  ${name} is running again`),
  });
}

async function listening(platform: Platform, { home, port, signal }: UpOptions): Promise<string> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => undefined);
  try {
    return await Promise.race([platform.listening(), aborted]);
  } catch (error) {
    if (signal.aborted) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(
      'failed',
      `a service did not start: ${reason}`,
      `Its log is in ${join(home, 'logs')}. If port ${port} is taken, choose another with --port.`,
    );
  }
}

async function untilReady(client: NovaClient, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + READY_DEADLINE_MS;
  for (;;) {
    signal.throwIfAborted();
    const health = await client.health().catch(() => undefined);
    if (health?.status === 'ok') return;
    if (performance.now() > deadline) {
      const missing = health?.missing.join(', ') ?? 'the gateway does not answer';
      throw new CliError(
        'failed',
        `the services were not ready within ${duration(READY_DEADLINE_MS)}: ${missing}`,
        'Run `nova-torch doctor`.',
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

async function reportJob(options: UpOptions, client: NovaClient, since: () => string): Promise<void> {
  const { output } = options;
  const workflowId = `report-${Date.now()}`;
  const report = join(options.home, 'reports', workflowId, 'report.md');
  output.line(`  job: a report on ${options.path}`);
  const steps = await runReportJob({
    client,
    path: options.path,
    output: report,
    workflowId,
    signal: options.signal,
    onEnded: ({ name, task }) => {
      const took = duration((task.ended_at_ms ?? 0) - (task.started_at_ms ?? 0));
      output.line(`  ${name}: done by ${task.agent_id} in ${took}`);
    },
  });
  output.result(
    { report, tasks: steps.map(({ name, task }) => ({ name, ...task })) },
    () => `Report: ${report} (${since()} after the start)`,
  );
}

function printWhatNext({ output, path }: UpOptions, apiUrl: string): void {
  output.line();
  output.line(`API: ${apiUrl}   docs: ${apiUrl}/docs`);
  output.line('Try next, in another terminal:');
  output.line(`  ./nova-torch submit --title "Inventory" --skill inventory --input path=${path} --wait`);
  output.line('  ./nova-torch status');
  output.line('Ctrl-C ends everything.');
}

async function end({ platform, broker }: Parts, { output, home, once, signal }: UpOptions): Promise<void> {
  if (signal.aborted && !once) output.line('Stopping …');
  rmSync(join(home, 'run.json'), { force: true });
  await platform?.stop();
  await broker?.stop();
}
