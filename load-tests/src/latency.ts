// pnpm bench:latency: how long things take on the real services, each a process, at a load that does not wait for them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guardDirectory } from '@nova-torch/cli/own-broker';
import { NovaClient } from '@nova-torch/client';
import { openBroker } from '@nova-torch/streams';
import { scriptOptions, startPlatform } from '@nova-torch/testing';
import { besideBullMq, describeBeside } from './latency/beside-bullmq.ts';
import { httpHosts, spawnedHosts, unwatchedHosts } from './latency/hosts.ts';
import { measureMessages } from './latency/messages.ts';
import type { Finding, Scene } from './latency/scenario.ts';
import { measureSpawns } from './latency/spawns.ts';
import { measureTakeovers } from './latency/takeovers.ts';
import { measureTasks } from './latency/tasks.ts';
import { askBrokerFacts, loadNow, print, RESULTS, writeReport } from './report.ts';

const { values } = scriptOptions({
  name: 'pnpm bench:latency',
  about: 'How long things take on the real services, each a process, at a load that does not wait for them.',
  options: {
    rates: { about: 'tasks a second, comma-separated', default: '200,1000' },
    seconds: { about: 'how long each rate goes on', default: 10 },
    times: { about: 'spawns and takeovers of each kind', default: 10 },
    'unwatched-times': { about: 'takeovers of agents that nobody watches', default: 3 },
    rounds: { about: 'of the comparison with BullMQ', default: 3 },
    'bullmq-rate': { about: 'tasks a second in that comparison', default: 1_000 },
    'bullmq-concurrency': { about: 'jobs its Worker runs at the same time', default: 100 },
    only: { about: 'tasks, bullmq, messages, spawns, takeovers; comma-separated, default all' },
    out: { about: 'where the results go', default: RESULTS },
  },
});
const { seconds, times, 'unwatched-times': unwatchedTimes } = values;
const rates = values.rates.split(',').map((rate) => ({ perSecond: Number(rate), seconds }));
const TEMPLATE = 'sleeper';
const [SPAWNED, HTTP, UNWATCHED] = ['sleeping', 'held-over-http', 'held-over-streams'];

type Scenario = (scene: Scene) => Promise<Finding>;

const scenarios: Record<string, readonly Scenario[]> = {
  tasks: rates.flatMap((rate): Scenario[] => [
    (scene) => measureTasks(scene, 'over streams', rate),
    (scene) => measureTasks(scene, 'POST /v1/tasks', rate),
  ]),
  bullmq: besideBullMq({
    rounds: values.rounds,
    rate: { perSecond: values['bullmq-rate'], seconds },
    concurrency: values['bullmq-concurrency'],
  }),
  messages: [(scene) => measureMessages(scene, seconds)],
  spawns: [(scene) => measureSpawns(scene, TEMPLATE, times)],
  takeovers: [
    (scene) =>
      measureTakeovers(scene, {
        what: 'agent host killed → its task started by another, host of the spawner',
        goal: '≤ 5 s',
        times,
        skill: SPAWNED,
        startHost: spawnedHosts(scene, TEMPLATE),
      }),
    (scene) =>
      measureTakeovers(scene, {
        what: 'the same, agent over HTTP (its connection closes)',
        goal: '≤ 5 s',
        times,
        skill: HTTP,
        startHost: httpHosts(scene, HTTP),
      }),
    (scene) =>
      measureTakeovers(scene, {
        what: 'the same, agent on the streams that nobody watches (heartbeats stop)',
        goal: 'one heartbeat window, 15 s',
        times: unwatchedTimes,
        skill: UNWATCHED,
        startHost: unwatchedHosts(scene, UNWATCHED),
      }),
  ],
};
const chosen = values.only?.split(',') ?? Object.keys(scenarios);

function show({ what, goal, samples }: Finding, load: number): void {
  const { count, p50, p99, max } = samples.summary;
  const figures = [p50, p99, max].map((ms) => ms.toFixed(ms < 100 ? 2 : 0)).join(' | ');
  print(`| ${what} | ${figures} | ${count} | ${goal} | ${load} |`);
}

const files = mkdtempSync(join(tmpdir(), 'nova-bench-'));
guardDirectory(files);
const templates = join(files, 'templates.yaml');
const sleeper = {
  name: TEMPLATE,
  role: 'developer',
  skills: [SPAWNED],
  command: ['sleep', '600'],
  max_instances: 50,
  stop_grace_s: 0,
};
writeFileSync(templates, JSON.stringify({ templates: [sleeper] }));
const platform = await startPlatform({ envOf: { spawner: { NOVA_TEMPLATES: templates } } });
try {
  const broker = await openBroker({ url: platform.brokerUrl, name: 'bench-latency' });
  const client = new NovaClient({ baseUrl: platform.gatewayUrl, key: platform.adminKey });
  const facts = await askBrokerFacts(platform.brokerUrl);
  print(
    `${facts.kind} ${facts.version} without persistence, all five services as processes, load ${loadNow()}\n`,
  );
  print(
    '| what (ms) | p50 | p99 | max | samples | goal | load before |\n| --- | ---: | ---: | ---: | ---: | --- | ---: |',
  );
  const findings: object[] = [];
  const measured: Finding[] = [];
  for (const name of chosen) {
    for (const measureScenario of scenarios[name] ?? []) {
      const load = loadNow();
      try {
        const finding = await measureScenario({ platform, client, broker });
        show(finding, load);
        measured.push(finding);
        const { what, goal, samples, contender, notes } = finding;
        const ms = samples.summary;
        findings.push({ what, goal, contender, load_before: load, ms, notes, raw_ms: samples.values });
      } catch (error) {
        // The others are worth having all the same.
        process.exitCode = 1;
        const why = error instanceof Error ? error.message : String(error);
        print(`| ${name} could not be measured: ${why} | | | | | | ${load} |`);
        findings.push({ what: name, load_before: load, failed: why });
      }
    }
  }
  for (const line of describeBeside(measured)) print(line);
  await broker.close();
  print(`\n${writeReport('latency', facts, values.out, { rates, findings })}`);
} finally {
  await platform.stop();
  rmSync(files, { recursive: true, force: true });
}
