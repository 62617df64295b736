import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NovaClient } from '@nova-torch/client';
import { eventually, type Platform, startPlatform } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DOCTORS_RUNBOOKS, type Finding } from '../src/doctor/finding.ts';
import { judgeBacklogs, judgeClock, judgeMemory, judgePersistence } from '../src/doctor/judge-broker.ts';
import { judgeAgents, judgeFlow, judgeServices } from '../src/doctor/judge-gateway.ts';
import { run } from './in-process.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const runbook = (name: string) => ({ runbook: `docs/runbooks/${name}.md` });

describe('what the doctor makes of what it sees', () => {
  it('names only pages that exist', () => {
    const missing = DOCTORS_RUNBOOKS.filter((name) => !existsSync(join(root, 'docs/runbooks', `${name}.md`)));
    expect(missing).toEqual([]);
  });

  it('judges the broker by the bounds of the alerts', () => {
    const load = {
      ...{ memoryUsedBytes: 90, memoryMaxBytes: 100, clients: 1, commandsPerSecond: 1 },
      ...{ savedAtMs: 0, persistenceOk: true, appendOnly: false },
    };
    expect(judgeMemory(load)).toMatchObject({ state: 'warning', ...runbook('broker-memory-high') });
    expect(judgeMemory({ ...load, memoryUsedBytes: 96 })).toMatchObject({
      ...{ state: 'problem', ...runbook('broker-memory-full') },
    });
    expect(judgeMemory({ ...load, memoryMaxBytes: 0 })).toMatchObject({ state: 'ok' });
    expect(judgePersistence(load, 3 * 3_600_000)).toMatchObject({ ...runbook('broker-snapshot-old') });
    expect(judgePersistence({ ...load, persistenceOk: false }, 0)).toMatchObject({
      ...{ state: 'problem', ...runbook('broker-persistence-failed') },
    });
    expect(judgeClock(-2_000)).toMatchObject({ state: 'warning', ...runbook('clock-skew') });
    expect(judgeClock(40)).toMatchObject({ state: 'ok' });
  });

  it('tells a queue nobody reads from one that is read too slowly', () => {
    const queue = {
      ...{ stream: 's', group: 'g', entries: 9, lag: 9, pending: 0, delayed: 0, deadLetters: 0 },
      ...{ oldestWaitingMs: 1_000, oldestPendingMs: undefined, consumers: [] as string[] },
    };
    expect(judgeBacklogs([queue], 61_000)).toEqual([expect.objectContaining(runbook('no-consumer'))]);
    expect(judgeBacklogs([{ ...queue, consumers: ['a'] }], 61_000)).toEqual([
      expect.objectContaining({ state: 'problem', ...runbook('queue-stale') }),
    ]);
    expect(judgeBacklogs([{ ...queue, lag: 10_000 }], 2_000)).toEqual([
      expect.objectContaining({ state: 'warning', ...runbook('queue-backlog') }),
    ]);
    expect(judgeBacklogs([{ ...queue, oldestPendingMs: 1_000 }], 10_999)).toMatchObject([{ state: 'ok' }]);
  });

  it('sees replicas of which none is active, limits that are near and agents that were lost', () => {
    const instance = {
      ...{ service: 'task-router', instance: 'task-router-1', ready: true, missing: [], load: { active: 0 } },
      ...{ started_at_ms: 0, seen_at_ms: 0 },
    };
    expect(judgeServices({ status: 'ok', missing: [], instances: [instance] })).toMatchObject([
      { state: 'ok' },
      { state: 'problem', ...runbook('no-active-router') },
    ]);
    const flow = { limits: [{ name: 'waits', used: 95, max: 100 }], breakers: { model: 'open' as const } };
    expect(judgeFlow([{ ...instance, flow: { ...flow, shedding: ['low'], connections: {} } }])).toMatchObject(
      [runbook('limit-near'), runbook('breaker-open'), runbook('queue-backlog')],
    );
    expect(judgeFlow([{ ...instance, load: { journal_refusing: 1 } }])).toMatchObject([
      { state: 'problem', ...runbook('journal-refusing') },
    ]);
    const agents = ['failed', 'failed', 'failed', 'idle'].map((status) => ({ status }));
    expect(judgeAgents(agents)).toMatchObject({ state: 'problem', ...runbook('agents-lost') });
    expect(judgeAgents([...agents.slice(1), { status: 'idle' }])).toMatchObject({ state: 'ok' });
  });
});

