// How long it took after a fault until things went on, read from the history after the run.
import type { HistoryEvent } from '@nova-torch/testing';
import type { FaultKind, Struck } from './faults.ts';

type Of<K extends HistoryEvent['kind']> = Extract<HistoryEvent, { kind: K }>;

/** Agents that were killed, and what they held at that moment. */
export interface KilledAgents {
  readonly atMs: number;
  readonly host: string;
  readonly overHttp: boolean;
  readonly held: readonly { readonly taskId: string; readonly epoch: number }[];
}

/** A change of the active router because the former one was killed. */
export interface Takeover {
  readonly atMs: number;
  readonly ms: number;
}

/** One measured recovery. */
export interface Recovery {
  readonly atMs: number;
  readonly ms: number;
  /** Another fault that struck the broker, a router or a registry meanwhile: what it cost is in the figure. */
  readonly disturbedBy?: FaultKind;
}

/** A task of a killed agent → assigned to another agent. Tasks that ended otherwise are left out. */
export function reassignments(
  events: readonly HistoryEvent[],
  killed: readonly KilledAgents[],
  struck: readonly Struck[],
): { overHttp: Recovery[]; overStreams: Recovery[] } {
  const assigns = Map.groupBy(
    events.filter((event): event is Of<'assign'> => event.kind === 'assign'),
    ({ task_id }) => task_id,
  );
  const of = (kills: readonly KilledAgents[]) =>
    kills.flatMap(({ atMs, held }) =>
      held.flatMap(({ taskId, epoch }): Recovery[] => {
        const next = assigns.get(taskId)?.find((assign) => assign.epoch > epoch);
        if (next === undefined || next.at_ms < atMs) return [];
        return [disturbed({ atMs, ms: next.at_ms - atMs }, struck)];
      }),
    );
  const [overHttp, overStreams] = [
    killed.filter((kill) => kill.overHttp),
    killed.filter((kill) => !kill.overHttp),
  ];
  return { overHttp: of(overHttp), overStreams: of(overStreams) };
}

/** The broker is back from a fault → the first task is begun by an agent. */
export function firstDeliveries(events: readonly HistoryEvent[], struck: readonly Struck[]): Recovery[] {
  const starts = events
    .flatMap((event) => (event.kind === 'start' ? [event.at_ms] : []))
    .sort((a, b) => a - b);
  return struck
    .filter(({ kind }) => kind === 'broker-kill' || kind === 'broker-restart-empty')
    .flatMap(({ healed_at_ms }) => {
      const first = starts.find((atMs) => atMs >= (healed_at_ms ?? Number.POSITIVE_INFINITY));
      return first === undefined || healed_at_ms === undefined
        ? []
        : [{ atMs: healed_at_ms, ms: first - healed_at_ms }];
    });
}

/** Marks a recovery during which something else it needs was struck as well. */
export function disturbed<R extends Recovery>(recovery: R, struck: readonly Struck[]): R {
  const { atMs, ms } = recovery;
  const other = struck.find(
    ({ target, at_ms, healed_at_ms = Number.POSITIVE_INFINITY }) =>
      /^(broker|task-router|registry)/.test(target) &&
      at_ms !== atMs &&
      at_ms < atMs + ms &&
      healed_at_ms > atMs,
  );
  return other === undefined ? recovery : { ...recovery, disturbedBy: other.kind };
}

/** Shares of submissions, and how many the second one counts. */
export interface InTime {
  readonly all: number;
  readonly brokerThere: number;
  readonly counted: number;
}

/** Share of submissions that were accepted within `withinMs`, those left out that met a broker that was away. */
export function acceptedInTime(
  waited: readonly { readonly atMs: number; readonly ms: number | undefined }[],
  struck: readonly Struck[],
  withinMs: number,
): InTime {
  const downs = struck.filter(({ kind }) => kind.startsWith('broker-'));
  const meetsDown = (atMs: number) =>
    downs.some(
      ({ at_ms, healed_at_ms = Number.POSITIVE_INFINITY }) =>
        atMs + withinMs >= at_ms && atMs <= healed_at_ms,
    );
  const share = (list: typeof waited) =>
    list.length === 0
      ? Number.NaN
      : list.filter(({ ms = Number.POSITIVE_INFINITY }) => ms <= withinMs).length / list.length;
  const there = waited.filter(({ atMs }) => !meetsDown(atMs));
  return { all: share(waited), brokerThere: share(there), counted: there.length };
}
