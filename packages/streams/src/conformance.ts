// The conformance suite: everything this package relies on in a server, and what it promises on top of it, tried on
// one server. `pnpm probe <url>` prints it; the start of every service tries the short form (probe.ts).
import { openBroker } from './broker.ts';
import { DELIVERY_CASES, WIPING_CASES } from './conformance/delivery-cases.ts';
import { type Case, playCase } from './conformance/scene.ts';
import { SERVER_CASES, TOLERATED_CASES } from './conformance/server-cases.ts';
import { errorText } from './errors.ts';
import { probeServer } from './probe.ts';

/**
 * `differs`: the server behaves otherwise, and this package copes. `skipped`: not tried, `detail` says why; it counts
 * neither for nor against the server.
 */
export type Verdict = 'passed' | 'failed' | 'differs' | 'skipped';

export interface ConformanceRow {
  /** `start`: the probe of every start. `server`: the server alone. `delivery`: this package on it. */
  readonly part: 'start' | 'server' | 'delivery';
  readonly name: string;
  readonly verdict: Verdict;
  /** What was found, or what is wrong. */
  readonly detail: string;
  readonly ms: number;
}

export interface ConformanceReport {
  /** Without user and password. */
  readonly address: string;
  readonly kind: string;
  readonly version: string;
  readonly rows: readonly ConformanceRow[];
}

export interface ConformanceOptions {
  readonly url: string;
  /** Whether every key of the server may be removed; else the cases that do are skipped. */
  readonly mayWipe?: boolean | undefined;
}

/**
 * Tries every case on one server, one after the other, on keys of their own, which are removed again. Takes a few
 * seconds. Rejects only when the server cannot be reached.
 */
export async function checkConformance({
  url,
  mayWipe = false,
}: ConformanceOptions): Promise<ConformanceReport> {
  const broker = await openBroker({ url, name: 'conformance' });
  const rows: ConformanceRow[] = [];
  try {
    const startedAt = performance.now();
    const { kind, version, checks } = await probeServer(broker);
    const ms = Math.round((performance.now() - startedAt) / Math.max(1, checks.length));
    for (const { name, ok, detail } of checks) {
      rows.push({ part: 'start', name, verdict: ok ? 'passed' : 'failed', detail, ms });
    }
    for (const [name, act] of Object.entries(SERVER_CASES)) rows.push(await play(url, 'server', name, act));
    for (const [name, { act, cope }] of Object.entries(TOLERATED_CASES)) {
      const row = await play(url, 'server', name, act);
      rows.push(
        row.verdict === 'passed' ? row : { ...row, verdict: 'differs', detail: `${row.detail}; ${cope}` },
      );
    }
    for (const [name, act] of Object.entries(DELIVERY_CASES))
      rows.push(await play(url, 'delivery', name, act));
    for (const [name, act] of Object.entries(WIPING_CASES)) {
      rows.push(mayWipe ? await play(url, 'delivery', name, act) : skippedRow(name));
    }
    return { address: broker.address, kind, version, rows };
  } finally {
    await broker.close();
  }
}

async function play(
  url: string,
  part: ConformanceRow['part'],
  name: string,
  act: Case,
): Promise<ConformanceRow> {
  const startedAt = performance.now();
  const [verdict, detail] = await playCase(url, act).then(
    (found) => ['passed', found] as const,
    (error) => ['failed', errorText(error)] as const,
  );
  return { part, name, verdict, detail, ms: Math.round(performance.now() - startedAt) };
}

const skippedRow = (name: string): ConformanceRow => ({
  ...{ part: 'delivery', name, verdict: 'skipped', ms: 0 },
  detail: 'removes every key: only on a server started for the suite',
});

/** A report as a table in Markdown, with how many cases ended how above it. */
export function conformanceTable({ kind, version, address, rows }: ConformanceReport): string {
  const count = (verdict: Verdict): number => rows.filter((row) => row.verdict === verdict).length;
  const counts = (['passed', 'failed', 'differs', 'skipped'] as const)
    .filter((verdict) => verdict === 'failed' || count(verdict) > 0)
    .map((verdict) => `${count(verdict)} ${verdict}`);
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return [
    `${kind} ${version} at ${address}: ${counts.join(', ')}`,
    '',
    '| | case | verdict | found | ms |',
    '| --- | --- | --- | --- | ---: |',
    ...rows.map(
      ({ part, name, verdict, detail, ms }) =>
        `| ${part} | ${cell(name)} | ${verdict} | ${cell(detail)} | ${ms} |`,
    ),
  ].join('\n');
}
