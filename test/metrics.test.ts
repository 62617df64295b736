// What the platform exports is what packages/metrics says: scraped from every service while tasks succeed, fail and are
// tried again, messages are sent and agents are spawned.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, gatewayTransport } from '@nova-torch/agent-sdk';
import { NovaClient } from '@nova-torch/client';
import {
  BROKER_METRICS,
  COLLABORATION_METRICS,
  GATEWAY_METRICS,
  JOURNAL_METRICS,
  LLM_METRICS,
  METRIC_TABLES,
  type MetricDefinition,
  type MetricTable,
  PROCESS_METRICS,
  REGISTRY_METRICS,
  ROUTER_METRICS,
  SERVICE_METRICS,
  SPAWNER_METRICS,
  STREAM_DEPTH_METRICS,
  STREAM_METRICS,
  TASK_METRICS,
} from '@nova-torch/metrics';
import { SERVICES, type ServiceName } from '@nova-torch/protocol';
import { eventually, type Platform, startPlatform } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningAgent, startAgent } from './support/agents.ts';
import { type Exposition, readExposition, seriesValue } from './support/exposition.ts';

const OF_SERVICE: Readonly<Record<ServiceName, readonly MetricTable[]>> = {
  registry: [REGISTRY_METRICS, STREAM_DEPTH_METRICS],
  'task-router': [TASK_METRICS, ROUTER_METRICS, STREAM_DEPTH_METRICS],
  spawner: [SPAWNER_METRICS, STREAM_DEPTH_METRICS],
  collaboration: [COLLABORATION_METRICS, STREAM_DEPTH_METRICS],
  // It reads no work stream with a group of its name.
  gateway: [GATEWAY_METRICS, JOURNAL_METRICS],
};
const OF_ALL = [STREAM_METRICS, BROKER_METRICS, SERVICE_METRICS, PROCESS_METRICS];

const definitions = new Map<string, MetricDefinition>(
  METRIC_TABLES.flatMap(({ metrics }) => Object.values(metrics).map((one) => [one.name, one] as const)),
);
const namesOf = (tables: readonly MetricTable[]): string[] =>
  tables.flatMap((table) => Object.values(table).map(({ name }) => name));

/** Labels nobody's table has: the service is put on by each process, `le` belongs to histograms. */
const OWN_LABELS = ['service', 'le'];
const LABEL_VALUES_MAX = 50;
const ID = /^[a-z]+-\d+-[0-9a-f]{8}|[0-9a-f]{8}-[0-9a-f]{4}-|[0-9a-f]{16}/;

