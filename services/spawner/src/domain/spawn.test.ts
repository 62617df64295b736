import { newAgentId, newSpawnId } from '@nova-torch/protocol';
import { describe, expect, it } from 'vitest';
import { adoptionOf, stragglerVerdict } from './adoption.ts';
import { spawnRefusal } from './limits.ts';
import { nextStep, type SpawnFacts } from './next-step.ts';
import {
  becomeRunning,
  declareLost,
  failToStart,
  newSpawn,
  orderStop,
  recreate,
  type StoredSpawn,
  settle,
  takeBack,
  withProcess,
} from './spawn.ts';

const REQUEST = {
  spawn_id: newSpawnId(0, 1),
  agent_id: newAgentId(0, 1),
  template: 'qa',
  role: 'qa',
  stop_grace_s: 10,
  requested_by: 'test',
  host: 'here',
  owner: 'home-1',
};
const starting = newSpawn(REQUEST, 1_000);
const started = withProcess(starting, { pid: 7, pidStart: '70' });
const running = becomeRunning(started, 2_000);

describe('a spawn', () => {
  it('goes from the request to its end, each change a version', () => {
    expect(running).toMatchObject({
      version: 3,
      record: { state: 'running', pid: 7, pid_start: '70', ready_at_ms: 2_000 },
    });
    const stopping = orderStop(running, { reason: 'enough', force: false }, 3_000);
    expect(stopping).toMatchObject({ record: { state: 'stopping' }, stop: { polite_until_ms: 13_000 } });
    const stopped = settle(stopping as StoredSpawn, { code: 0, signal: null }, 'last words', 4_000);
    expect(stopped.record).toMatchObject({
      state: 'stopped',
      reason: 'enough',
      exit_code: 0,
      ended_at_ms: 4_000,
    });
  });

  it('cannot make a change that is not in the table', () => {
    const stopped = settle(running, { code: 0 }, '', 3_000);
    expect(stopped.record).toMatchObject({ state: 'stopped', reason: 'it exited with code 0 by itself' });
    expect(() => becomeRunning(stopped, 4_000)).toThrow('cannot go from stopped to running');
    expect(() => settle(stopped, {}, '', 4_000)).toThrow(RangeError);
    expect(orderStop(stopped, { reason: 'x', force: true }, 4_000)).toBeUndefined();
  });

  it('is ended without a polite word before it registered, and an order only gets stricter', () => {
    expect(orderStop(started, { reason: 'x', force: false }, 3_000)?.stop?.polite_until_ms).toBe(3_000);
    const polite = orderStop(running, { reason: 'first', force: false }, 3_000) as StoredSpawn;
    expect(orderStop(polite, { reason: 'again', force: false }, 4_000)).toBeUndefined();
    const forced = orderStop(polite, { reason: 'now', force: true }, 5_000);
    expect(forced?.stop).toEqual({ reason: 'first', polite_until_ms: 5_000, outcome: 'stopped' });
  });

  it('says how it failed, with the end of its log, bounded', () => {
    expect(settle(running, { signal: 'SIGKILL', code: null }, 'oops', 1).record).toMatchObject({
      state: 'failed',
      exit_code: null,
      reason: 'it was ended by SIGKILL by itself. Last lines of its log:\noops',
    });
    expect(settle(running, { left: true }, '', 1).record).toMatchObject({
      state: 'stopped',
      reason: 'it left by itself',
    });
    const stuck = orderStop(running, { reason: 'enough', force: true }, 1) as StoredSpawn;
    expect(settle(stuck, { code: 0, alive: [12, 13] }, '', 2).record).toMatchObject({
      state: 'failed',
      reason: 'enough. These of its processes could not be ended: 12, 13',
    });
    expect(settle(running, { unwatched: true }, '', 1).record.reason).toContain('while there was no spawner');
    expect(settle(running, { left: true, code: 1 }, '', 1).record.state).toBe('failed');
    expect(settle(started, {}, '', 1).record.reason).toBe(
      'it ended (exit code unknown) before it registered',
    );
    expect(settle(started, { code: 1 }, 'x'.repeat(9_000), 1).record.reason?.length).toBeLessThanOrEqual(
      4_000,
    );
    const silent = orderStop(
      started,
      { reason: 'too late', force: true, outcome: 'failed' },
      1,
    ) as StoredSpawn;
    expect(settle(silent, { signal: 'SIGTERM' }, '', 2).record).toMatchObject({
      state: 'failed',
      reason: 'too late',
    });
    expect(failToStart(starting, 'no such file', 1).record).toMatchObject({
      state: 'failed',
      reason: 'no such file',
    });
    const asked = orderStop(starting, { reason: 'never mind', force: false }, 1) as StoredSpawn;
    expect(failToStart(asked, 'not started', 1).record.state).toBe('stopped');
  });

  it('can be lost with its host, and taken back', () => {
    const lost = declareLost(running, 'silence', 9_000);
    expect(lost).toMatchObject({ lost: true, record: { state: 'failed', ended_at_ms: 9_000 } });
    const back = takeBack(lost);
    expect(back).toMatchObject({ version: 5, record: { state: 'running', pid: 7 } });
    expect(back.lost).toBeUndefined();
    expect(back.record.ended_at_ms).toBeUndefined();
    expect(recreate(REQUEST, { pid: 8, pidStart: '80' }, 5)).toMatchObject({
      version: 1,
      record: { state: 'running', pid: 8 },
    });
  });
});

