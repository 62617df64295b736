import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newSpawnId } from '@nova-torch/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AgentLogs, createAgentLogs } from './agent-log.ts';

describe('logs of agents', () => {
  let directory: string;
  let logs: AgentLogs;
  const id = newSpawnId(0, 1);

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'nova-torch-logs-'));
    logs = createAgentLogs(directory, 1_000);
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('gives the last lines, readable', () => {
    expect(logs.has(id)).toBe(false);
    expect(logs.tail(id, 3)).toBe('');
    writeFileSync(logs.file(id), `${'x'.repeat(20_000)}\none\n\x1b[31mtwo\x1b[0m\x07\nthree\n\n`);
    expect(logs.has(id)).toBe(true);
    expect(logs.tail(id, 3)).toBe('one\ntwo\nthree');
  });

  it('cuts what is too long, keeps the older half, and lets the agent write on', () => {
    writeFileSync(logs.file(id), 'old '.repeat(300));
    expect(logs.cut([id, newSpawnId(0, 2)])).toBe(1);
    expect(readFileSync(logs.file(id), 'utf8')).toBe('');
    expect(logs.tail(id, 1)).toContain('old old');
    appendFileSync(logs.file(id), 'new\n');
    expect(logs.cut([id])).toBe(0);
    expect(logs.tail(id, 5)).toBe('new');
    expect(readFileSync(`${logs.file(id)}.1`, 'utf8')).toContain('old old');
  });

  it('removes what is old, not what lives nor what is not ours', () => {
    const live = newSpawnId(0, 3);
    const fresh = newSpawnId(0, 4);
    const longAgo = new Date(Date.now() - 10_000);
    for (const name of [`${id}.log`, `${id}.log.1`, `${live}.log`, 'notes.log', `${fresh}.log`]) {
      writeFileSync(join(directory, name), 'x');
      if (!name.startsWith(fresh)) utimesSync(join(directory, name), longAgo, longAgo);
    }
    expect(logs.removeOlderThan(5_000, Date.now(), new Set([live]))).toBe(1);
    expect(existsSync(logs.file(id))).toBe(false);
    expect(existsSync(`${logs.file(id)}.1`)).toBe(false);
    for (const kept of [logs.file(live), logs.file(fresh), join(directory, 'notes.log')]) {
      expect(existsSync(kept)).toBe(true);
    }
    expect(createAgentLogs('/no/such/dir', 1).removeOlderThan(0, Date.now(), new Set())).toBe(0);
  });
});
