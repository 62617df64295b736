/**
 * One contract for everything that runs: `start` and `stop` are idempotent, a stop before a start is fine, a stop
 * during a start waits for it, a start after a stop starts again, and both return when the work is done.
 */
export interface Service {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What {@link createService} makes a {@link Service} of. Neither function is called twice in a row. */
export interface ServiceBody {
  name: string;
  start(): Promise<void> | void;
  stop(): Promise<void> | void;
}

/**
 * Wraps two plain functions into a {@link Service}: calls are serialised, repeated ones do nothing. After a failed
 * `start` the service is stopped; after a failed `stop` too: nothing more can be done about it here, it is thrown.
 */
export function createService(body: ServiceBody): Service & { readonly name: string } {
  let running = false;
  let last: Promise<void> = Promise.resolve();
  const enqueue = (step: () => Promise<void>): Promise<void> => {
    const done = last.then(step);
    last = done.catch(() => undefined);
    return done;
  };

  return {
    name: body.name,
    start: () =>
      enqueue(async () => {
        if (running) return;
        await body.start();
        running = true;
      }),
    stop: () =>
      enqueue(async () => {
        if (!running) return;
        running = false;
        await body.stop();
      }),
  };
}

/** Services that start in this order and stop in the reverse one; the names are for people. */
export type NamedServices = ReadonlyArray<readonly [name: string, service: Service]>;

/** Starts services one after the other. If one fails, those already started are stopped and the error is thrown. */
export async function startAll(services: NamedServices): Promise<void> {
  const started: Array<readonly [string, Service]> = [];
  for (const [name, service] of services) {
    started.push([name, service]);
    try {
      await service.start();
    } catch (error) {
      await stopAll(started);
      throw error;
    }
  }
}

/** What became of a `stopAll`: services whose stop threw. */
export interface StopReport {
  failed: Array<{ name: string; error: unknown }>;
}

/**
 * Stops services in reverse order. One that throws does not keep the others from stopping: it is reported.
 * `onProgress` is told the name of each before its stop, so that a caller with a deadline knows what hangs.
 */
export async function stopAll(
  services: NamedServices,
  onProgress?: (name: string) => void,
): Promise<StopReport> {
  const report: StopReport = { failed: [] };
  for (const [name, service] of [...services].reverse()) {
    onProgress?.(name);
    try {
      await service.stop();
    } catch (error) {
      report.failed.push({ name, error });
    }
  }
  return report;
}