describe('limits', () => {
  it('names the limit that is reached', () => {
    const limits = { totalMax: 10, templateMax: 2 };
    expect(spawnRefusal('qa', { liveTotal: 9, liveOfTemplate: 1 }, limits)).toBeUndefined();
    expect(spawnRefusal('qa', { liveTotal: 9, liveOfTemplate: 2 }, limits)).toContain('max_instances is 2');
    expect(spawnRefusal('qa', { liveTotal: 10, liveOfTemplate: 0 }, limits)).toContain(
      'SPAWNER_AGENTS_MAX) is 10',
    );
  });
});

describe('the next step', () => {
  const facts: SpawnFacts = {
    process: 'alive',
    joined: false,
    askedRegistry: false,
    nowMs: 5_000,
    readyTimeoutMs: 30_000,
  };
  const step = (spawn: StoredSpawn, more: Partial<SpawnFacts> = {}) => nextStep(spawn, { ...facts, ...more });

  it('starts what was never started, while its requester may still wait', () => {
    expect(step(starting, { process: 'unknown' })).toEqual({ kind: 'attach', mayStart: true });
    expect(step(starting, { process: 'unknown', nowMs: 40_000 })).toEqual({
      kind: 'attach',
      mayStart: false,
    });
    expect(step(started, { process: 'unknown' })).toEqual({ kind: 'attach', mayStart: false });
    const asked = orderStop(starting, { reason: 'x', force: true }, 1) as StoredSpawn;
    expect(step(asked, { process: 'unknown' })).toEqual({ kind: 'attach', mayStart: false });
    expect(step(starting)).toEqual({ kind: 'record-process' });
  });

  it('waits for the agent, asks the registry, then gives up', () => {
    expect(step(started)).toEqual({ kind: 'wait', untilMs: 31_000 });
    expect(step(started, { joined: true })).toEqual({ kind: 'mark-running' });
    expect(step(started, { nowMs: 31_000 })).toEqual({ kind: 'ask-registry' });
    expect(step(started, { nowMs: 31_000, askedRegistry: true })).toEqual({ kind: 'give-up' });
    expect(step(running)).toEqual({ kind: 'wait' });
  });

  it('is polite as long as ordered, then ends; settles what has ended; forgets what is settled', () => {
    const stopping = orderStop(running, { reason: 'x', force: false }, 5_000) as StoredSpawn;
    expect(step(stopping)).toEqual({ kind: 'wait', untilMs: 15_000 });
    expect(step(stopping, { nowMs: 15_000 })).toEqual({ kind: 'end-processes' });
    for (const spawn of [starting, started, running, stopping]) {
      expect(step(spawn, { process: 'exited' })).toEqual({ kind: 'settle' });
    }
    expect(step(settle(running, {}, '', 1))).toEqual({ kind: 'forget' });
  });
});

describe('adoption', () => {
  const host = { pid: 7, pidStart: '70', isHost: true };
  const child = { pid: 9, pidStart: '90', isHost: false };

  it('knows its process by pid and start time, or by the mark of a host', () => {
    expect(adoptionOf(running, [child, host])).toEqual({ kind: 'adopt', process: host });
    expect(adoptionOf(running, [child, { ...host, pidStart: '71' }])).toEqual({ kind: 'gone' });
    expect(adoptionOf(running, [])).toEqual({ kind: 'gone' });
    expect(adoptionOf(starting, [child, host, { ...host, pid: 8, pidStart: '70' }])).toEqual({
      kind: 'adopt',
      process: host,
    });
    expect(adoptionOf(starting, [child])).toEqual({ kind: 'gone' });
    expect(adoptionOf(starting, [])).toEqual({ kind: 'never-started' });
  });

  it('keeps work whose record was lost, and ends what nobody can reach', () => {
    const reachable = { hostAlive: true, sameBroker: true };
    expect(stragglerVerdict(undefined, reachable)).toBe('recreate');
    expect(stragglerVerdict(undefined, { ...reachable, sameBroker: false })).toBe('end');
    expect(stragglerVerdict(undefined, { ...reachable, hostAlive: false })).toBe('end');
    expect(stragglerVerdict(running, reachable)).toBe('leave');
    expect(stragglerVerdict(settle(running, {}, '', 1), reachable)).toBe('end');
    expect(stragglerVerdict(declareLost(running, 'x', 1), reachable)).toBe('take-back');
    expect(stragglerVerdict(declareLost(running, 'x', 1), { ...reachable, hostAlive: false })).toBe('end');
    const asked = orderStop(running, { reason: 'x', force: false }, 1) as StoredSpawn;
    expect(stragglerVerdict(declareLost(asked, 'x', 1), reachable)).toBe('end');
  });
});
