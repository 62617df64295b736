// pnpm dashboards:verify: asks every query of every panel, and every recording rule, of a real Prometheus that watches
// the real platform under a load in which all of it happens. A query that finds nothing is a failure.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES } from '@nova-torch/protocol';
import { openBroker } from '@nova-torch/streams';
import {
  type InstanceName,
  type Platform,
  type Prometheus,
  prometheusVersion,
  scriptOptions,
  startPlatform,
  startPrometheus,
  type TimeSpan,
} from '@nova-torch/testing';
import { DASHBOARDS } from './generated-files.ts';
import { type PageOptions, servePage } from './page/serve-page.ts';
import { takePictures } from './page/take-pictures.ts';
import { recordingRules, rulesFile } from './recording-rules.ts';
import { type Finding, findingOf } from './verify/findings.ts';
import { LOAD_ENVIRONMENT, underLoad } from './verify/load.ts';
import { type PanelQuery, queriesOf } from './verify/panel-queries.ts';

/** Four scrapes of a second each, as Grafana would choose. */
const WINDOW = '4s';
const STEP_S = 1;

const root = join(import.meta.dirname, '..', '..', '..');
const PICTURES = join(root, 'docs/images/dashboards');
const { values: options } = scriptOptions({
  name: 'pnpm dashboards:verify',
  about: 'Asks every query of every panel of a real Prometheus that watches the real platform under load.',
  options: {
    seconds: { about: 'how long the load goes on', default: 75 },
    pictures: {
      about: 'a picture of each dashboard to docs/images/dashboards; needs chromium',
      default: false,
    },
    stay: { about: 'everything stays up afterwards, to look at it, until Ctrl-C', default: false },
  },
});

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

type Checked = PanelQuery & Finding;

async function check(prometheus: Prometheus, span: TimeSpan): Promise<Checked[]> {
  const ofPanels = DASHBOARDS.flatMap((dashboard) => queriesOf(dashboard, WINDOW));
  const ofRules = recordingRules().map(({ record }) => ({
    dashboard: 'recording.rules.yml',
    panel: record,
    legend: '',
    expression: record,
  }));
  const checked: Checked[] = [];
  for (const query of [...ofPanels, ...ofRules]) {
    checked.push({ ...query, ...findingOf(await prometheus.range(query.expression, span, STEP_S)) });
  }
  return checked;
}

/** A line for each panel: its queries, the series they found, those among them that say `none`, the largest number. */
function table(checked: readonly Checked[]): string[] {
  const panels = Map.groupBy(checked, ({ dashboard, panel }) => `${dashboard} | ${panel}`);
  const rows = [...panels].map(([name, queries]) => {
    const sum = (pick: (one: Checked) => number): number => queries.reduce((all, one) => all + pick(one), 0);
    const most = queries
      .flatMap(({ most }) => most ?? [])
      .reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const missing = queries.filter(({ series }) => series === 0).map(({ legend }) => `NO DATA ${legend}`);
    const sample = Number.isFinite(most) ? Number(most.toPrecision(3)) : '';
    return `| ${name} | ${queries.length} | ${sum((one) => one.series)} | ${sum((one) => one.none)} | ${sample} | ${missing.join(', ')}`;
  });
  return [
    '| dashboard | panel | queries | series | none | largest |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ];
}

async function brokerFacts(platform: Platform): Promise<{ kind: string; version: string }> {
  const broker = await openBroker({ url: platform.brokerUrl, name: 'dashboards-verify' });
  const { kind, version } = broker.status();
  await broker.close();
  return { kind, version };
}

const INSTANCES: readonly InstanceName[] = [...SERVICES, 'task-router#2'];

interface Run {
  readonly platform: Platform;
  readonly prometheus: Prometheus;
}

/** Loads the platform, and asks everything while the load goes on. Whether every query found something. */
async function verify({ platform, prometheus }: Run): Promise<boolean> {
  const seconds = options.seconds;
  const broker = await brokerFacts(platform);
  print(`${broker.kind} ${broker.version}; a load of ${seconds} s`);
  const start = Math.floor(Date.now() / 1_000);
  const { span, checked } = await underLoad(platform, {
    seconds,
    say: print,
    async look() {
      const seen = { start, end: Math.floor(Date.now() / 1_000) };
      return { span: seen, checked: await check(prometheus, seen) };
    },
  });
  for (const line of table(checked)) print(line);
  const missing = checked.filter(({ series }) => series === 0);
  print(`\n${checked.length} queries, ${missing.length} without data`);
  const report = {
    at: new Date().toISOString(),
    command: `pnpm dashboards:verify ${process.argv.slice(2).join(' ')}`.trim(),
    ...{ prometheus: prometheus.version, node: process.version, broker, instances: INSTANCES },
    ...{ seconds, window: WINDOW, queries: checked.length, without_data: missing.length },
    found: checked.map(({ expression: _, ...one }) => one),
  };
  writeFileSync(join(root, 'deploy/dashboards/verified.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  await show({ prometheus: prometheus.url, span: () => span, window: WINDOW });
  return missing.length === 0;
}

/** Pictures, and the page, as far as they were asked for. */
async function show(shown: PageOptions): Promise<void> {
  if (options.pictures) for (const path of await takePictures({ ...shown, out: PICTURES })) print(path);
  if (!options.stay) return;
  const page = await servePage(shown);
  print(`${page.url}; Prometheus: ${shown.prometheus}. Ctrl-C ends it`);
  await once(process, 'SIGINT');
  await page.close();
}

async function run(): Promise<boolean> {
  const platform = await startPlatform({
    services: INSTANCES,
    envOf: LOAD_ENVIRONMENT,
    broker: { appendonly: 'always' },
  });
  try {
    const prometheus = await startPrometheus({
      targets: INSTANCES.map((name) => ({
        address: new URL(platform.service(name).address).host,
        component: name.split('#')[0] ?? name,
      })),
      rules: [rulesFile({ intervals: false })],
    });
    try {
      return await verify({ platform, prometheus });
    } finally {
      await prometheus.stop();
    }
  } finally {
    await platform.stop();
  }
}

const version = prometheusVersion();
if (version === undefined) print('skipped: there is no prometheus on PATH (apt-get install prometheus)');
else {
  print(`Prometheus ${version}; starting the platform`);
  if (!(await run())) process.exitCode = 1;
}
