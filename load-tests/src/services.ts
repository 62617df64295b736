// Services for a measurement, as real processes on a broker that is there already.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findInstallation } from '@nova-torch/cli/installation';
import { startServiceProcess } from '@nova-torch/cli/service-process';
import type { ServiceName } from '@nova-torch/protocol';

export interface RunningServices {
  stop(): Promise<void>;
}

/** Starts services and resolves when each is ready. */
export async function startServices(brokerUrl: string, names: readonly ServiceName[]): Promise<RunningServices> {
  const home = mkdtempSync(join(tmpdir(), 'nova-bench-'));
  const { nodeFlags, serviceEntry } = findInstallation();
  const fail = (how: string) => {
    throw new Error(how);
  };
  const services = names.map((name) =>
    startServiceProcess({
      name,
      command: process.execPath,
      args: [...nodeFlags, serviceEntry(name)],
      env: { ...process.env, NOVA_BROKER_URL: brokerUrl, NOVA_HOME: home, NOVA_HTTP_PORT: '0', NOVA_LOG_LEVEL: 'warn' },
      logFile: join(home, `${name}.log`),
      onCrash: ({ how, lastLines }) => fail(`${name} ${how}: ${lastLines.join('\n')}`),
      onRestarted: () => undefined,
    }),
  );
  for (const service of services) await untilReady(await service.firstAddress);
  return {
    async stop() {
      await Promise.all(services.map((service) => service.stop()));
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function untilReady(address: string): Promise<void> {
  while (!(await fetch(`${address}/health/ready`)).ok) await new Promise((resolve) => setTimeout(resolve, 50));
}
