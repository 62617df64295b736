import type { AgentId, TaskHistoryEntry, TaskId } from '@nova-torch/protocol';
import { isHeld, isTerminal } from '@nova-torch/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { happenings } from '../../test/support/task-happenings.ts';
import { CAPACITY, checkHistory, type Store, TaskWorld } from '../../test/support/task-world.ts';
import type { Verdict } from '../store/apply-transitions.ts';
import type { Draft } from './draft.ts';
import { indexesOf } from './indexes.ts';
import type { KeptClaim } from './judging.ts';
import type { TaskRecord } from './task-record.ts';

/** What the script promises, in a few lines. */
class ModelStore implements Store {
  readonly records = new Map<TaskId, TaskRecord>();
  readonly ops = new Map<TaskId, string>();
  readonly histories = new Map<TaskId, TaskHistoryEntry[]>();
  readonly slots = new Map<AgentId, number>();
  readonly claims = new Map<TaskId, KeptClaim>();
  #term = 0;

  async newTerm(): Promise<number> {
    this.#term += 1;
    return this.#term;
  }

  async record(taskId: TaskId): Promise<TaskRecord | undefined> {
    return this.records.get(taskId);
  }

  async claim(taskId: TaskId): Promise<KeptClaim> {
    return this.claims.get(taskId) ?? { resultJson: undefined, evidence: undefined };
  }

  async write(draft: Draft, { op, term }: { op: string; term: number }): Promise<Verdict | 'not-leader'> {
    const { before, record } = draft;
    if (term !== this.#term) return 'not-leader';
    const known = this.records.get(record.task_id);
    if (this.ops.get(record.task_id) === op) return 'applied';
    if (before === undefined && known !== undefined) return 'duplicate';
    if (
      before !== undefined &&
      (known === undefined || known.seq !== before.seq || known.epoch !== before.epoch)
    )
      return 'stale';
    const from = before === undefined ? undefined : indexesOf(before).held?.agentId;
    const to = indexesOf(record).held?.agentId;
    if (to !== undefined && to !== from && (this.slots.get(to) ?? 0) >= CAPACITY) return 'no-slot';
    if (from !== to) {
      if (from !== undefined) this.slots.set(from, (this.slots.get(from) ?? 0) - 1);
      if (to !== undefined) this.slots.set(to, (this.slots.get(to) ?? 0) + 1);
    }
    this.records.set(record.task_id, record);
    this.ops.set(record.task_id, op);
    this.histories.set(record.task_id, [...(this.histories.get(record.task_id) ?? []), ...draft.steps]);
    if (draft.judge !== undefined) {
      this.claims.set(record.task_id, { resultJson: draft.claim, evidence: draft.evidence ?? undefined });
      await this.write(draft.judge, { op: `${op} judge`, term });
    }
    return 'applied';
  }
}

describe('whatever happens to tasks', () => {
  it('no step leaves the table, no result is taken twice, no slot leaks, nothing is left without a next step', async () => {
    await fc.assert(
      fc.asyncProperty(happenings, async (list) => {
        const store = new ModelStore();
        const world = new TaskWorld(store);
        await world.begin();
        for (const one of list) await world.happen(one);
        const held = new Map<AgentId, number>();
        for (const [taskId, record] of store.records) {
          checkHistory(record, store.histories.get(taskId) ?? []);
          const { dueMs, endedAtMs, held: holding, waiting } = indexesOf(record);
          expect(dueMs === undefined).toBe(isTerminal(record.state));
          expect(endedAtMs === undefined).toBe(!isTerminal(record.state));
          expect(holding === undefined).toBe(!isHeld(record.state));
          expect(waiting === undefined).toBe(record.state !== 'ready');
          expect(world.accepted.get(taskId) ?? 0).toBeLessThanOrEqual(1);
          expect(record.live.attempt).toBeLessThanOrEqual(record.spec.max_retries + 1);
          if (record.state !== 'completed' && isTerminal(record.state))
            expect(record.live.error).toBeDefined();
          if (holding !== undefined) held.set(holding.agentId, (held.get(holding.agentId) ?? 0) + 1);
        }
        for (const [agentId, used] of store.slots) expect(used).toBe(held.get(agentId) ?? 0);
      }),
      { numRuns: 400 },
    );
  });
});
