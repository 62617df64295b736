// Thousands of forced disconnects under load, and whether the client library kept its promises through them.
import { createFaultSchedule, startTestBroker } from '@nova-torch/testing';
import { Samples, type Summary } from '../latency/samples.ts';
import { askBrokerFacts, type BrokerFacts, loadNow } from '../report.ts';
import { type ClientsReport, type Drained, startClients } from './clients.ts';
import { createDisconnects, DISCONNECT_MIX } from './disconnects.ts';
import { watchHeldUp, watchServer } from './held-up.ts';
import type { QuietSample } from './quiet-sample.ts';
import {
  GO_ON_WITHIN_MS,
  merged,
  type Pause,
  type Recovery,
  recoveries,
  type Stretch,
  type Strike,
  unexplainedMs,
} from './recovery.ts';
import { LATE_MS } from './station.ts';
import type { Check } from './verify.ts';

export interface SoakOptions {
  readonly disconnects: number;
  readonly seed: number;
  /** Clients with four connections each. */
  readonly stations: number;
  readonly print: (line: string) => void;
}

export interface SoakReport {
  readonly seed: number;
  readonly schedule: string;
  readonly stations: number;
  readonly load_before: number;
  readonly seconds: number;
  /**
   * How long the machine or the server was not ready, as a client that connects past the faults found it: no pause is
   * blamed on the clients then.
   */
  readonly not_ready_s: number;
  /** The longer ones of it: from, to, Unix ms. */
  readonly not_ready: readonly (readonly [number, number])[];
  /** Messages that waited longer than 2 s for whatever reason. */
  readonly waited_over_2_s: number;
  readonly disconnects: { readonly total: number; readonly by_kind: Readonly<Record<string, number>> };
  /** What must not be; every `found` is 0 when all is well. */
  readonly checks: readonly Check[];
  /** Pauses longer than 250 ms in what a station handled, from when it could go on, in ms, by the last fault. */
  readonly recoveries: Readonly<Record<string, Summary & { readonly strikes: number }>>;
  readonly before: QuietSample;
  readonly after: QuietSample;
  readonly drained: readonly Drained[];
  readonly clients: Omit<ClientsReport, 'pauses' | 'late' | 'held_up' | 'checks' | 'drained' | 'sample'>;
  readonly slowest: readonly Recovery[];
  /** The longest pauses whatever the reason, each with the faults in it. */
  readonly longest: readonly {
    readonly station: number;
    readonly from_ms: number;
    readonly ms: number;
    readonly faults: readonly string[];
  }[];
}

/** Share of the disconnects before the first count of what is held: code is compiled and caches are filled by then. */
const WARM_UP_SHARE = 0.1;
const WARM_UP_MIN = 100;
/** Sockets must not grow at all; the heap may breathe. */
const HEAP_GROWTH_MAX_KIB = 4_096;
const OBJECT_GROWTH_MAX = 300;

/** Runs the soak on a broker of its own that keeps every answered write. Rejects when it cannot be run to its end. */
export async function runSoak(options: SoakOptions): Promise<SoakReport & { broker: BrokerFacts }> {
  const { disconnects: wanted, seed, stations, print } = options;
  const load_before = loadNow();
  const startedAt = performance.now();
  const schedule = createFaultSchedule({ seed, mix: DISCONNECT_MIX, everyMs: [5, 35] });
  print(schedule.describe());
  const heldUp = watchHeldUp();
  const server = await startTestBroker({ appendonly: 'always' });
  const faults = await createDisconnects(server, schedule);
  const serverWatch = watchServer(server.url);
  try {
    const facts = await askBrokerFacts(server.url, 'always');
    const clients = await startClients(faults.proxy.url, server.url, stations);
    try {
      clients.go();
      await faults.until(Math.max(WARM_UP_MIN, Math.floor(wanted * WARM_UP_SHARE)));
      const before = await clients.quiet();
      clients.go();
      await faults.until(wanted);
      print(`${faults.total} disconnects, now everything is compared`);
      const report = await clients.finish();
      const notReady = merged([...report.held_up, ...heldUp.stretches, ...serverWatch.stretches]);
      const measured = recoveries(report.pauses, faults.strikes, notReady);
      return {
        broker: facts,
        seed,
        schedule: schedule.describe(),
        stations,
        load_before,
        seconds: Math.round((performance.now() - startedAt) / 1_000),
        disconnects: { total: faults.total, by_kind: faults.ended },
        not_ready: notReady
          .filter(({ fromMs, toMs }) => toMs - fromMs > 500)
          .map(({ fromMs, toMs }) => [Math.round(fromMs), Math.round(toMs)] as const),
        not_ready_s: Math.round(notReady.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0) / 1_000),
        checks: [
          ...report.checks,
          ...furtherChecks(report, before.sample, measured, stations),
          lateCheck(report, faults.strikes, notReady),
        ],
        waited_over_2_s: report.late.length,
        recoveries: summarise(measured, faults.strikes),
        before: before.sample,
        after: report.sample,
        drained: [before.drained, report.drained],
        clients: withoutRaw(report),
        slowest: measured.toSorted((a, b) => b.ms - a.ms).slice(0, 10),
        longest: longest(report.pauses, faults.strikes),
      };
    } finally {
      await clients.stop();
    }
  } finally {
    heldUp.stop();
    await serverWatch.stop();
    await faults.close();
    await server.stop();
  }
}

