// One replica at a time handles messages, so that a recipient gets them in the order they were sent; the others follow
// the registry's feed and stand by.
import { createService, type Logger, type Service, type Ticker } from '@nova-torch/service-kit';

export interface TurnKeeperOptions {
  /** How long the turn stays with a replica that is silent, ms. */
  readonly ttlMs: number;
  /** Takes or keeps the turn for that long (0 gives it back); whether this replica has it. */
  hold(ttlMs: number): Promise<boolean>;
  /** Whether this replica could work if it had the turn. */
  mayWork(): boolean;
  /** What runs while it has the turn. */
  readonly work: Service;
  readonly logger: Logger;
  /** Told when this replica got the turn or lost it. */
  onChange(hasTurn: boolean): void;
  /** Makes the ticker that calls `run` every `everyMs`. */
  ticker(everyMs: number, run: () => Promise<void>): Ticker;
}

export interface TurnKeeper extends Service {
  readonly hasTurn: boolean;
  /** Looks at once whether there is something to change. */
  wake(): void;
}

/** Makes a keeper that looks three times per `ttlMs`. */
export function createTurnKeeper(options: TurnKeeperOptions): TurnKeeper {
  const { ttlMs, hold, mayWork, work, logger } = options;
  let hasTurn = false;
  let heldUntilMs = 0;

  const change = async (has: boolean): Promise<void> => {
    if (has === hasTurn) return;
    logger.info({ has_turn: has }, has ? 'handling messages now' : 'standing by');
    if (has) await work.start();
    hasTurn = has;
    options.onChange(has);
    if (!has) await work.stop();
  };
  const look = async (): Promise<void> => {
    const askedMs = performance.now();
    try {
      const held = mayWork() && (await hold(ttlMs));
      if (held) heldUntilMs = askedMs + ttlMs;
      await change(held);
    } catch (error) {
      // Another replica may have the turn by now.
      if (performance.now() > heldUntilMs) await change(false);
      throw error;
    }
  };
  const ticker = options.ticker(Math.floor(ttlMs / 3), look);
  const service = createService({
    name: 'turn keeper',
    start: () => ticker.start(),
    async stop() {
      await ticker.stop();
      const had = hasTurn;
      await change(false);
      if (had) await hold(0).catch((err) => logger.warn({ err }, 'the turn could not be given back'));
    },
  });
  return {
    start: () => service.start(),
    stop: () => service.stop(),
    wake: () => ticker.wake(),
    get hasTurn() {
      return hasTurn;
    },
  };
}
