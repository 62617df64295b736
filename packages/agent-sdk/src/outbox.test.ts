import { newAgentId } from '@nova-torch/protocol';
import { describe, expect, it } from 'vitest';
import { silentLogger } from './logger.ts';
import { Outbox } from './outbox.ts';
import type { Settled, Settlement } from './transport/agent-transport.ts';

const agentId = newAgentId(0, 1);
const entry = (id: string): Settlement => ({ agentId, entryIds: [id] });

/** An outbox that is answered by `answer`; what it sent, batch by batch. */
function outboxAnswered(answer: (batch: readonly Settlement[], call: number) => Promise<Settled[]>) {
  const sent: string[][] = [];
  const outbox = new Outbox({
    logger: silentLogger,
    settle: (batch) => {
      sent.push(batch.flatMap(({ entryIds }) => entryIds));
      return answer(batch, sent.length);
    },
  });
  return { outbox, sent };
}

const allStored = async (batch: readonly Settlement[]): Promise<Settled[]> =>
  batch.map(() => ({ kind: 'stored' }));

describe('the outbox', () => {
  it('sends what one turn adds in one call, then what came meanwhile', async () => {
    const { outbox, sent } = outboxAnswered(allStored);
    const first = [outbox.add(entry('1')), outbox.add(entry('2'))];
    expect(await Promise.all(first)).toEqual([{ kind: 'stored' }, { kind: 'stored' }]);
    await outbox.add(entry('3'));
    expect(sent).toEqual([['1', '2'], ['3']]);
    expect(outbox.size).toBe(0);
  });

  it('keeps the order of what waits, and tries again what was not stored', async () => {
    const { outbox, sent } = outboxAnswered(async (batch, call) => {
      if (call === 1) throw new Error('away');
      return batch.map(({ entryIds }) =>
        call === 2 && entryIds[0] === '2' ? { kind: 'later', detail: 'not yet' } : { kind: 'stored' },
      );
    });
    await Promise.all([outbox.add(entry('1')), outbox.add(entry('2')), outbox.add(entry('3'))]);
    expect(sent).toEqual([['1', '2', '3'], ['1', '2', '3'], ['2']]);
  });

  it('sends the newest of what replaces each other', async () => {
    const { outbox, sent } = outboxAnswered(allStored);
    const added = [
      outbox.add(entry('1')),
      outbox.add(entry('old'), 'progress'),
      outbox.add(entry('new'), 'progress'),
      outbox.add(entry('other'), 'other progress'),
    ];
    expect(await Promise.all(added)).toHaveLength(4);
    expect(sent).toEqual([['1', 'new', 'other']]);
  });

  it('tries at once when nudged', async () => {
    const { outbox, sent } = outboxAnswered(async (batch, call) => {
      if (call < 40) throw new Error('away');
      return allStored(batch);
    });
    const startedAt = performance.now();
    const added = outbox.add(entry('1'));
    const nudging = setInterval(() => outbox.nudge(), 5);
    await added;
    clearInterval(nudging);
    expect(sent).toHaveLength(40);
    // The pauses between them would be half a minute.
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it('gives up what is left when it is closed, and takes nothing after', async () => {
    const { outbox } = outboxAnswered(() => Promise.reject(new Error('away')));
    const added = outbox.add(entry('1'));
    expect(await outbox.close(30)).toBe(1);
    expect(await added).toEqual({ kind: 'dropped' });
    expect(await outbox.add(entry('2'))).toEqual({ kind: 'dropped' });
    expect(await outbox.close(30)).toBe(0);
  });

  it('answers what is in a call that ends after it was closed', async () => {
    const answer = Promise.withResolvers<Settled[]>();
    const { outbox } = outboxAnswered(() => answer.promise);
    const added = outbox.add(entry('1'));
    await outbox.close(20);
    answer.resolve([{ kind: 'later', detail: 'away' }]);
    expect(await added).toEqual({ kind: 'dropped' });
  });
});
