// What can happen to a broker while it runs. Each returns, or ends in, what it was before. A crash, a restart with or
// without its data and a freeze are the broker's own: kill9(), restart(), pause().
import { setTimeout as delay } from 'node:timers/promises';
import { askBroker, type BrokerAnswer } from '@nova-torch/cli/own-broker';
import type { TestBroker } from '../test-broker.ts';

/** Ends a fault. */
export type Heal = () => Promise<void>;

const ASK_DEADLINE_MS = 10_000;
/** A slow broker runs for so long at a time. */
const SLOW_TURN_MS = 5;
/** Nobody listens there, so a replica of it waits for ever. */
const NOBODY = ['127.0.0.1', '1'] as const;

function ask(broker: TestBroker, ...command: string[]): Promise<BrokerAnswer> {
  return askBroker(broker.port, command, { timeoutMs: ASK_DEADLINE_MS });
}

/** The broker has no memory left: commands that need some answer `OOM` until the returned function was called. */
export async function fillMemory(broker: TestBroker): Promise<Heal> {
  const [, before] = (await ask(broker, 'CONFIG', 'GET', 'maxmemory')) as [string, string];
  await ask(broker, 'CONFIG', 'SET', 'maxmemory', '1');
  return async () => void (await ask(broker, 'CONFIG', 'SET', 'maxmemory', before ?? '0'));
}

/**
 * The broker reads but does not write. `replica`: it follows a master that cannot be reached and answers `READONLY`,
 * ending blocked reads with `UNBLOCKED`. `no-replicas`: it misses the replicas it must have and answers `NOREPLICAS`
 * (not on Dragonfly). Until the returned function was called.
 */
export async function makeReadOnly(
  broker: TestBroker,
  how: 'replica' | 'no-replicas' = 'replica',
): Promise<Heal> {
  if (how === 'replica') {
    await ask(broker, 'REPLICAOF', ...NOBODY);
    return async () => void (await ask(broker, 'REPLICAOF', 'NO', 'ONE'));
  }
  await ask(broker, 'CONFIG', 'SET', 'min-replicas-to-write', '1');
  return async () => void (await ask(broker, 'CONFIG', 'SET', 'min-replicas-to-write', '0'));
}

/**
 * The broker gets only a share of the processor's time (0 to 1, default a tenth) for `forMs`. For an answer that is
 * merely late, delay a fault proxy instead.
 */
export async function slowDown(broker: TestBroker, forMs: number, share = 0.1): Promise<void> {
  const endsAt = performance.now() + forMs;
  const stoppedMs = SLOW_TURN_MS / share - SLOW_TURN_MS;
  while (performance.now() < endsAt) {
    await broker.pause();
    await delay(stoppedMs);
    const turnEndsAt = performance.now() + SLOW_TURN_MS;
    await broker.resume();
    await delay(Math.max(0, turnEndsAt - performance.now()));
  }
}

/** What `strikeBroker` can do. */
export type BrokerFault =
  | 'kill'
  | 'restart-empty'
  | 'freeze'
  | 'slow'
  | 'out-of-memory'
  | 'read-only'
  | 'no-replicas';

/**
 * Lets one fault of a schedule happen to the broker, and resolves when it is over: `kill` is a crash and, `forMs`
 * later, a restart with what was on disk, `restart-empty` the same with nothing; the others last for `forMs`.
 * Let only one happen at a time.
 */
export async function strikeBroker(
  broker: TestBroker,
  { kind, forMs }: { readonly kind: BrokerFault; readonly forMs: number },
): Promise<void> {
  switch (kind) {
    case 'kill':
    case 'restart-empty':
      await broker.kill9();
      await delay(forMs);
      return broker.restart({ data: kind === 'kill' ? 'keep' : 'lose' });
    case 'freeze':
      await broker.pause();
      await delay(forMs);
      return broker.resume();
    case 'slow':
      return slowDown(broker, forMs);
    case 'out-of-memory':
      return lasting(await fillMemory(broker), forMs);
    case 'read-only':
      return lasting(await makeReadOnly(broker), forMs);
    case 'no-replicas':
      return lasting(await makeReadOnly(broker, 'no-replicas'), forMs);
  }
}

async function lasting(heal: Heal, forMs: number): Promise<void> {
  await delay(forMs);
  await heal();
}
