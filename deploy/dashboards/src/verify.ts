// pnpm dashboards:verify: asks every query of every panel, and every recording rule, of a real Prometheus that watches
// the real platform under a load in which all of it happens. A query that finds nothing is a failure.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SERVICES } from '@nova-torch/protocol';
import { openBroker } from '@nova-torch/streams';
import {
  type InstanceName,
  type Platform,
  type Prometheus,
  prometheusVersion,
  startPlatform,
  startPrometheus,
  type TimeSpan,
} from '@nova-torch/testing';
import { DASHBOARDS } from './generated-files.ts';
import { servePage } from './page/serve-page.ts';
import { takePictures } from './page/take-pictures.ts';
import { recordingRules, rulesFile } from './recording-rules.ts';
import { type Finding, findingOf } from './verify/findings.ts';
import { LOAD_ENVIRONMENT, runLoad } from './verify/load.ts';
import { type PanelQuery, queriesOf } from './verify/panel-queries.ts';

/** Four scrapes of a second each, as Grafana would choose. */
const WINDOW = '4s';
const STEP_S = 1;

const root = join(import.meta.dirname, '..', '..', '..');
const PICTURES = join(root, 'docs/images/dashboards');
const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '75' },
    /** A picture of each dashboard to docs/images/dashboards; needs `chromium`. */
    pictures: { type: 'boolean', default: false },
    /** Everything stays up afterwards, to look at it in a browser, until Ctrl-C. */
    stay: { type: 'boolean', default: false },
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

async function verify(version: string): Promise<boolean> {
  const seconds = Number(options.seconds);
  print(`Prometheus ${version}; starting the platform`);
  const platform = await startPlatform({
    services: INSTANCES,
    envOf: LOAD_ENVIRONMENT,
    broker: { appendonly: 'always' },
  });
  const prometheus = await startPrometheus({
    targets: INSTANCES.map((name) => ({
      address: new URL(platform.service(name).address).host,
      component: name.split('#')[0] ?? name,
    })),
    rules: [rulesFile({ intervals: false })],
  }).catch(async (error: unknown) => {
    await platform.stop();
    throw error;
  });
  try {
    const broker = await brokerFacts(platform);
    print(`${broker.kind} ${broker.version}; a load of ${seconds} s`);
    const start = Math.floor(Date.now() / 1_000);
    await runLoad(platform, seconds, print);
    const span = { start, end: Math.floor(Date.now() / 1_000) };
    const checked = await check(prometheus, span);
    for (const line of table(checked)) print(line);
    const failed = checked.filter(({ series }) => series === 0);
    print(`\n${checked.length} queries, ${failed.length} without data`);
    const shown = { prometheus: prometheus.url, span: () => span, window: WINDOW };
    if (options.pictures) {
      for (const path of await takePictures({ ...shown, out: PICTURES })) print(path);
    }
    const report = {
      ...{
        at: new Date().toISOString(),
        command: `pnpm dashboards:verify ${process.argv.slice(2).join(' ')}`.trim(),
      },
      ...{
        prometheus: version,
        node: process.version,
        broker,
        instances: INSTANCES,
        seconds,
        window: WINDOW,
      },
      ...{ queries: checked.length, without_data: failed.length },
      found: checked.map(({ expression: _, ...one }) => one),
    };
    writeFileSync(join(root, 'deploy/dashboards/verified.json'), `${JSON.stringify(report, undefined, 2)}\n`);
    if (options.stay) {
      const page = await servePage(shown);
      print(`${page.url}; Prometheus: ${prometheus.url}. Ctrl-C ends it`);
      await once(process, 'SIGINT');
      await page.close();
    }
    return failed.length === 0;
  } finally {
    await prometheus.stop();
    await platform.stop();
  }
}

const version = prometheusVersion();
if (version === undefined) print('skipped: there is no prometheus on PATH (apt-get install prometheus)');
else if (!(await verify(version))) process.exitCode = 1;
