// A real broker for one test file: its own process, port and directory, gone when the test process is gone.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  askBroker,
  type BrokerProcess,
  type BrokerServer,
  brokerArguments,
  guardDirectory,
  type Persistence,
  startBrokerProcess,
} from '@nova-torch/cli/own-broker';
import { startContainerBroker } from './container-broker.ts';
import { chooseBroker } from './env.ts';
import { eventually } from './eventually.ts';

export interface TestBrokerOptions {
  /** `always`: each write is on disk before it is answered, so it survives kill9() and restart(). Default `no`. */
  appendonly?: 'no' | 'always';
  /** Which broker; default what NOVA_TEST_BROKER says: redis (default), valkey, dragonfly or docker. */
  broker?: string | undefined;
}

export interface TestBroker {
  readonly url: string;
  readonly port: number;
  /** Its process on this machine; another one after a restart. */
  readonly pid: number | undefined;
  /** Ends it and removes its data. Idempotent. */
  stop(): Promise<void>;
  /** Ends it like a crash. Its data stay for restart(). */
  kill9(): Promise<void>;
  /** Ends it if it runs, properly, and starts it on the same port. `data: 'lose'` empties its directory between. */
  restart(options?: { data?: 'keep' | 'lose' }): Promise<void>;
  /** Freezes it: connections stay open, nothing is answered. */
  pause(): Promise<void>;
  /** Ends a pause; resolves once it answers. */
  resume(): Promise<void>;
  /** Removes every key. */
  flush(): Promise<void>;
}

/**
 * Starts a broker that only this test uses. Rejects with what to install when the chosen one is not here; it never
 * takes another one instead.
 */
export async function startTestBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const choice = chooseBroker(options.broker);
  const persistence: Persistence = options.appendonly === 'always' ? 'always' : 'none';
  if (choice.kind === 'docker') return startContainerBroker(choice.image, persistence);
  return startProcessBroker(choice.server, choice.program, persistence);
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
      command,
      args: (chosen) => brokerArguments({ server, persistence, dir, host: '127.0.0.1', port: chosen }),
      dir,
      lastSignal: 'kill',
      port,
    });
  let running = await start();
  const { port, url } = running;
  return {
    url,
    port,
    get pid() {
      return running.pid;
    },
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
      // Until it answers, what hangs on it since before the pause may still lose its connection.
      await eventually(() => askBroker(port, ['PING'], { timeoutMs: 1_000 }), {
        ...{ timeoutMs: 10_000, what: 'an answer of the resumed broker' },
      });
    },
    async flush() {
      await askBroker(port, ['FLUSHALL'], { timeoutMs: 10_000 });
    },
  };
}
