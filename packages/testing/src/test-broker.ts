// A real broker for one test file: its own process, port and directory, gone when the test process is gone.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  askBroker,
  type BrokerProcess,
  type BrokerServer,
  guardDirectory,
  type Persistence,
  startBrokerProcess,
} from '@nova-torch/cli/own-broker';
import { startContainerBroker } from './container-broker.ts';
import { isOnPath, testBrokerName } from './env.ts';

export interface TestBrokerOptions {
  /** `always`: each write is on disk before it is answered, so it survives kill9() and restart(). Default `no`. */
  appendonly?: 'no' | 'always';
  /** Which broker; default what NOVA_TEST_BROKER says: redis (default), valkey, dragonfly or docker. */
  broker?: string | undefined;
}

export interface TestBroker {
  readonly url: string;
  readonly port: number;
  /** Ends it and removes its data. Idempotent. */
  stop(): Promise<void>;
  /** Ends it like a crash. Its data stay for restart(). */
  kill9(): Promise<void>;
  /** Ends it if it runs, properly, and starts it on the same port. `data: 'lose'` empties its directory between. */
  restart(options?: { data?: 'keep' | 'lose' }): Promise<void>;
  /** Freezes it: connections stay open, nothing is answered. */
  pause(): Promise<void>;
  /** Ends a pause. */
  resume(): Promise<void>;
  /** Removes every key. */
  flush(): Promise<void>;
}

const PROGRAMS: Record<BrokerServer, string> = {
  redis: 'redis-server',
  valkey: 'valkey-server',
  dragonfly: 'dragonfly',
};

function isServer(name: string): name is BrokerServer {
  return name in PROGRAMS;
}

/**
 * Starts a broker that only this test uses. Rejects with what to install when the chosen one is not here; it never
 * takes another one instead.
 */
export async function startTestBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const chosen = options.broker ?? testBrokerName();
  const persistence: Persistence = options.appendonly === 'always' ? 'always' : 'none';
  if (chosen === 'docker') return startContainerBroker(persistence);
  if (!isServer(chosen)) {
    throw new Error(`NOVA_TEST_BROKER=${chosen} is not known: say redis, valkey, dragonfly or docker`);
  }
  const program = PROGRAMS[chosen];
  if (!isOnPath(program)) {
    throw new Error(
      `${program} is not on PATH: install it (Debian and Ubuntu: apt-get install redis-server), ` +
        'or name another broker with NOVA_TEST_BROKER=redis|valkey|dragonfly|docker',
    );
  }
  return startProcessBroker(chosen, program, persistence);
}

async function startProcessBroker(
  server: BrokerServer,
  command: string,
  persistence: Persistence,
): Promise<TestBroker> {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'nova-torch-broker-')));
  guardDirectory(home);
  const dir = join(home, 'data');
  const start = (port?: number): Promise<BrokerProcess> =>
    startBrokerProcess({
      server,
      command,
      dir,
      persistence,
      lastSignal: 'kill',
      ...(port === undefined ? {} : { port }),
    });
  let running = await start();
  const { port, url } = running;
  return {
    url,
    port,
    async stop() {
      await running.stop();
      rmSync(home, { recursive: true, force: true });
    },
    kill9: () => running.kill9(),
    async restart({ data = 'keep' } = {}) {
      await running.stop();
      if (data === 'lose') rmSync(dir, { recursive: true, force: true });
      running = await start(port);
    },
    async pause() {
      running.signal('SIGSTOP');
    },
    async resume() {
      running.signal('SIGCONT');
    },
    async flush() {
      await askBroker(port, ['FLUSHALL'], 10_000);
    },
  };
}
