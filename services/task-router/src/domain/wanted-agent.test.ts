import { newAgentId, newSpawnId, type SpawnRecord } from '@nova-torch/protocol';
import { describe, expect, it } from 'vitest';
import { explainWanted } from './explain-wanted.ts';
import {
  afterRoom,
  ask,
  backoff,
  nextSearchStep,
  notice,
  refuse,
  repeat,
  type SearchPeriods,
  taken,
  takeSpawn,
  type WantedAgent,
} from './wanted-agent.ts';

const NOW = 1_700_000_000_000;
const periods: SearchPeriods = {
  afterMs: 1_000,
  answerMs: 10_000,
  readyMs: 60_000,
  knownMs: 5_000,
  backoffMs: 2_000,
  backoffMaxMs: 60_000,
};
const spawnId = newSpawnId(0, NOW);
const noticed = notice('*|rust', NOW, periods);
const asked = ask(noticed, spawnId, NOW + 1_000, periods);
const spawn = (state: SpawnRecord['state'], more: Partial<SpawnRecord> = {}): SpawnRecord => ({
  spawn_id: spawnId,
  agent_id: newAgentId(0, NOW),
  template: 'rust-developer',
  role: 'developer',
  state,
  requested_by: 'task-router',
  host: 'here',
  requested_at_ms: NOW + 1_000,
  ...more,
});
const stepAt = (wanted: WantedAgent | undefined, nowMs: number, unserved = true, mayAsk = true) =>
  nextSearchStep(wanted, { unserved, mayAsk, nowMs }, periods).kind;

describe('the search for an agent', () => {
  it('notices, waits, asks once, and asks again under the same id only while the outcome is unknown', () => {
    expect(stepAt(undefined, NOW, false)).toBe('none');
    expect(stepAt(undefined, NOW)).toBe('notice');
    expect(stepAt(noticed, NOW + 999)).toBe('none');
    expect(stepAt(noticed, NOW + 1_000)).toBe('ask');
    expect(stepAt(noticed, NOW + 1_000, true, false)).toBe('none');
    expect(stepAt(asked, NOW + 10_999)).toBe('none');
    expect(stepAt(asked, NOW + 11_000, true, false)).toBe('repeat');
    expect(stepAt(asked, NOW + 10_999, false)).toBe('none');
    expect(stepAt(asked, NOW + 11_000, false)).toBe('forget');
    const again = repeat(asked, NOW + 11_000, periods);
    expect(again).toMatchObject({ spawnId, state: 'asked', dueMs: NOW + 23_000, attempts: 2 });
  });

  it('follows the spawn, and is not thrown back by an answer that comes late', () => {
    const starting = takeSpawn(asked, spawn('starting'), NOW + 1_100, periods);
    expect(starting).toMatchObject({ state: 'starting', template: 'rust-developer', dueMs: NOW + 61_000 });
    const running = takeSpawn(starting, spawn('running'), NOW + 2_000, periods);
    expect(running).toMatchObject({ state: 'running', dueMs: NOW + 7_000 });
    expect(takeSpawn(running, spawn('starting'), NOW + 2_100, periods)).toBe(running);
    expect(takeSpawn(running, { ...spawn('failed'), spawn_id: newSpawnId(0, NOW) }, NOW, periods)).toBe(
      running,
    );
    expect(stepAt(running, NOW + 7_000)).toBe('give-up');
    expect(stepAt(running, NOW + 7_000, false)).toBe('none');
    expect(stepAt(running, NOW + 63_000, false)).toBe('forget');
  });

  it('makes each further request later, up to the longest pause, also when agents register and die', () => {
    let wanted: WantedAgent = noticed;
    let nowMs = NOW + 1_000;
    const pauses: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      const id = newSpawnId(0, nowMs);
      wanted = ask(wanted, id, nowMs, periods);
      wanted = takeSpawn(wanted, { ...spawn('running'), spawn_id: id }, nowMs + 300, periods);
      // While it lives the demand is served, and the count stays.
      expect(stepAt(wanted, nowMs + 400, false)).toBe('none');
      const endedMs = nowMs + 500;
      wanted = takeSpawn(
        wanted,
        { ...spawn('failed', { reason: 'exit 7' }), spawn_id: id },
        endedMs,
        periods,
      );
      expect(wanted).toMatchObject({ state: 'failed', reason: expect.stringContaining('exit 7') });
      pauses.push(wanted.dueMs - endedMs);
      expect(stepAt(wanted, wanted.dueMs - 1)).toBe('none');
      nowMs = wanted.dueMs;
      expect(stepAt(wanted, nowMs)).toBe('ask');
    }
    expect(pauses).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect(backoff(1_000, periods)).toBe(60_000);
  });

  it('asks at once when there may be room again, and only then', () => {
    const full = refuse(asked, { code: 'SPAWN_LIMIT', detail: '5 live' }, NOW + 1_100, periods);
    const unknown = refuse(
      asked,
      { code: 'TEMPLATE_UNKNOWN', detail: 'none covers it' },
      NOW + 1_100,
      periods,
    );
    expect(stepAt(full, NOW + 1_200)).toBe('none');
    expect(stepAt(afterRoom(full, NOW + 1_200), NOW + 1_200)).toBe('ask');
    expect(afterRoom(unknown, NOW + 1_200)).toBe(unknown);
    expect(stepAt(unknown, NOW + 1_200, false)).toBe('forget');
  });

  it('asks about what is under way when a router takes over, and about nothing else', () => {
    expect(stepAt(taken(asked, NOW + 1_050), NOW + 1_050)).toBe('repeat');
    const failed = takeSpawn(asked, spawn('failed'), NOW + 1_100, periods);
    expect(taken(failed, NOW + 1_200)).toBe(failed);
  });

  it('is told in words', () => {
    const demand = { role: undefined, skills: ['rust'] };
    const starting = takeSpawn(asked, spawn('starting'), NOW + 1_100, periods);
    const say = (wanted: WantedAgent | undefined) => explainWanted(demand, wanted, NOW + 4_000);
    expect(say(starting)).toBe('an agent of the template rust-developer was asked for 3 s ago and starts');
    expect(say(asked)).toBe('the spawner was asked for one 3 s ago and has not answered yet');
    const none = refuse(asked, { code: 'TEMPLATE_UNKNOWN', detail: 'none covers it' }, NOW + 4_000, periods);
    expect(say(none)).toBe(
      'the spawner refused to start one: none covers it; register an agent or change the templates or limits; ' +
        'the spawner is asked again in 2 s (1 so far)',
    );
    // Asked again, it still says why there is none.
    const again = ask(none, newSpawnId(0, NOW), NOW + 4_000, periods);
    expect(say(again)).toBe(
      'the spawner was asked for one 0 s ago and has not answered yet; the last time: none covers it',
    );
    expect(explainWanted({ role: undefined, skills: [] }, undefined, NOW)).toContain(
      'neither a role nor a skill',
    );
  });
});
