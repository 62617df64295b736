// The process of the stations, seen from the one that makes the faults.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { guardProcess, releaseProcess } from '@nova-torch/cli/own-broker';
import { within } from '../deadline.ts';
import type { PromiseTally } from './promise-watch.ts';
import type { QuietSample } from './quiet-sample.ts';
import type { LateMessage, Pause, Stretch } from './recovery.ts';
import type { Check } from './verify.ts';

export interface Drained {
  readonly ms: number;
  /** What was not done in time; nothing, if all is well. */
  readonly left: readonly string[];
}

export interface ClientsReport {
  readonly drained: Drained;
  readonly sample: QuietSample;
  readonly checks: readonly Check[];
  /** Of each station, by purpose, when all was quiet. */
  readonly connections: readonly Readonly<Record<string, number>>[];
  readonly warnings: readonly string[];
  readonly promises: Readonly<Record<string, PromiseTally>>;
  readonly sent: number;
  readonly handled: number;
  readonly redelivered: number;
  readonly feed_gaps: number;
  readonly late: readonly LateMessage[];
  readonly pauses: readonly Pause[];
  readonly held_up: readonly Stretch[];
}

export type ToClients = 'go' | 'quiet' | 'finish';
export type FromClients =
  | { readonly kind: 'ready' }
  | { readonly kind: 'quiet'; readonly drained: Drained; readonly sample: QuietSample }
  | { readonly kind: 'report'; readonly report: ClientsReport };

export interface Clients {
  /** They send and handle from now on. */
  go(): void;
  /** They stop sending, finish what there is, and count what they hold. */
  quiet(): Promise<{ drained: Drained; sample: QuietSample }>;
  /** The same, then everything is compared and they stop. */
  finish(): Promise<ClientsReport>;
  stop(): Promise<void>;
}

const WORKER = new URL('clients.worker.ts', import.meta.url);
const READY_WITHIN_MS = 60_000;
const ANSWER_WITHIN_MS = 240_000;

/** Starts the process with so many stations, all through the proxy. Rejects when it ends before it is ready. */
export async function startClients(proxyUrl: string, directUrl: string, stations: number): Promise<Clients> {
  const child = fork(WORKER, [proxyUrl, directUrl, String(stations)], {
    execArgv: ['--conditions=source', '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const { pid } = child;
  if (pid !== undefined) guardProcess(pid, 'kill');
  const ended = once(child, 'exit').then(([code, signal]): never => {
    if (pid !== undefined) releaseProcess(pid);
    throw new Error(`the process of the clients ended: ${signal ?? code}`);
  });
  ended.catch(() => undefined);
  const next = async <K extends FromClients['kind']>(kind: K, ms: number) => {
    const answer = new Promise<Extract<FromClients, { kind: K }>>((resolve) => {
      child.on('message', function listen(message: FromClients) {
        if (message.kind !== kind) return;
        child.off('message', listen);
        resolve(message as Extract<FromClients, { kind: K }>);
      });
    });
    return within(ms, `'${kind}' of the clients`, Promise.race([answer, ended]));
  };
  const tell = (message: ToClients): void => void child.send(message);
  await next('ready', READY_WITHIN_MS);
  return {
    go: () => tell('go'),
    async quiet() {
      tell('quiet');
      const { drained, sample } = await next('quiet', ANSWER_WITHIN_MS);
      return { drained, sample };
    },
    async finish() {
      tell('finish');
      return (await next('report', ANSWER_WITHIN_MS)).report;
    },
    async stop() {
      child.kill('SIGKILL');
      await ended.catch(() => undefined);
    },
  };
}
