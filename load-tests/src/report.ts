// What every measurement writes down beside its figures, and where.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { openBroker } from '@nova-torch/streams';

export const RESULTS = join(import.meta.dirname, '../results');

export interface BrokerFacts {
  readonly kind: string;
  readonly version: string;
  readonly pid: number | undefined;
  /** `always`: every write is on disk before it is answered. */
  readonly persistence: 'none' | 'always';
}

/** One line to the terminal. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What the broker says about itself. `pid` only when it runs on this machine. */
export async function askBrokerFacts(
  url: string,
  persistence: BrokerFacts['persistence'] = 'none',
): Promise<BrokerFacts> {
  const broker = await openBroker({ url, name: 'bench-facts' });
  try {
    const { kind, version } = broker.status();
    const pid = Number(/process_id:(\d+)/.exec(String(await broker.call('INFO', 'server')))?.[1]);
    return { kind, version, pid: Number.isNaN(pid) ? undefined : pid, persistence };
  } finally {
    await broker.close();
  }
}

/** The load of the machine before a measurement: everything above 0 is somebody else's. */
export const loadNow = (): number => Math.round((loadavg()[0] ?? 0) * 100) / 100;

export function machineFacts() {
  return {
    cores: cpus().length,
    model: cpus()[0]?.model ?? 'unknown',
    memory_gib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    commit: commitNow(),
  };
}

function commitNow(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      encoding: 'utf8',
      cwd: import.meta.dirname,
    }).trim();
  } catch {
    return 'unknown';
  }
}

/** Writes a report as JSON under a name that tells what, on which broker and when; returns the path. */
export function writeReport(
  what: string,
  broker: BrokerFacts | undefined,
  out: string,
  report: object,
): string {
  mkdirSync(out, { recursive: true });
  const at = new Date().toISOString();
  const file = join(
    out,
    `${broker === undefined ? what : `${what}-${broker.kind}`}-${at.slice(0, 19).replaceAll(':', '')}.json`,
  );
  const command = `node --conditions=source load-tests/src/${process.argv[1]?.split('/').at(-1)} ${process.argv.slice(2).join(' ')}`;
  const facts = { command: command.trim(), at, broker, machine: machineFacts() };
  writeFileSync(file, `${JSON.stringify({ ...facts, ...report }, null, 2)}\n`);
  return file;
}
