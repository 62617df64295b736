// A real Prometheus of one's own: on loopback, with its data in a directory that is gone afterwards.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guardDirectory, guardProcess, releaseProcess } from '@nova-torch/cli/own-broker';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';

/** A process whose `/metrics` is read, as the job `nova-torch`. */
export interface PrometheusTarget {
  /** `127.0.0.1:7400`. */
  readonly address: string;
  /** The service it is, for the label of that name. */
  readonly component: string;
}

export interface PrometheusOptions {
  readonly targets: readonly PrometheusTarget[];
  /** The texts of files of rules. */
  readonly rules: readonly string[];
}

export interface PrometheusSeries {
  readonly metric: Readonly<Record<string, string>>;
  /** Unix seconds, and a number as text: `NaN` and `+Inf` too. */
  readonly values: readonly (readonly [number, string])[];
}

export interface TimeSpan {
  /** Unix seconds. */
  readonly start: number;
  readonly end: number;
}

export interface Prometheus {
  readonly url: string;
  readonly version: string;
  /** What a query found over a span, a value every `stepS` seconds. Rejects with what Prometheus says is wrong. */
  range(query: string, span: TimeSpan, stepS: number): Promise<PrometheusSeries[]>;
  /** The alerts that are pending or firing now. Rejects if it does not answer. */
  alerts(): Promise<ActiveAlert[]>;
  stop(): Promise<void>;
}

/** An alert as Prometheus tells it. */
export interface ActiveAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
}

const INTERVAL = '1s';
const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 10_000;

/** The version of the `prometheus` on PATH, or undefined where there is none. */
export function prometheusVersion(): string | undefined {
  const { stdout, stderr, status } = spawnSync('prometheus', ['--version'], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  return status === 0 ? /version (\S+)/.exec(stdout + stderr)?.[1] : undefined;
}

/** Starts it and resolves when it is ready. It reads its targets and works out its rules every second. */
export async function startPrometheus({ targets, rules }: PrometheusOptions): Promise<Prometheus> {
  const version = prometheusVersion();
  if (version === undefined) throw new Error('there is no prometheus on PATH: apt-get install prometheus');
  const home = mkdtempSync(join(tmpdir(), 'nova-torch-prometheus-'));
  guardDirectory(home);
  mkdirSync(join(home, 'data'));
  const ruleFiles = rules.map((_, index) => `rules-${index}.yml`);
  for (const [index, text] of rules.entries()) writeFileSync(join(home, `rules-${index}.yml`), text);
  const config = {
    global: { scrape_interval: INTERVAL, scrape_timeout: INTERVAL, evaluation_interval: INTERVAL },
    rule_files: ruleFiles,
    scrape_configs: [
      {
        job_name: 'nova-torch',
        static_configs: targets.map(({ address, component }) => ({
          targets: [address],
          labels: { component },
        })),
      },
    ],
  };
  // JSON is YAML.
  writeFileSync(join(home, 'prometheus.yml'), JSON.stringify(config));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(home, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(home, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.once('error', () => undefined);
  if (child.pid !== undefined) guardProcess(child.pid, 'kill');
  const url = `http://${address}`;
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await ended;
    clearTimeout(force);
    if (child.pid !== undefined) releaseProcess(child.pid);
    rmSync(home, { recursive: true, force: true });
  };
  try {
    await eventually(async () => (await fetch(`${url}/-/ready`)).ok, {
      timeoutMs: READY_WITHIN_MS,
      what: 'Prometheus ready',
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...{ url, version, stop },
    range: (query, span, stepS) => askRange(url, query, span, stepS),
    alerts: () => askAlerts(url),
  };
}

async function askRange(
  url: string,
  query: string,
  { start, end }: TimeSpan,
  stepS: number,
): Promise<PrometheusSeries[]> {
  const body = new URLSearchParams({ query, start: String(start), end: String(end), step: String(stepS) });
  const answer = await fetch(`${url}/api/v1/query_range`, {
    method: 'POST',
    body,
    signal: AbortSignal.timeout(30_000),
  });
  const { status, data, error } = (await answer.json()) as {
    status: string;
    data?: { result: PrometheusSeries[] };
    error?: string;
  };
  if (status !== 'success' || data === undefined) throw new Error(`${error}: ${query}`);
  return data.result;
}

async function askAlerts(url: string): Promise<ActiveAlert[]> {
  const answer = await fetch(`${url}/api/v1/alerts`, { signal: AbortSignal.timeout(30_000) });
  const { data } = (await answer.json()) as { data: { alerts: ActiveAlert[] } };
  return data.alerts;
}
