// What befalls a platform in a chaos run, and whom: a schedule that a seed decides.
import { setTimeout as delay } from 'node:timers/promises';
import { SERVICES } from '@nova-torch/protocol';
import {
  type BrokerFault,
  type FaultProxy,
  type FaultShare,
  type InstanceName,
  type PlannedFault,
  type Platform,
  type ProxyFault,
  pickOne,
  stopProcess,
  strikeBroker,
  strikeProxy,
} from '@nova-torch/testing';
import type { AgentHost } from './agent-hosts.ts';

export type FaultKind =
  | 'router-kill'
  | 'service-kill'
  | 'service-freeze'
  | 'agents-kill'
  | 'agents-freeze'
  | `net-${ProxyFault}`
  | `broker-${BrokerFault}`;

const MOMENT: readonly [number, number] = [300, 2_000];
const WHILE: readonly [number, number] = [1_000, 5_000];

/**
 * Every kind of fault. Freezes go up to 30 s for agents; those of services and of the broker are shorter, so that a
 * run has time for many.
 */
export const MIX = {
  'router-kill': { weight: 3, forMs: MOMENT },
  'service-kill': { weight: 5, forMs: MOMENT },
  'service-freeze': { weight: 3, forMs: [1_000, 10_000] },
  'agents-kill': { weight: 4, forMs: MOMENT },
  'agents-freeze': { weight: 2, forMs: [1_000, 30_000] },
  'net-cut': { weight: 2 },
  'net-close': { weight: 1 },
  'net-vanish': { weight: 1 },
  'net-half-open': { weight: 1 },
  'net-lose-reply': { weight: 2 },
  'net-cut-in-reply': { weight: 1 },
  'net-delay': { weight: 1, forMs: WHILE },
  'net-throttle': { weight: 1, forMs: WHILE },
  'net-silence': { weight: 1, forMs: WHILE },
  'net-refuse': { weight: 1, forMs: WHILE },
  'broker-kill': { weight: 1, forMs: MOMENT },
  'broker-freeze': { weight: 0.5, forMs: MOMENT },
  'broker-slow': { weight: 0.5, forMs: WHILE },
  'broker-out-of-memory': { weight: 0.5, forMs: MOMENT },
  'broker-read-only': { weight: 0.5, forMs: MOMENT },
  'broker-no-replicas': { weight: 0.5, forMs: MOMENT },
  'broker-restart-empty': { weight: 0.25, forMs: MOMENT },
} as const satisfies Partial<Record<FaultKind, FaultShare>>;
export type MixedKind = keyof typeof MIX;
export type FaultMix = Readonly<Partial<Record<MixedKind, FaultShare>>>;

/** Those of the mix whose names begin with one of these; all without, none for `none`. Throws when one chooses nothing. */
export function chooseFaults(beginnings: readonly string[] | undefined): FaultMix {
  if (beginnings === undefined) return MIX;
  if (beginnings.includes('none')) return {};
  const kinds = Object.keys(MIX) as MixedKind[];
  for (const beginning of beginnings)
    if (!kinds.some((kind) => kind.startsWith(beginning)))
      throw new RangeError(`${beginning} begins no kind of fault: ${kinds.join(', ')}`);
  const chosen = kinds.filter((kind) => beginnings.some((beginning) => kind.startsWith(beginning)));
  return Object.fromEntries(chosen.map((kind) => [kind, MIX[kind]]));
}

/** A fault as it happened. */
export interface Struck {
  readonly kind: FaultKind;
  readonly target: string;
  readonly at_ms: number;
  /** When what it struck was whole again; undefined while it is not. */
  healed_at_ms?: number;
}

export interface ChaosWorld {
  readonly platform: Platform;
  readonly instances: readonly InstanceName[];
  readonly hosts: readonly AgentHost[];
  /** The way to the broker of each instance and of each host that has one, by name. */
  readonly proxies: ReadonlyMap<string, FaultProxy>;
  /** Which instance is the active router. */
  activeRouter(): Promise<InstanceName | undefined>;
  /** Told when a fault begins. */
  onStruck(fault: Struck): void;
}

