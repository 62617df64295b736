// Ends connections by the thousand, in every way there is, and writes down each with its moment.
import { askBroker } from '@nova-torch/cli/own-broker';
import {
  CONNECTION_FAULTS,
  type ConnectionFault,
  createFaultProxy,
  type FaultProxy,
  type FaultSchedule,
  type PlannedFault,
  pickOne,
  runFaults,
  strikeBroker,
  strikeProxy,
  type TestBroker,
} from '@nova-torch/testing';
import { nowMs } from './held-up.ts';
import type { Strike } from './recovery.ts';
import { ownerOf } from './soak-message.ts';

/** `client-kill`: the broker ends the connection; the last three befall everybody. */
export type Disconnect = ConnectionFault | 'client-kill' | 'refuse' | 'broker-kill' | 'freeze';

export const DISCONNECT_MIX = {
  cut: { weight: 100 },
  close: { weight: 80 },
  vanish: { weight: 60 },
  'half-open': { weight: 12 },
  'late-command': { weight: 80 },
  'lose-reply': { weight: 120 },
  'cut-in-reply': { weight: 120 },
  'client-kill': { weight: 60 },
  refuse: { weight: 2, forMs: [100, 800] },
  'broker-kill': { weight: 1, forMs: [0, 500] },
  freeze: { weight: 1, forMs: [100, 3_000] },
} as const;

/** Until when a silence must have been noticed: a command's deadline, a blocked read's with its grace. */
const NOTICED_AFTER_MS = { command: 2_000, read: 2_500 };

export interface Disconnects {
  readonly proxy: FaultProxy;
  readonly strikes: readonly Strike[];
  /** Connections ended so far, by kind. */
  readonly ended: Readonly<Partial<Record<Disconnect, number>>>;
  readonly total: number;
  /** Goes on until so many connections have been ended in all. */
  until(total: number): Promise<void>;
  close(): Promise<void>;
}

export async function createDisconnects(
  broker: TestBroker,
  schedule: FaultSchedule<Disconnect>,
): Promise<Disconnects> {
  const strikes: Strike[] = [];
  const ended: Partial<Record<Disconnect, number>> = {};
  const count = (kind: Disconnect, by: number): void => {
    ended[kind] = (ended[kind] ?? 0) + by;
  };
  const proxy = await createFaultProxy({
    port: broker.port,
    onHit(kind, { name }) {
      count(kind, 1);
      const { station, purpose } = ownerOf(name);
      const atMs = nowMs();
      const noticedMs = purpose === 'main' ? NOTICED_AFTER_MS.command : NOTICED_AFTER_MS.read;
      strikes.push({
        kind,
        station,
        purpose,
        atMs,
        readyMs: kind === 'half-open' ? atMs + noticedMs : atMs,
      });
    },
  });
  let outage: Promise<void> | undefined;
  /** What befalls everybody comes one at a time. */
  const forAll = async (kind: Disconnect, connections: number, act: () => Promise<void>): Promise<void> => {
    if (outage !== undefined) return;
    const atMs = nowMs();
    count(kind, connections);
    outage = act();
    await outage.finally(() => {
      outage = undefined;
    });
    strikes.push({ kind, station: undefined, purpose: '', atMs, readyMs: nowMs() });
  };
  const strike = async ({ kind, forMs, pick }: PlannedFault<Disconnect>): Promise<void> => {
    const single = CONNECTION_FAULTS.find((known) => known === kind);
    if (single !== undefined) {
      proxy.hit(single, { name: /^station-/, pick });
    } else if (kind === 'client-kill') {
      if (outage === undefined) await killAtBroker(broker, pick, strikes, () => count(kind, 1));
    } else if (kind === 'refuse') {
      // It begins with cutting all there are, which are counted as cut.
      await forAll(kind, 0, () => strikeProxy(proxy, { kind: 'refuse', forMs }));
    } else if (kind === 'broker-kill') {
      await forAll(kind, proxy.connections.length, () => strikeBroker(broker, { kind: 'kill', forMs }));
    } else {
      await forAll(kind, 0, () => strikeBroker(broker, { kind: 'freeze', forMs }));
    }
  };
  const total = (): number => Object.values(ended).reduce((sum, number) => sum + number, 0);
  return {
    proxy,
    strikes,
    ended,
    get total() {
      return total();
    },
    async until(wanted) {
      const enough = new AbortController();
      const check = setInterval(() => total() >= wanted && enough.abort(), 5);
      await runFaults(schedule, strike, enough.signal).finally(() => clearInterval(check));
    },
    close: () => proxy.close(),
  };
}

async function killAtBroker(
  broker: TestBroker,
  pick: number,
  strikes: Strike[],
  counted: () => void,
): Promise<void> {
  try {
    const list = String(await askBroker(broker.port, ['CLIENT', 'LIST']));
    const clients = [...list.matchAll(/^id=(\d+) .*?name=(station-\S+)/gm)];
    const [, id, name = ''] = pickOne(clients, pick) ?? [];
    if (id === undefined) return;
    const atMs = nowMs();
    await askBroker(broker.port, ['CLIENT', 'KILL', 'ID', id]);
    counted();
    strikes.push({ kind: 'client-kill', ...ownerOf(name), atMs, readyMs: atMs });
  } catch {
    // Frozen or gone just now, or the client went by itself.
  }
}
