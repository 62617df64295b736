import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { bareEnvironment, freePort } from '@nova-torch/testing';

const MAIN = fileURLToPath(new URL('../../../services/gateway/src/main.ts', import.meta.url));

export const ADMIN_KEY = 'an-admin-key-for-tests-only';

/** The real gateway, in a process of its own, at an address that a restart keeps. */
export class GatewayProcess {
  readonly apiUrl: string;
  readonly #brokerUrl: string;
  readonly #port: number;
  #child: ChildProcess | undefined;

  private constructor(brokerUrl: string, port: number) {
    this.#brokerUrl = brokerUrl;
    this.#port = port;
    this.apiUrl = `http://127.0.0.1:${port}`;
  }

  static async start(brokerUrl: string): Promise<GatewayProcess> {
    const gateway = new GatewayProcess(brokerUrl, await freePort());
    await gateway.start();
    return gateway;
  }

  /** Resolves when it listens. */
  async start(adminKey = ADMIN_KEY): Promise<void> {
    const child = spawn(process.execPath, ['--conditions=source', MAIN], {
      env: {
        ...bareEnvironment(),
        NOVA_BROKER_URL: this.#brokerUrl,
        NOVA_HTTP_PORT: String(this.#port),
        NOVA_ADMIN_KEY: adminKey,
        NOVA_INBOX_REDELIVER_MS: '2000',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the gateway ended with ${code}`)));
      if (!child.stdout) return;
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.includes('"listening"')) resolve();
      });
    });
  }

  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await exited;
  }
}