/** What was killed must be back within this. */
const START_WITHIN_MS = 180_000;
const BROKER = 'broker';

/** Lets faults happen, and knows who suffers from one: nobody gets two, and one replica of each service is spared. */
export class Striker {
  readonly struck: Struck[] = [];
  /** Faults that found nobody to strike. */
  skipped = 0;
  readonly #world: ChaosWorld;
  readonly #suffering = new Set<string>();

  constructor(world: ChaosWorld) {
    this.#world = world;
  }

  /** Resolves when it is over. */
  async strike({
    kind,
    forMs,
    pick,
  }: Pick<PlannedFault<FaultKind>, 'kind' | 'forMs' | 'pick'>): Promise<void> {
    const target = pickOne(await this.#candidates(kind), pick);
    if (target === undefined || this.#suffering.has(target)) {
      this.skipped += 1;
      return;
    }
    const fault: Struck = { kind, target, at_ms: Date.now() };
    this.struck.push(fault);
    this.#suffering.add(target);
    try {
      this.#world.onStruck(fault);
      await this.#happen(kind, target, forMs);
    } catch (cause) {
      throw new Error(`${kind} of ${target} at ${new Date(fault.at_ms).toISOString()}`, { cause });
    } finally {
      fault.healed_at_ms = Date.now();
      this.#suffering.delete(target);
    }
  }

  async #candidates(kind: FaultKind): Promise<string[]> {
    const { hosts, proxies } = this.#world;
    if (kind.startsWith('broker-')) return [BROKER];
    if (kind.startsWith('agents-'))
      return hosts.map(({ name }) => name).filter((name) => !this.#suffering.has(name));
    if (kind === 'router-kill') {
      const active = await this.#world.activeRouter();
      return active === undefined ? [] : this.#spared([active]);
    }
    if (kind.startsWith('service-')) return this.#spared(this.#world.instances);
    return [...this.#spared(this.#world.instances), ...hosts.map(({ name }) => name)].filter((name) =>
      proxies.has(name),
    );
  }

  /** Of these, the instances of services that keep a whole replica. */
  #spared(instances: readonly InstanceName[]): string[] {
    const full = SERVICES.filter((service) => {
      const replicas = this.#world.instances.filter((name) => name.split('#')[0] === service);
      return replicas.filter((name) => !this.#suffering.has(name)).length <= 1;
    });
    return instances.filter(
      (name) => !this.#suffering.has(name) && !full.some((service) => service === name.split('#')[0]),
    );
  }

  async #happen(kind: FaultKind, target: string, forMs: number): Promise<void> {
    const { platform, hosts, proxies } = this.#world;
    const host = hosts.find(({ name }) => name === target);
    const proxy = proxies.get(target);
    switch (kind) {
      case 'router-kill':
      case 'service-kill':
        await platform.kill9(target as InstanceName);
        await delay(forMs);
        return startAgain(() => platform.restart(target as InstanceName));
      case 'service-freeze': {
        const { pid } = platform.service(target as InstanceName);
        if (pid !== undefined) await stopProcess(pid, forMs);
        return;
      }
      case 'agents-kill':
        await host?.kill9();
        await delay(forMs);
        return host?.start();
      case 'agents-freeze':
        return host?.freeze(forMs);
      default:
        if (kind.startsWith('broker-'))
          return strikeBroker(platform.broker, { kind: kind.slice('broker-'.length) as BrokerFault, forMs });
        if (proxy) await strikeProxy(proxy, { kind: kind.slice('net-'.length) as ProxyFault, forMs });
    }
  }
}

/** A start while the broker is away may fail, as anywhere; whoever keeps services running starts them again. */
async function startAgain(start: () => Promise<void>): Promise<void> {
  for (const startedAt = performance.now(); ; ) {
    try {
      return await start();
    } catch (error) {
      if (performance.now() - startedAt > START_WITHIN_MS) throw error;
    }
  }
}
