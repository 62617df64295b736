import { SERVICES, type ServiceStatusV1 } from '@nova-torch/protocol';

type Status = ServiceStatusV1['payload'];

/** What an instance said last, and when the broker got it. */
interface Word {
  readonly status: Status;
  readonly seenMs: number;
}

/** One instance of a service as its last words describe it. Times are Unix ms of the broker's clock. */
export interface InstanceHealth {
  service: string;
  instance: string;
  ready: boolean;
  missing: string[];
  address?: string;
  started_at_ms: number;
  seen_at_ms: number;
  load: Record<string, number>;
  /** What holds its flow back: breakers, limits, shedding; its connections to the broker. */
  flow?: NonNullable<Status['flow']>;
  /** The level of its log, while it is not the usual one. */
  log_level?: NonNullable<Status['log_level']>;
  /** What it saw of the fleet's autonomy; of active task-routers only. */
  autonomy?: NonNullable<Status['autonomy']>;
}

/** What the whole platform is ready for. `missing` is empty exactly when `status` is ok. */
export interface FleetReport {
  status: 'ok' | 'degraded';
  missing: string[];
  instances: InstanceHealth[];
}

/** An instance that was silent for so many of its periods is not there any more. */
const MISSED_MAX = 3;

/** What is known of every instance of every service, from their own reports. */
export interface FleetHealth {
  /** Takes one report; `seenMs` is when the broker got it. An older one than what is known changes nothing. */
  observe(status: Status, seenMs: number): void;
  /** Sums up at `nowMs` (the broker's clock) and forgets the instances that are gone, but which of a service fell silent last. */
  report(nowMs: number): FleetReport;
}

/** Starts with knowing nobody: the services speak within two seconds. */
export function createFleetHealth(): FleetHealth {
  const instances = new Map<string, Word>();
  const fellSilent = new Map<string, Word>();
  return {
    observe(status, seenMs) {
      fellSilent.delete(status.service);
      const key = `${status.service}/${status.instance}`;
      const known = instances.get(key);
      if (known !== undefined && known.seenMs > seenMs) return;
      if (status.stopping) instances.delete(key);
      else instances.set(key, { status, seenMs });
    },
    report(nowMs) {
      for (const [key, word] of instances) {
        const { status, seenMs } = word;
        if (nowMs - seenMs <= status.every_ms * MISSED_MAX) continue;
        instances.delete(key);
        if (seenMs >= (fellSilent.get(status.service)?.seenMs ?? 0)) fellSilent.set(status.service, word);
      }
      return summarise([...instances.values()], (service) => silenceOf(fellSilent.get(service), nowMs));
    },
  };
}

/** An instance that stops says so: one that says nothing any more was killed, hangs, or cannot reach the broker. */
function silenceOf(word: Word | undefined, nowMs: number): string {
  if (word === undefined) return 'no instance is running';
  return `nothing heard of ${word.status.instance} for ${Math.round((nowMs - word.seenMs) / 1000)} s`;
}

function summarise(known: readonly Word[], silence: (service: string) => string): FleetReport {
  const instances = known.map(toInstance).sort((a, b) => (a.instance < b.instance ? -1 : 1));
  const missing = SERVICES.flatMap((service) => {
    const own = instances.filter((one) => one.service === service);
    return own.some(({ ready }) => ready) ? [] : [`${service}: ${whatIsMissing(own) ?? silence(service)}`];
  });
  return { status: missing.length === 0 ? 'ok' : 'degraded', missing, instances };
}

/** Undefined without instances. */
function whatIsMissing(instances: readonly InstanceHealth[]): string | undefined {
  if (instances.length === 0) return undefined;
  const reasons = [...new Set(instances.flatMap((one) => one.missing))];
  return reasons.length === 0 ? 'no instance is ready' : reasons.join(', ');
}

function toInstance({ status, seenMs }: Word): InstanceHealth {
  const { service, instance, ready, missing, address, started_at_ms, load, flow, autonomy, log_level } =
    status;
  return {
    ...{ service, instance, ready, missing, started_at_ms, seen_at_ms: seenMs, load },
    ...(address !== undefined && { address }),
    ...(flow !== undefined && { flow }),
    ...(autonomy !== undefined && { autonomy }),
    ...(log_level !== undefined && { log_level }),
  };
}
