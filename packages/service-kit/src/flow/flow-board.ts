import type { Priority, ServiceStatusV1 } from '@nova-torch/protocol';
import type { Metrics } from '../metrics.ts';
import type { ServiceMetrics } from '../service-metrics.ts';

/** `open`: nothing is let through; `half-open`: one is, to find out. */
export type BreakerState = 'closed' | 'half-open' | 'open';

/** Something bounded: how much of it is used, and how often more was refused. */
export interface LimitUse {
  readonly used: number;
  readonly max: number;
  readonly refused?: number;
}

/** What holds the flow of one process back, as its metrics and its status show it. */
export type FlowReport = Omit<NonNullable<ServiceStatusV1['payload']['flow']>, 'connections'>;

/** Where breakers, limits and shedding are made known. Names are unique; a second one takes the place of the first. */
export interface FlowBoard {
  breaker(name: string, state: () => BreakerState): void;
  limit(name: string, use: () => LimitUse): void;
  /** The priorities refused now. */
  shedding(priorities: () => readonly Priority[]): void;
  report(): FlowReport;
}

const STATE_VALUES: Record<BreakerState, number> = { closed: 0, 'half-open': 1, open: 2 };

/** An empty board; the gauges show what it is told. Once per process. */
export function createFlowBoard(metrics: Metrics, made: ServiceMetrics): FlowBoard {
  const breakers = new Map<string, () => BreakerState>();
  const limits = new Map<string, () => LimitUse>();
  let shed: () => readonly Priority[] = () => [];
  const { breakerState, limitUsed, limitMax } = made;
  metrics.measureEach(breakerState, () =>
    [...breakers].map(([breaker, state]) => [{ breaker }, STATE_VALUES[state()]] as const),
  );
  metrics.measureEach(limitUsed, () => [...limits].map(([limit, use]) => [{ limit }, use().used] as const));
  metrics.measureEach(limitMax, () => [...limits].map(([limit, use]) => [{ limit }, use().max] as const));
  return {
    breaker: (name, state) => void breakers.set(name, state),
    limit: (name, use) => void limits.set(name, use),
    shedding(priorities) {
      shed = priorities;
    },
    report: () => ({
      breakers: Object.fromEntries([...breakers].map(([name, state]) => [name, state()])),
      limits: [...limits].map(([name, use]) => ({ name, ...use() })),
      shedding: [...shed()],
    }),
  };
}
