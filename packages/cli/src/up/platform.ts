// The five services of a local installation, each a process of its own with its log in NOVA_HOME/logs.
import { join } from 'node:path';
import { SERVICES, type ServiceName } from '@nova-torch/protocol';
import type { Installation } from '../installation.ts';
import { type ServiceProcess, type ServiceProcessOptions, startServiceProcess } from './service-process.ts';

export interface PlatformOptions {
  installation: Installation;
  home: string;
  brokerUrl: string;
  gatewayPort: number;
  env: NodeJS.ProcessEnv;
  onCrash: ServiceProcessOptions['onCrash'];
  onRestarted: ServiceProcessOptions['onRestarted'];
}

export interface Platform {
  readonly services: ReadonlyMap<ServiceName, ServiceProcess>;
  /** Resolves with the gateway's address, rejects when a service ended before it listened. */
  listening(): Promise<string>;
  /** Ends the spawner with its agents first, then the other services. */
  stop(): Promise<void>;
}

/** What a service of a local installation finds in its environment. */
export function serviceEnv(service: ServiceName, options: PlatformOptions): NodeJS.ProcessEnv {
  const { env, home, brokerUrl, installation } = options;
  const passedOn = Object.entries(env).filter(
    ([name]) => !/^(npm_|NODE_OPTIONS$|INIT_CWD$|NOVA_HTTP_PORT$)/.test(name),
  );
  return {
    ...Object.fromEntries(passedOn),
    NOVA_BROKER_URL: brokerUrl,
    NOVA_HOME: home,
    // Compiled code is kept: the next start, and a restart after a crash, takes a third less time.
    NODE_COMPILE_CACHE: env.NODE_COMPILE_CACHE ?? join(home, 'cache'),
    NOVA_HTTP_HOST: '127.0.0.1',
    NOVA_HTTP_PORT: service === 'gateway' ? String(options.gatewayPort) : '0',
    ...(service === 'spawner' && {
      NOVA_ROOT: installation.root,
      NOVA_CLI_ENTRY: installation.cliEntry,
      // Ctrl-C ends a local installation with everything in it; elsewhere agents outlive a restart of their spawner.
      SPAWNER_ON_STOP: 'terminate',
    }),
  };
}

/** Starts the five services. They find each other, and the broker, by themselves: the order does not matter. */
export function startPlatform(options: PlatformOptions): Platform {
  const services = new Map<ServiceName, ServiceProcess>();
  for (const name of SERVICES) {
    services.set(
      name,
      startServiceProcess({
        name,
        command: process.execPath,
        args: [...options.installation.nodeFlags, options.installation.serviceEntry(name)],
        env: serviceEnv(name, options),
        logFile: join(options.home, 'logs', `${name}.log`),
        onCrash: options.onCrash,
        onRestarted: options.onRestarted,
      }),
    );
  }
  const all = [...services.values()];
  return {
    services,
    async listening() {
      await Promise.all(all.map(({ firstAddress }) => firstAddress));
      const gateway = services.get('gateway');
      if (!gateway) throw new Error('there is no gateway among the services');
      return gateway.firstAddress;
    },
    async stop() {
      await services.get('spawner')?.stop();
      await Promise.all(all.map((service) => service.stop()));
    },
  };
}
