// The platform as it runs anywhere: each service a process of its own, a real broker between them. Nothing of it is left
// when the test, or the process that runs it, has ended.
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guardDirectory, guardMarked } from '@nova-torch/cli/own-broker';
import { SERVICES, type ServiceName } from '@nova-torch/protocol';
import { hostEnvironment } from './env.ts';
import { freePort } from './free-port.ts';
import { endMarked } from './marked-processes.ts';
import { createServiceUnderTest, type LogLine, type ServiceUnderTest } from './service-under-test.ts';
import { startTestBroker, type TestBroker, type TestBrokerOptions } from './test-broker.ts';

/** `task-router`, or `task-router#2` for a further instance of it. */
export type InstanceName = ServiceName | `${ServiceName}#${number}`;

export interface PlatformOptions {
  /** What to start; default one instance of each service. */
  services?: readonly InstanceName[];
  /** For all services. */
  env?: Readonly<Record<string, string>>;
  /** For one service or instance, over `env`. */
  envOf?: Partial<Record<InstanceName, Readonly<Record<string, string>>>>;
  broker?: TestBrokerOptions;
  /** The address at which an instance finds the broker, e.g. that of a proxy; default the broker's own. */
  brokerUrlOf?: (name: InstanceName, broker: TestBroker) => Promise<string>;
  /** Until all are ready. Default 60,000 ms. */
  readyTimeoutMs?: number;
  /** The program of a service; default its main.ts in this repository. */
  entryOf?: (service: string) => string;
}

export interface Platform {
  readonly broker: TestBroker;
  readonly brokerUrl: string;
  /** Stays the same over restarts of the gateway. */
  readonly gatewayUrl: string;
  readonly adminKey: string;
  /** NOVA_HOME of all services. */
  readonly home: string;
  service(name: InstanceName): ServiceUnderTest;
  kill9(name: InstanceName): Promise<void>;
  /** Stops it if it runs, starts it and waits until it is ready. */
  restart(name: InstanceName): Promise<void>;
  logs(name: InstanceName): readonly LogLine[];
  /** Ends everything, agents included. Idempotent. */
  stop(): Promise<void>;
}

const HOME_VARIABLE = 'NOVA_HOME';
const root = join(import.meta.dirname, '..', '..', '..');

function mainOf(service: string): string {
  return join(root, 'services', service, 'src', 'main.ts');
}

/** Starts a broker and the services, and resolves when each is ready. Rejects with what the failing one logged. */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'nova-torch-platform-')));
  guardDirectory(home);
  guardMarked(HOME_VARIABLE, home);
  const broker = await startTestBroker(options.broker);
  const services = new Map<InstanceName, ServiceUnderTest>();
  const stop = async (): Promise<void> => {
    // The spawner first: it ends its agents while the others still hear about it.
    await services.get('spawner')?.stop();
    await Promise.all([...services.values()].map((service) => service.stop()));
    endMarked(HOME_VARIABLE, home);
    await broker.stop();
    rmSync(home, { recursive: true, force: true });
  };
  try {
    for (const name of options.services ?? SERVICES) {
      const brokerUrl = (await options.brokerUrlOf?.(name, broker)) ?? broker.url;
      services.set(name, await describeService(name, options, { home, brokerUrl }));
    }
    await Promise.all([...services.values()].map((service) => service.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return describePlatform({ home, broker, services, stop });
}

async function describeService(
  name: InstanceName,
  { env = {}, envOf = {}, entryOf = mainOf, readyTimeoutMs = 60_000 }: PlatformOptions,
  { home, brokerUrl }: { home: string; brokerUrl: string },
): Promise<ServiceUnderTest> {
  const [service = name] = name.split('#');
  return createServiceUnderTest({
    name,
    entry: entryOf(service),
    readyTimeoutMs,
    env: {
      ...hostEnvironment(),
      NOVA_BROKER_URL: brokerUrl,
      [HOME_VARIABLE]: home,
      NOVA_HTTP_HOST: '127.0.0.1',
      // A port of its own that stays: a restarted service is found where it was.
      NOVA_HTTP_PORT: String(await freePort()),
      NOVA_LOG_LEVEL: 'info',
      SPAWNER_ON_STOP: 'terminate',
      ...env,
      ...envOf[name],
    },
  });
}

interface Parts {
  home: string;
  broker: TestBroker;
  services: ReadonlyMap<InstanceName, ServiceUnderTest>;
  stop(): Promise<void>;
}

function describePlatform({ home, broker, services, stop }: Parts): Platform {
  const service = (name: InstanceName): ServiceUnderTest => {
    const found = services.get(name);
    if (!found) throw new Error(`${name} is not among the services of this platform`);
    return found;
  };
  const gatewayUrl = services.get('gateway')?.address;
  return {
    broker,
    brokerUrl: broker.url,
    home,
    get gatewayUrl() {
      if (gatewayUrl === undefined) throw new Error('this platform has no gateway');
      return gatewayUrl;
    },
    get adminKey() {
      return readFileSync(join(home, 'admin.key'), 'utf8').trim();
    },
    service,
    kill9: (name) => service(name).kill9(),
    async restart(name) {
      await service(name).stop();
      await service(name).start();
    },
    logs: (name) => service(name).logs,
    stop,
  };
}