describe('the metrics of the platform', { timeout: 120_000 }, () => {
  let platform: Platform;
  let directory: string;
  const agents: RunningAgent[] = [];
  let listener: Agent;
  const texts = new Map<ServiceName, string>();
  const scraped = new Map<ServiceName, Exposition>();

  const scrape = async (service: ServiceName): Promise<string> =>
    (await fetch(`${platform.service(service).address}/metrics`)).text();

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'nova-torch-metrics-'));
    const file = join(directory, 'templates.yaml');
    writeFileSync(file, JSON.stringify({ templates: [TEMPLATE] }));
    platform = await startPlatform({ envOf: { spawner: { NOVA_TEMPLATES: file } } });
    const command = ['sh', '-c', WORK];
    agents.push(await startAgent(platform, { skills: ['work'], capacity: 2, command }));
    agents.push(await startAgent(platform, { skills: ['work'], capacity: 2, command, overHttp: true }));
    listener = new Agent({
      ...{ role: 'listener', skills: ['listen'] },
      connect: gatewayTransport({ apiUrl: platform.gatewayUrl, adminKey: platform.adminKey }),
    });
    listener.onTask(() => ({})).onMessage(() => undefined);
    await listener.start();
    await load(platform, listener.agentId ?? '');
    await eventually(
      async () => {
        const [registry = '', collaboration, spawner] = await Promise.all(
          (['registry', 'collaboration', 'spawner'] as const).map(scrape),
        );
        expect(spawner).toMatch(/^nova_torch_spawner_spawns\{template="helper",state="running",.*\} 1$/m);
        // Two slots of each agent, and one of what was spawned.
        expect(registry).toMatch(/^nova_torch_agent_slots\{role="developer",state="free",.*\} 5$/m);
        expect(registry).toMatch(/^nova_torch_agent_heartbeat_interval_seconds_count\{.*\} [1-9]/m);
        expect(collaboration).toMatch(/^nova_torch_collaboration_delivery_delay_seconds_count\{.*\} [1-9]/m);
      },
      { timeoutMs: 30_000 },
    );
    for (const service of SERVICES) {
      const text = await scrape(service);
      texts.set(service, text);
      scraped.set(service, readExposition(text));
    }
  }, 120_000);
  afterAll(async () => {
    await Promise.all([listener?.stop(), ...agents.map((agent) => agent.stop())]);
    await platform?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const of = (service: ServiceName): Exposition => scraped.get(service) ?? new Map();

  it.each(SERVICES)('%s exports what the tables say it does, and nothing else of ours', (service) => {
    const exported = [...of(service).keys()];
    const expected = namesOf([...OF_SERVICE[service], ...OF_ALL]);
    expect(expected.filter((name) => !exported.includes(name))).toEqual([]);
    expect(exported.filter((name) => name.startsWith('nova_torch_') && !expected.includes(name))).toEqual([]);
  });

  it('metrics of a model are of a router that has one', () => {
    expect([...of('task-router').keys()]).not.toContain(LLM_METRICS.analyses.name);
  });

  it.each(SERVICES)('%s: type, help and labels are those of the tables', (service) => {
    for (const [name, { type, help, series }] of of(service)) {
      const definition = definitions.get(name);
      if (definition === undefined || !name.startsWith('nova_torch_')) continue;
      expect({ name, type, help }).toEqual({ name, type: definition.type, help: definition.help });
      for (const { labels } of series) {
        const own = Object.keys(labels).filter((label) => !OWN_LABELS.includes(label));
        expect(own.sort(), name).toEqual([...definition.labels].sort());
      }
    }
  });

  it('no value of a label is an id, and no label has many', () => {
    for (const [service, exposition] of scraped) {
      for (const [name, { series }] of exposition) {
        const values = new Map<string, Set<string>>();
        for (const { labels } of series) {
          for (const [label, value] of Object.entries(labels)) {
            values.set(label, (values.get(label) ?? new Set()).add(value));
            expect(value, `${service}: ${name}{${label}}`).not.toMatch(ID);
          }
        }
        for (const [label, known] of values) {
          expect(known.size, `${service}: ${name}{${label}}`).toBeLessThanOrEqual(LABEL_VALUES_MAX);
        }
      }
    }
  });

  it('names say their unit, and counters that they only grow', () => {
    for (const { name, type } of definitions.values()) {
      expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
      if (type === 'counter') expect(name).toMatch(/_total$/);
      else expect(name).not.toMatch(/_total$/);
      expect(name).not.toMatch(/_(ms|millis|milliseconds|minutes|kb|mb|percent|count|sum|bucket)$/);
      const isTime = /duration|delay|age|lag_p|interval|turnaround|round_trip|offset/.test(name);
      if (isTime && type === 'histogram') expect(name).toMatch(/_seconds$/);
    }
  });

  it.skipIf(spawnSync('promtool', ['--version']).error !== undefined)('promtool finds nothing', () => {
    for (const [service, text] of texts) {
      const ours = text.split('\n\n').filter((block) => block.includes('# HELP nova_torch_'));
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
        input: `${ours.join('\n')}\n`,
        encoding: 'utf8',
      });
      expect({ service, status, said: stdout + stderr }).toEqual({ service, status: 0, said: '' });
    }
  });

  it('the figures are those of the load', () => {
    const router = of('task-router');
    const value = (metric: MetricDefinition, labels: Record<string, string> = {}, suffix = '') =>
      seriesValue(router, metric.name, labels, suffix);
    const { ends, turnaround, attempts, startDelay, waitDuration, waiting, open } = TASK_METRICS;
    expect(value(ends, { end: 'completed', hand: 'none' })).toBe(COMPLETED);
    expect(value(ends, { end: 'failed', hand: 'none' })).toBe(1);
    expect(value(turnaround, { end: 'completed' }, '_count')).toBe(COMPLETED);
    expect(value(attempts, { end: 'failed' }, '_sum')).toBe(2);
    expect(value(startDelay, {}, '_count')).toBe(COMPLETED + 2);
    expect(value(waitDuration, { priority: 'urgent' }, '_count')).toBe(1);
    expect(value(waiting, { role: 'nobody', reason: 'no_agent' })).toBe(1);
    expect(value(open, { state: 'ready' })).toBe(1);
    expect(value(open, { state: 'blocked_scheduled_verifying' })).toBe(1);
    expect(
      seriesValue(of('registry'), REGISTRY_METRICS.slots.name, { role: 'developer', state: 'free' }),
    ).toBe(5);
    expect(seriesValue(of('gateway'), GATEWAY_METRICS.problems.name, { code: 'TASK_UNKNOWN' })).toBe(1);
    expect(seriesValue(of('gateway'), JOURNAL_METRICS.tasks.name, { state: 'open' })).toBe(2);
    expect(seriesValue(of('gateway'), JOURNAL_METRICS.oldestOpen.name)).toBeGreaterThan(0);
    // The client asks again a few times.
    expect(seriesValue(of('spawner'), SPAWNER_METRICS.limitHits.name, { limit: 'template' })).toBeGreaterThan(
      0,
    );
    expect(
      seriesValue(of('spawner'), SPAWNER_METRICS.spawns.name, { template: 'helper', state: 'running' }),
    ).toBe(1);
    for (const service of SERVICES) {
      expect(seriesValue(of(service), SERVICE_METRICS.ready.name), service).toBe(1);
      expect(
        seriesValue(of(service), SERVICE_METRICS.logLines.name, { level: 'info' }),
        service,
      ).toBeGreaterThan(0);
      expect(seriesValue(of(service), BROKER_METRICS.memoryUsed.name), service).toBeGreaterThan(0);
      expect(seriesValue(of(service), BROKER_METRICS.roundTrip.name, {}, '_count'), service).toBeGreaterThan(
        0,
      );
    }
  });
});

