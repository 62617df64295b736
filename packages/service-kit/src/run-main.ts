/**
 * The shell around a service: build → start → wait for a signal → stop → exit code.
 *
 * R1  The first SIGTERM or SIGINT stops the service once, within a deadline; then the process ends with 0.
 * R2  Over the deadline it ends with 1, after saying which part hangs. A second signal ends it at once.
 * R3  What people can mend is one line on standard error and code 78 (configuration) or 69 (broker not there);
 *     what they cannot is a fatal log line with the stack and code 1.
 * R4  A rejection nobody handles is a fatal error: a service in an unknown state does not go on.
 */
import { type Ending, EXIT, endingOf } from './exit-code.ts';
import { createLogger, type Logger } from './logger.ts';
import type { Service } from './service.ts';

/** A whole service: what `build` makes of the environment. */
export interface RunningService extends Service {
  /** The parts that have not stopped yet, the one going on first: named when a stop takes too long. */
  describe(): string[];
  readonly logger?: Logger;
}

type Signal = 'SIGTERM' | 'SIGINT';

/** The part of Node's `process` that is used here. */
export interface ProcessSignals {
  on(event: Signal, listener: (signal: Signal) => void): unknown;
  on(event: 'uncaughtException' | 'unhandledRejection', listener: (error: unknown) => void): unknown;
  exit(code: number): void;
  readonly stderr: { write(text: string): unknown };
}

/** How a service is made and ended. `signals` is Node's process unless told; the deadline is 10 s unless told. */
export interface MainOptions {
  name: string;
  build: () => Promise<RunningService>;
  signals?: ProcessSignals;
  stopDeadlineMs?: number;
}

const STOP_DEADLINE_MS = 10_000;
const SIGNAL_EXIT: Record<Signal, number> = { SIGINT: 130, SIGTERM: 143 };

/** Runs a service until a signal ends it (R1 to R4). Resolves when it is started; exits the process in the end. */
export async function runMain(options: MainOptions): Promise<void> {
  const { name, build, stopDeadlineMs = STOP_DEADLINE_MS } = options;
  const signals: ProcessSignals = options.signals ?? process;
  let service: RunningService | undefined;
  let stopping = false;
  let ended = false;

  const logger = (): Logger =>
    service?.logger ?? createLogger({ service: name, instance: name, level: 'info' });
  const exit = (code: number): void => {
    if (ended) return;
    ended = true;
    signals.exit(code);
  };
  const fail = (ending: Ending, error: unknown): void => {
    if (ended) return;
    if (ending.unexpected) logger().fatal({ err: error }, `${name} ends because of an error`);
    signals.stderr.write(`${ending.line}\n`);
    exit(ending.code);
  };
  const onSignal = (signal: Signal): void => {
    if (stopping || service === undefined) {
      exit(stopping ? SIGNAL_EXIT[signal] : EXIT.ok);
      stopping = true;
      return;
    }
    stopping = true;
    logger().info({ signal }, 'stopping');
    void stopWithin(service, stopDeadlineMs).then(
      (hanging) => {
        if (hanging === undefined) return exit(EXIT.ok);
        const line = `${name}: not stopped within ${stopDeadlineMs} ms, hanging: ${hanging.join(', ') || 'unknown'}`;
        logger().fatal({ hanging }, 'not stopped within the deadline');
        return fail({ code: EXIT.failed, line, unexpected: false }, undefined);
      },
      (error: unknown) => fail({ ...endingOf(name, error), code: EXIT.failed, unexpected: true }, error),
    );
  };

  signals.on('SIGTERM', onSignal);
  signals.on('SIGINT', onSignal);
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    signals.on(event, (error) =>
      fail({ ...endingOf(name, error), code: EXIT.failed, unexpected: true }, error),
    );
  }

  try {
    service = await build();
    if (!stopping) await service.start();
  } catch (error) {
    if (!stopping) fail(endingOf(name, error), error);
  }
}

/** Stops a service; gives the names of what hangs if that takes longer than the deadline, undefined if not. */
async function stopWithin(service: RunningService, deadlineMs: number): Promise<string[] | undefined> {
  const deadline = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => deadline.resolve('late'), deadlineMs);
  try {
    const first = await Promise.race([service.stop(), deadline.promise]);
    return first === 'late' ? service.describe() : undefined;
  } finally {
    clearTimeout(timer);
  }
}
