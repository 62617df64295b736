import type { ExitFacts } from '../domain/spawn.ts';
import type { ProcessHandle, Runtime } from '../runtime/runtime.ts';

const EXIT_NEWS_MS = 1_000;

/** What the spawner sees of one spawn's process, and has heard of its agent. Nothing in it is needed after a restart. */
export class ProcessSight {
  /** The agent registered. */
  joined = false;
  /** The agent said goodbye to the registry. */
  left = false;
  /** The registry was asked, and does not know the agent. */
  askedRegistry = false;
  /** The registry was told that the process is gone. */
  reported = false;
  #handle: ProcessHandle | undefined;
  #exit: ExitFacts | undefined;
  #exited = Promise.withResolvers<void>();
  #swept: Promise<number> = Promise.resolve(0);
  #unwatch: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** The attached process, also after it has ended. */
  get handle(): ProcessHandle | undefined {
    return this.#handle;
  }

  /** How the process ended; undefined while it lives or none is attached. */
  get exit(): ExitFacts | undefined {
    return this.#exit;
  }

  get process(): 'unknown' | 'alive' | 'exited' {
    if (this.#exit) return 'exited';
    return this.#handle ? 'alive' : 'unknown';
  }

  /**
   * Attaches to a process; `onExit` is called once when it has ended. What it left behind is swept at once, whatever
   * else has to wait for the broker then.
   */
  attach(handle: ProcessHandle, runtime: Runtime, graceMs: number, onExit: () => void): void {
    this.#handle = handle;
    this.#unwatch = runtime.watch(handle, (exit) => {
      this.goneBy(exit);
      this.#swept = runtime.stop(handle, { graceMs, force: false }).then(
        ({ killed }) => killed,
        () => 0,
      );
      onExit();
    });
  }

  /** How many processes had to be ended by force when the sweep at its exit was done; what is left shows in a new one. */
  swept(): Promise<number> {
    return this.#swept;
  }

  /** Its process is gone. */
  goneBy(exit: ExitFacts): void {
    this.#exit = exit;
    this.#exited.resolve();
  }

  /** Waits for the news of an exit that has happened: the kernel's word comes a moment after the process is gone. */
  async exitNews(): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, EXIT_NEWS_MS);
    await Promise.race([this.#exited.promise, late.promise]);
    clearTimeout(timer);
  }

  /** Calls `ring` after the delay, unless another alarm is set or the sight is closed before. */
  alarm(delayMs: number, ring: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(ring, Math.max(1, delayMs));
  }

  /** Watches nothing any more; the process lives on. */
  close(): void {
    this.#unwatch?.();
    clearTimeout(this.#timer);
  }
}