function withoutRaw(report: ClientsReport): SoakReport['clients'] {
  const { pauses, late, held_up, checks, drained, sample, ...rest } = report;
  return rest;
}

function check(what: string, found: readonly string[]): Check {
  return { what, found: found.length, first: found.slice(0, 5) };
}

function furtherChecks(
  report: ClientsReport,
  before: QuietSample,
  measured: readonly Recovery[],
  stations: number,
): Check[] {
  const promises = Object.entries(report.promises);
  const grown = (what: keyof QuietSample, max: number): string[] => {
    const by = report.sample[what] - before[what];
    return by > max ? [`${what}: ${before[what]} before, ${report.sample[what]} after`] : [];
  };
  const expected = JSON.stringify({ main: 1, 'stations consumer': 1, feeds: 1, replies: 1 });
  return [
    check(
      'promises that did not settle',
      promises
        .filter(([, { unsettled }]) => unsettled > 0)
        .map(([kind, { unsettled }]) => `${kind}: ${unsettled}`),
    ),
    check(
      'promises that settled after their deadline',
      promises
        .filter(([, { late }]) => late > 0)
        .map(([kind, { late, max_ms }]) => `${kind}: ${late}, ${max_ms} ms`),
    ),
    check(
      `stations that did not go on within ${GO_ON_WITHIN_MS} ms`,
      measured
        .filter(({ ms }) => ms > GO_ON_WITHIN_MS)
        .map(({ kind, ms, pause }) => `station ${pause.station}: ${ms} ms after ${kind}`),
    ),
    check(
      'work that was not done after the faults',
      report.drained.left.map((left) => left),
    ),
    check('growth of heap, sockets, timers, listeners or promises', [
      ...grown('heap_kib', HEAP_GROWTH_MAX_KIB),
      ...grown('sockets', 0),
      ...grown('socket_objects', 0),
      ...grown('timers', stations),
      ...grown('signals', stations),
      ...grown('promises', OBJECT_GROWTH_MAX),
      ...grown('functions', OBJECT_GROWTH_MAX),
    ]),
    check(
      'stations whose connections are not four',
      report.connections
        .map((connections) => JSON.stringify(connections))
        .filter((text) => !sameKeys(text, expected)),
    ),
    check('warnings of the process: too many listeners, unhandled rejections', report.warnings),
    check('gaps in a feed that lost nothing', Array(report.feed_gaps).fill('a gap')),
  ];
}

function lateCheck(report: ClientsReport, strikes: readonly Strike[], notReady: readonly Stretch[]): Check {
  return check(
    `messages that waited longer than ${LATE_MS} ms without a reason`,
    report.late
      .map((late) => ({ ...late, ms: unexplainedMs(late, strikes, notReady) }))
      .filter(({ ms }) => ms > LATE_MS)
      .map(({ station, n, ms, toMs, fromMs }) => `${n} at station ${station}: ${ms} of ${toMs - fromMs} ms`),
  );
}

function sameKeys(one: string, other: string): boolean {
  const sorted = (text: string): string => JSON.stringify(Object.entries(JSON.parse(text)).toSorted());
  return sorted(one) === sorted(other);
}

function longest(pauses: readonly Pause[], strikes: readonly Strike[]): SoakReport['longest'] {
  const byLength = pauses.toSorted((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs)).slice(0, 10);
  return byLength.map(({ station, fromMs, toMs }) => ({
    station,
    from_ms: Math.round(fromMs),
    ms: Math.round(toMs - fromMs),
    faults: strikes
      .filter(
        (strike) =>
          (strike.station ?? station) === station &&
          strike.atMs <= toMs &&
          Math.max(strike.atMs, strike.readyMs) >= fromMs - 100,
      )
      .map(
        ({ kind, purpose, atMs, readyMs }) =>
          `${Math.round(atMs - fromMs)}${readyMs > atMs ? `-${Math.round(readyMs - fromMs)}` : ''} ${kind} ${purpose}`,
      ),
  }));
}

function summarise(measured: readonly Recovery[], strikes: readonly Strike[]): SoakReport['recoveries'] {
  const counts = Map.groupBy(strikes, ({ kind }) => kind);
  return Object.fromEntries(
    [...Map.groupBy(measured, ({ kind }) => kind)].map(([kind, group]) => {
      const samples = new Samples();
      for (const { ms } of group) samples.add(ms);
      return [kind, { ...samples.summary, strikes: counts.get(kind)?.length ?? 0 }];
    }),
  );
}
