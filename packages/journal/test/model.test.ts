// Any order of what can happen to a journal, against a map: whatever was reported as kept is found by the next process.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Journal, openJournal } from '../src/index.ts';
import { crashedCopy, ending, scratch, task } from './scratch.ts';

const TASKS = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
const name = fc.constantFrom(...TASKS);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('begin' as const), name, size: fc.nat(200) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('end' as const), name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('again' as const), name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('prune' as const) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('compact' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const open = (dir: string): Promise<Journal> => openJournal({ dir, segmentBytes: 400, keepEndedMs: 0 });

/** What the journal must know of each task; a task that was forgotten may come back as ended, never as open. */
type Model = Map<string, 'open' | 'ended' | 'forgotten'>;

async function take(journal: Journal, one: Step, model: Model): Promise<void> {
  switch (one.kind) {
    case 'begin': {
      await journal.begin(task(one.name, { title: 'x'.repeat(one.size) }));
      if (!model.has(one.name)) model.set(one.name, 'open');
      return;
    }
    case 'end':
      await journal.end(ending(one.name));
      if (model.get(one.name) === 'open') model.set(one.name, 'ended');
      return;
    case 'again':
      await journal.again(one.name);
      if (model.get(one.name) === 'ended') model.set(one.name, 'open');
      return;
    case 'prune':
      journal.prune(10_000);
      for (const [key, state] of model) if (state === 'ended') model.set(key, 'forgotten');
      return;
    case 'compact':
      await journal.compact();
      return;
    default:
  }
}

function check(journal: Journal, model: Model): void {
  for (const [key, state] of model) {
    const found = journal.stateOf(key);
    if (state === 'forgotten') expect(found).not.toBe('open');
    else expect(found, key).toBe(state);
  }
}

test('any order of begins, ends, new tries, forgetting, emptying and crashes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      let dir = scratch();
      let journal = await open(dir);
      const model: Model = new Map();
      for (const one of steps) {
        // A forgotten task is not submitted again: ids are random.
        if ('name' in one && model.get(one.name) === 'forgotten') continue;
        await take(journal, one, model);
        if (one.kind !== 'crash') continue;
        const next = crashedCopy(dir);
        await journal.close();
        dir = next;
        journal = await open(dir);
        check(journal, model);
        journal.prune(10_000);
        for (const [key, state] of model) if (state === 'ended') model.set(key, 'forgotten');
      }
      check(journal, model);
      for (const { task_id } of journal.open())
        expect((await journal.read(task_id))?.task.task_id).toBe(task_id);
      await journal.close();
    }),
    { numRuns: 60 },
  );
});

test('ends and new tries that come while a segment is emptied are not lost', async () => {
  const dir = scratch();
  const journal = await open(dir);
  const names = Array.from({ length: 40 }, (_, i) => `task-${i}`);
  for (const one of names) await journal.begin(task(one, { title: 'x'.repeat(100) }));
  const few = names.slice(0, 8);
  // Enough garbage for the oldest segments to be worth emptying.
  for (const one of names.slice(8)) await journal.end(ending(one));
  journal.prune(10_000);
  const emptied = (async () => {
    let count = 0;
    while (await journal.compact()) count += 1;
    return count;
  })();
  await Promise.all(few.filter((_, i) => i % 2 === 0).map((one) => journal.end(ending(one))));
  await Promise.all(few.slice(0, 3).map((one) => journal.again(one)));
  expect(await emptied).toBeGreaterThan(3);
  while (await journal.compact());
  const after = await open(crashedCopy(dir));
  for (const one of few) expect(after.stateOf(one), one).toBe(journal.stateOf(one));
  await Promise.all([journal.close(), after.close()]);
});
