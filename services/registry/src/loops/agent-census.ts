import { AGENT_STATUSES } from '@nova-torch/protocol';
import {
  boundNames,
  createTicker,
  type Metrics,
  type Series,
  type Ticker,
  type TickerOptions,
} from '@nova-torch/service-kit';
import type { RegistryDeps } from '../consumers/deps.ts';
import { type Census, countAgent, newCensus, type RoleCensus } from '../domain/census.ts';

const EVERY_MS = 5_000;
/** Records read in one step: the broker and this process do other things in between. */
const PAGE = 256;

/** Reads every record once, a page at a time. */
export async function takeCensus({ store }: Pick<RegistryDeps, 'store'>): Promise<Census> {
  const census = newCensus();
  let after = '';
  for (;;) {
    const ids = await store.readIds(after, PAGE);
    for (const agent of await store.read(ids)) if (agent !== undefined) countAgent(census, agent);
    const last = ids.at(-1);
    if (last === undefined || ids.length < PAGE) return census;
    after = last;
  }
}

/** Counts the agents there are records of, every few seconds, for the gauges: those show the census taken last. */
export function createAgentCensus(
  deps: Pick<RegistryDeps, 'store' | 'metrics' | 'serverNowMs'>,
  metrics: Metrics,
  ticking: Pick<TickerOptions, 'logger' | 'clock' | 'metrics'>,
): Ticker {
  let census: Census | undefined;
  let oldestS = 0;
  const { agents, slots, oldestHeartbeat } = deps.metrics;
  metrics.measureEach(agents, () =>
    sumUp(census, ({ byStatus }) => AGENT_STATUSES.map((status) => [status, byStatus.get(status) ?? 0])).map(
      ({ role, name: status, value }) => [{ role, status }, value] as const,
    ),
  );
  metrics.measureEach(slots, () =>
    sumUp(census, ({ used, free }) => [
      ['used', used],
      ['free', free],
    ]).map(({ role, name: state, value }): Series<'role' | 'state'> => [{ role, state }, value]),
  );
  metrics.measure(oldestHeartbeat, () => oldestS);
  return createTicker({
    ...{ ...ticking, name: 'agent-census', everyMs: EVERY_MS, jitter: 0.2 },
    async run() {
      census = await takeCensus(deps);
      const heardMs = census.oldestHeardMs;
      oldestS = heardMs === undefined ? 0 : Math.max(0, deps.serverNowMs() - heardMs) / 1000;
    },
  });
}

type Counted = readonly (readonly [name: string, value: number])[];

/** Adds up what is counted of each role, those beyond the bound as one. */
function sumUp(
  census: Census | undefined,
  countsOf: (role: RoleCensus) => Counted,
): { readonly role: string; readonly name: string; readonly value: number }[] {
  if (census === undefined) return [];
  const called = boundNames(new Map([...census.roles].map(([role, { total }]) => [role, total])));
  const sums = new Map<string, { readonly role: string; readonly name: string; value: number }>();
  for (const [role, counts] of census.roles) {
    for (const [name, value] of countsOf(counts)) {
      const key = `${called(role)} ${name}`;
      const sum = sums.get(key) ?? { role: called(role), name, value: 0 };
      sum.value += value;
      sums.set(key, sum);
    }
  }
  return [...sums.values()];
}