describe('the doctor and a platform that fails', () => {
  let platform: Platform;
  let empty: string;

  beforeAll(async () => {
    empty = mkdtempSync(join(tmpdir(), 'nova-torch-doctor-'));
    platform = await startPlatform();
  }, 120_000);
  afterAll(async () => {
    await platform?.stop();
    rmSync(empty, { recursive: true, force: true });
  });

  async function findings(): Promise<Finding[]> {
    const { json } = await run(['doctor', '--json'], {
      NOVA_HOME: platform.home,
      NOVA_API_URL: platform.gatewayUrl,
      NOVA_BROKER_URL: platform.brokerUrl,
    });
    return (json() as { findings: Finding[] }).findings;
  }

  it('finds nothing while all is well', async () => {
    // The gateway hears of the others every two seconds.
    await eventually(
      async () => {
        const found = await findings();
        expect(found.filter(({ state }) => state === 'problem')).toEqual([]);
        expect(found.map(({ check }) => check)).toEqual(
          expect.arrayContaining(['broker memory', 'broker saves', 'clock', 'queues', 'dead letters']),
        );
      },
      { timeoutMs: 20_000 },
    );
  });

  it('asks for no broker where it knows the gateway alone', async () => {
    const { json } = await run(['doctor', '--json'], {
      ...{ NOVA_HOME: empty, PATH: empty },
      ...{ NOVA_API_URL: platform.gatewayUrl, NOVA_API_KEY: platform.adminKey },
    });
    const { findings: found } = json() as { findings: Finding[] };
    expect(found.filter(({ check }) => check.startsWith('broker'))).toEqual([
      { check: 'broker', state: 'ok', detail: 'not looked at: NOVA_BROKER_URL is not set here' },
    ]);
  });

  it('names the page for tasks nobody can do', async () => {
    const client = new NovaClient({ baseUrl: platform.gatewayUrl, key: platform.adminKey });
    await client.submitTask({ title: 'To the moon', role: 'astronaut' });
    await eventually(
      async () => {
        expect(await findings()).toContainEqual(
          expect.objectContaining({
            check: 'tasks',
            state: 'warning',
            ...runbook('tasks-without-candidate'),
          }),
        );
      },
      { timeoutMs: 20_000 },
    );
    const said = await run(['doctor'], {
      NOVA_HOME: platform.home,
      NOVA_API_URL: platform.gatewayUrl,
      NOVA_BROKER_URL: platform.brokerUrl,
    });
    expect(said.out).toContain('→ docs/runbooks/tasks-without-candidate.md');
  });

  it('names the page for a service that is gone', async () => {
    await platform.kill9('task-router');
    await eventually(
      async () => {
        expect(await findings()).toContainEqual(
          expect.objectContaining({ check: 'services', state: 'problem', ...runbook('service-absent') }),
        );
      },
      { timeoutMs: 30_000 },
    );
  }, 60_000);

  it('has a status to show although nobody says which agents there are', async () => {
    await platform.kill9('registry');
    const said = await run(['status'], {
      NOVA_HOME: platform.home,
      NOVA_API_URL: platform.gatewayUrl,
    });
    expect(said.out).toMatch(/gateway-\S+ +ready/);
    expect(said.out).toContain('The registry did not say which agents there are.');
    expect(said.out).toContain('The task-router did not say whether tasks wait for a missing agent.');
    expect(said.code).toBe(0);
  }, 60_000);

  it('names the page for a broker that is gone', async () => {
    await platform.broker.kill9();
    await eventually(
      async () => {
        const found = await findings();
        for (const check of ['broker', 'services'])
          expect(found).toContainEqual(
            expect.objectContaining({ check, state: 'problem', ...runbook('broker-connection-lost') }),
          );
      },
      { timeoutMs: 30_000 },
    );
  }, 60_000);
});
