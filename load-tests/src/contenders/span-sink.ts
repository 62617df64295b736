// A collector in a process of its own that takes spans and throws them away.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { within } from '../deadline.ts';

const READY_WITHIN_MS = 15_000;

export interface SpanSink {
  readonly endpoint: string;
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

export async function startSpanSink(): Promise<SpanSink> {
  const child = fork(new URL('./span-sink.worker.ts', import.meta.url), { stdio: 'inherit' });
  const ended = once(child, 'exit');
  const [endpoint] = await within(READY_WITHIN_MS, 'the collector getting ready', once(child, 'message'));
  return {
    endpoint: String(endpoint),
    pid: child.pid,
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
