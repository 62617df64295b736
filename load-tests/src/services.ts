// Services for a measurement, as real processes on a broker that is there already.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findInstallation } from '@nova-torch/cli/installation';
import { guardDirectory } from '@nova-torch/cli/own-broker';
import { type ServiceProcess, startServiceProcess } from '@nova-torch/cli/service-process';
import type { ServiceName } from '@nova-torch/protocol';
import { within } from './deadline.ts';

const READY_WITHIN_MS = 60_000;
const LOG_CHARS_SHOWN = 3_000;

export interface RunningServices {
  readonly pids: Readonly<Record<string, number | undefined>>;
  /** Where each answers HTTP. */
  readonly addresses: Readonly<Partial<Record<ServiceName, string>>>;
  /** The key with which everything may be asked of a gateway. Throws when none of the services is one. */
  adminKey(): string;
  /** The last lines of each service's log. */
  logs(): string;
  stop(): Promise<void>;
}

/** Starts services and resolves when each is ready; rejects with their logs when one is not within a minute. */
export async function startServices(
  brokerUrl: string,
  names: readonly ServiceName[],
  nodeOptions: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<RunningServices> {
  const home = mkdtempSync(join(tmpdir(), 'nova-bench-'));
  guardDirectory(home);
  const { nodeFlags, serviceEntry } = findInstallation();
  const crashes: string[] = [];
  const services = names.map((name) =>
    startServiceProcess({
      name,
      command: process.execPath,
      args: [...nodeFlags, ...nodeOptions, serviceEntry(name)],
      // `info`: the address is printed at that level. Tasks are not logged there.
      env: {
        ...process.env,
        NOVA_BROKER_URL: brokerUrl,
        NOVA_HOME: home,
        NOVA_HTTP_PORT: '0',
        NOVA_LOG_LEVEL: 'info',
        ...env,
      },
      logFile: join(home, `${name}.log`),
      onCrash: ({ how }) => crashes.push(`${name} ${how}`),
      onRestarted: () => undefined,
    }),
  );
  const logs = () =>
    [
      ...crashes,
      ...names.map(
        (name) => `${name}:\n${readFileSync(join(home, `${name}.log`), 'utf8').slice(-LOG_CHARS_SHOWN)}`,
      ),
    ].join('\n');
  const stop = async () => {
    await Promise.all(services.map((service) => service.stop()));
    rmSync(home, { recursive: true, force: true });
  };
  let addresses: readonly (readonly [name: string, address: string])[];
  try {
    addresses = await within(
      READY_WITHIN_MS,
      `${names.join(' and ')} getting ready`,
      Promise.all(services.map(async (service) => [service.name, await untilReady(service)] as const)),
      async () => logs(),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    pids: Object.fromEntries(services.map(({ name, pid }) => [name, pid])),
    addresses: Object.fromEntries(addresses),
    adminKey: () => readFileSync(join(home, 'admin.key'), 'utf8').trim(),
    logs,
    stop,
  };
}

/** Its address, when it is ready or the time for that is over. */
async function untilReady(service: ServiceProcess): Promise<string> {
  const address = await service.firstAddress;
  for (const started = performance.now(); performance.now() - started < READY_WITHIN_MS; ) {
    const answer = await fetch(`${address}/health/ready`, { signal: AbortSignal.timeout(2_000) }).catch(
      () => undefined,
    );
    if (answer?.ok) break;
    await delay(50);
  }
  return address;
}