const TEMPLATE = {
  name: 'helper',
  role: 'developer',
  skills: ['help'],
  command: ['sh', '-c', 'cat > /dev/null; exit 0'],
  max_instances: 1,
  stop_grace_s: 1,
};
// A task that is told to fails each time.
const WORK = `case "$NOVA_TASK_INPUTS" in *fail*) exit 1;; esac; echo '{"type":"result","result":{"done":true}}'`;
const COMPLETED = 9;

/** Nine tasks that complete, one that fails twice, one nobody can do and one behind it; a message, two spawns of one. */
async function load(platform: Platform, listener: string): Promise<void> {
  const client = new NovaClient({ baseUrl: platform.gatewayUrl, key: platform.adminKey });
  const work = { required_skills: ['work'] };
  const ids: string[] = [];
  for (let number = 1; number < COMPLETED; number += 1) {
    ids.push((await client.submitTask({ title: `task ${number}`, ...work })).task_id);
  }
  ids.push((await client.submitTask({ title: 'urgent', priority: 'urgent', ...work })).task_id);
  const failing = { inputs: { fail: true }, max_retries: 1, retry_backoff: { initial_s: 0.1 } };
  ids.push((await client.submitTask({ title: 'fails', ...work, ...failing })).task_id);
  const { task_id } = await client.submitTask({ title: 'for nobody', role: 'nobody' });
  await client.submitTask({ title: 'behind it', dependencies: [task_id], ...work });
  for (const id of ids) await client.waitForTask(id, { timeoutS: 60 });
  await client.getTask('task-0-019abcdef0127abc8def0123456789ab').catch(() => undefined);
  await client.spawnAgent({ template: TEMPLATE.name });
  await client.spawnAgent({ template: TEMPLATE.name }).catch(() => undefined);
  await client.sendMessage({ to: listener, body: { text: 'hello' } });
}
