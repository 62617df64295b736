import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STREAMS } from '@nova-torch/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './in-process.ts';

const shipped = join(import.meta.dirname, '../../../deploy/config/messaging.yaml');

describe('topology', () => {
  let directory: string;
  let changed: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'nova-torch-topology-'));
    changed = join(directory, 'changed.yaml');
    writeFileSync(changed, 'streams: { tasks.queue: { max_deliveries: 3, backoff: { max_s: 90 } } }\n');
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('lists every stream with its readers and its policy', async () => {
    const { code, out } = await run(['topology', '--file', changed]);
    expect(code).toBe(0);
    const lines = out.split('\n');
    expect(lines[0]).toBe(`Policy: ${changed}`);
    for (const { name } of Object.values(STREAMS)) expect(out).toContain(`{nova.torch}.${name} `);
    const line = (name: string) => lines.find((one) => one.startsWith(`{nova.torch}.${name} `));
    expect(line('tasks.queue')).toMatch(
      /work +task-router +3 +0.2 s x2 <= 90 s +256 +1 +until acknowledged +100000, 30 d$/,
    );
    expect(line('tasks.active')).toMatch(/feed +gateway, spawner .* 100000, 15 min +-$/);
  });

  it('gives groups, readers, dead letters and policy as JSON; without a file the built-in policy', async () => {
    const built = (await run(['topology', '--json'])).json() as {
      policy_from: string;
      streams: { stream: string }[];
    };
    expect(built.policy_from).toBe('built-in');
    const named = await run(['topology', '--json'], { NOVA_MESSAGING_FILE: shipped });
    expect(named.json()).toEqual({ policy_from: shipped, streams: built.streams });
    const of = (name: string) => built.streams.find(({ stream }) => stream === name);
    expect(of('{nova.torch}.agents.direct.<agent_id>')).toMatchObject({
      groups: ['inbox'],
      dead_letters: { stream: '{nova.torch}.agents.direct.dlq', kept_by: 'registry' },
    });
    expect(of('{nova.torch}.tasks.active')).toMatchObject({
      groups: [],
      readers: ['gateway', 'spawner'],
      policy: { retention: { max_entries: 100_000, max_age_s: 900 } },
    });
    expect(of('{nova.torch}.replies.<instance>')).not.toHaveProperty('policy');
  });

  it('tells all that is wrong with a file, by path, and fails', async () => {
    const wrong = join(directory, 'wrong.yaml');
    writeFileSync(wrong, 'work: { batch: 0 }\nstreams: { tasks.queu: {} }\n');
    const { code, out, err } = await run(['topology', '--file', wrong]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(`${wrong} cannot be used:`);
    expect(err).toContain('\n  work/batch: a whole number from 1 to 256\n');
    expect(err).toContain('\n  streams/tasks.queu: there is no such stream\n');
  });
});
