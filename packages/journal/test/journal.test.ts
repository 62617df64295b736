import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type FoundDamage, inspectJournal, type JournalOptions, openJournal } from '../src/index.ts';
import { createFaultyDisk } from './faulty-disk.ts';
import { crashedCopy, ending, scratch, task } from './scratch.ts';

const segmentsOf = (dir: string): string[] =>
  readdirSync(dir)
    .filter((name) => name.endsWith('.segment'))
    .sort();
const newest = (dir: string): string => join(dir, segmentsOf(dir).at(-1) ?? 'none');
const ids = (open: readonly { task_id: string }[]): string[] => open.map(({ task_id }) => task_id);

async function reopened(dir: string, options: Partial<JournalOptions> = {}) {
  const damage: FoundDamage[] = [];
  const journal = await openJournal({ dir, onDamage: (found) => damage.push(found), ...options });
  return { journal, damage };
}

test('what was kept is found again, with its end, in the order of its submission', async () => {
  const dir = scratch();
  const journal = await openJournal({ dir });
  expect(await journal.begin(task('a', { title: 'first', workflow_id: 'w' }))).toBe(1);
  expect(await Promise.all([journal.begin(task('b')), journal.begin(task('c'))])).toEqual([2, 3]);
  expect(await journal.begin(task('b'))).toBe(2);
  expect(await journal.end(ending('b'))).toBe(true);
  expect(await journal.end(ending('b'))).toBe(false);
  expect(await journal.end(ending('unknown'))).toBe(false);
  const { id } = journal;

  const { journal: after, damage } = await reopened(crashedCopy(dir));
  expect(damage).toEqual([]);
  expect(after.id).toBe(id);
  expect(after.open()).toEqual([
    { task_id: 'a', n: 1 },
    { task_id: 'c', n: 3 },
  ]);
  expect(after.ended()).toEqual(['b']);
  expect(await after.read('b')).toEqual({ n: 2, task: task('b'), end: ending('b') });
  expect(await after.read('a')).toEqual({
    n: 1,
    task: task('a', { title: 'first', workflow_id: 'w' }),
    end: undefined,
  });
  const found: string[] = [];
  for await (const page of after.openTasks()) found.push(...page.map(({ task: one }) => one.task_id));
  expect(found).toEqual(['a', 'c']);
  expect(await after.begin(task('d'))).toBeGreaterThan(3);
  await Promise.all([journal.close(), after.close()]);
});

test('an ended task that is tried again is open again', async () => {
  const dir = scratch();
  const journal = await openJournal({ dir });
  await journal.begin(task('a'));
  expect(await journal.again('a')).toBe(false);
  await Promise.all([journal.end(ending('a')), journal.again('a')]);
  expect(journal.stateOf('a')).toBe('open');
  const { journal: after } = await reopened(crashedCopy(dir));
  expect(after.stateOf('a')).toBe('open');
  await Promise.all([journal.close(), after.close()]);
});

test('a write that was cut short is cut off, wherever it was cut; all before it is kept', async () => {
  const dir = scratch();
  const journal = await openJournal({ dir });
  await journal.begin(task('kept'));
  const before = statSync(newest(dir)).size;
  await journal.begin(task('cut', { title: 'NTJ1' }));
  await journal.close();
  const whole = readFileSync(newest(dir));
  for (let size = before; size < whole.length; size += 7) {
    const copy = crashedCopy(dir);
    truncateSync(newest(copy), size);
    const { journal: after, damage } = await reopened(copy);
    expect(ids(after.open())).toEqual(['kept']);
    expect(damage.map(({ cut, bytes }) => ({ cut, bytes }))).toEqual(
      size === before ? [] : [{ cut: true, bytes: size - before }],
    );
    expect(await after.begin(task('next'))).toBeGreaterThan(1);
    await after.close();
    const again = await reopened(copy);
    expect(again.damage).toEqual([]);
    expect(ids(again.journal.open())).toEqual(['kept', 'next']);
    await again.journal.close();
  }
});

test('a flipped bit is found and reported, whichever byte it is in; the other records are kept', async () => {
  const dir = scratch();
  const journal = await openJournal({ dir });
  await journal.begin(task('a'));
  const from = statSync(newest(dir)).size;
  await journal.begin(task('b'));
  const to = statSync(newest(dir)).size;
  await journal.begin(task('c'));
  await journal.close();
  const file = newest(dir);
  const whole = readFileSync(file);
  for (let at = from; at < to; at += 1) {
    const flipped = Buffer.from(whole);
    flipped.writeUInt8(flipped.readUInt8(at) ^ 0x10, at);
    writeFileSync(file, flipped);
    const report = await inspectJournal(dir);
    expect(report).toMatchObject({ open: 2, cut_bytes: 0, damaged_bytes: to - from });
  }
  const { journal: after, damage } = await reopened(dir);
  expect(damage).toEqual([
    { file: segmentsOf(dir)[0], offset: from, bytes: to - from, atEnd: false, cut: false },
  ]);
  expect(ids(after.open())).toEqual(['a', 'c']);
  await after.close();
});

test('a full disk refuses new tasks, loses none it kept, and takes them again when there is room', async () => {
  const dir = scratch();
  const disk = createFaultyDisk();
  const journal = await openJournal({ dir, disk });
  await journal.begin(task('before'));
  disk.room = 30;
  await expect(journal.begin(task('refused'))).rejects.toThrow(
    'the journal cannot be written: the disk is full',
  );
  await expect(journal.end(ending('before'))).rejects.toThrow('the disk is full');
  expect(journal.stateOf('before')).toBe('open');
  expect(journal.status().refusing).toBe(true);
  disk.room = Number.POSITIVE_INFINITY;
  await journal.begin(task('after'));
  expect(journal.status().refusing).toBe(false);
  expect(await journal.end(ending('before'))).toBe(true);
  const { journal: after, damage } = await reopened(crashedCopy(dir));
  expect(damage).toEqual([]);
  expect(ids(after.open())).toEqual(['after']);
  expect(after.ended()).toEqual(['before']);
  await Promise.all([journal.close(), after.close()]);
});

test('a file whose sync failed is not written to again', async () => {
  const dir = scratch();
  const disk = createFaultyDisk();
  const journal = await openJournal({ dir, disk });
  await journal.begin(task('before'));
  disk.syncError = new Error('input/output error');
  await expect(journal.begin(task('unknown'))).rejects.toThrow('input/output error');
  disk.syncError = undefined;
  await journal.begin(task('after'));
  expect(segmentsOf(dir)).toHaveLength(2);
  const { journal: after } = await reopened(crashedCopy(dir));
  expect(ids(after.open())).toEqual(['before', 'after']);
  await Promise.all([journal.close(), after.close()]);
});

test('beyond its limit new tasks are refused and ends are not', async () => {
  const dir = scratch();
  const journal = await openJournal({ dir, bytesMax: 500 });
  await journal.begin(task('a', { title: 'x'.repeat(500) }));
  await expect(journal.begin(task('b'))).rejects.toThrow('its limit of 500 bytes');
  expect(await journal.end(ending('a'))).toBe(true);
  await journal.close();
});

test('what comes while the disk is busy shares one sync', async () => {
  const disk = createFaultyDisk();
  const journal = await openJournal({ dir: scratch(), disk });
  await journal.begin(task('first'));
  const before = disk.syncs;
  await Promise.all(Array.from({ length: 1_000 }, (_, i) => journal.begin(task(`task-${i}`))));
  expect(disk.syncs - before).toBeLessThanOrEqual(3);
  expect(journal.status().open).toBe(1_001);
  await journal.close();
});

test('ended tasks are forgotten once nobody needs them', async () => {
  const journal = await openJournal({ dir: scratch(), keepEndedMs: 100 });
  await journal.begin(task('plain'));
  await journal.begin(task('awaited'));
  await journal.begin(task('waits', { dependencies: ['awaited'] }));
  await journal.begin(task('step-1', { workflow_id: 'w' }));
  await journal.begin(task('step-2', { workflow_id: 'w' }));
  for (const one of ['plain', 'awaited', 'step-1']) await journal.end(ending(one, 2_000));
  expect(journal.isAwaited('awaited')).toBe(true);
  expect(journal.prune(2_050)).toBe(0);
  expect(journal.prune(2_100)).toBe(1);
  expect(journal.ended()).toEqual(['awaited', 'step-1']);
  for (const one of ['waits', 'step-2']) await journal.end(ending(one, 2_200));
  expect(journal.prune(2_300)).toBe(4);
  expect(journal.status()).toMatchObject({ open: 0, ended: 0, needed_bytes: 0 });
  await journal.close();
});

test('ended tasks are kept for nobody up to a number; one that was withdrawn not at all', async () => {
  const journal = await openJournal({ dir: scratch(), endedMax: 2 });
  for (const one of ['a', 'b', 'c', 'd']) await journal.begin(task(one));
  for (const one of ['a', 'b', 'c']) await journal.end(ending(one));
  await journal.end({ ...ending('d'), status: 'withdrawn' });
  expect(journal.prune(2_000)).toBe(3);
  expect(journal.ended()).toEqual(['c']);
  await journal.close();
});

test.each([{ pruned: true }, { pruned: false }])(
  'a task that was withdrawn and is asked for again is kept again, over a crash too (forgotten in between: $pruned)',
  async ({ pruned }) => {
    const dir = scratch();
    const journal = await openJournal({ dir });
    await journal.begin(task('a', { title: 'first try' }));
    const withdrawn = journal.end({ ...ending('a'), status: 'withdrawn' });
    if (pruned) {
      await withdrawn;
      expect(journal.prune(2_000)).toBe(1);
    }
    expect(await journal.begin(task('a', { title: 'second try' }))).toBe(3);
    expect(journal.stateOf('a')).toBe('open');
    expect((await journal.read('a'))?.task.spec).toMatchObject({ title: 'second try' });
    const { journal: after } = await reopened(crashedCopy(dir));
    expect(after.open()).toEqual([{ task_id: 'a', n: 3 }]);
    expect((await after.read('a'))?.task.spec).toMatchObject({ title: 'second try' });
    await Promise.all([journal.close(), after.close()]);
  },
);

test('a reservation leads to its task while that is kept', async () => {
  const dir = scratch();
  const journal = await openJournal({ dir, keepEndedMs: 0 });
  await journal.begin({ ...task('a'), reservation: { key: 'k', value: 'a hash' } });
  expect(journal.heldBy('k')).toBe('a');
  const { journal: after } = await reopened(crashedCopy(dir));
  expect(after.heldBy('k')).toBe('a');
  await journal.end(ending('a'));
  journal.prune(2_000);
  expect(journal.heldBy('k')).toBeUndefined();
  await Promise.all([journal.close(), after.close()]);
});

test('a directory has one writer, and is free once that has ended, however it ended', async () => {
  const dir = scratch();
  const program = `
    import { openJournal } from '@nova-torch/journal';
    await openJournal({ dir: process.argv[1] });
    process.stdout.write('open');
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', program, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: join(import.meta.dirname, '..'),
  });
  await once(child.stdout, 'data');
  await expect(openJournal({ dir })).rejects.toThrow(`is in use by process ${child.pid}`);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const journal = await openJournal({ dir });
  await journal.close();
});

test('a directory of another journal or version is not touched', async () => {
  const dir = scratch();
  writeFileSync(join(dir, 'journal.json'), '{"version":2}');
  await expect(openJournal({ dir })).rejects.toThrow('not of a journal this version can read');
  await expect(inspectJournal(scratch())).rejects.toThrow('there is no journal in');
  const [one, other] = [scratch(), scratch()];
  for (const each of [one, other]) {
    const journal = await openJournal({ dir: each });
    await journal.begin(task('a'));
    await journal.close();
  }
  writeFileSync(newest(other), readFileSync(newest(one)));
  await expect(openJournal({ dir: other })).rejects.toThrow('belongs to journal');
});

test('a journal in use can be looked at', async () => {
  const dir = scratch();
  const journal = await openJournal({ dir });
  await journal.begin(task('a', { title: 'the first', workflow_id: 'w' }));
  await journal.begin(task('b'));
  await journal.end(ending('b'));
  writeSync(openSync(newest(dir), 'a'), 'half a rec');
  const listed: unknown[] = [];
  const report = await inspectJournal(dir, (one) => listed.push(one));
  expect(report).toMatchObject({ journal: journal.id, open: 1, ended: 1, cut_bytes: 10, damaged_bytes: 0 });
  expect(listed).toEqual([
    {
      ...{ task_id: 'a', title: 'the first', workflow_id: 'w', status: 'open' },
      ...{ submitted_at_ms: 1_000, submitter: 'admin' },
    },
    {
      ...{ task_id: 'b', title: 'a task', workflow_id: undefined, status: 'completed' },
      ...{ submitted_at_ms: 1_000, submitter: 'admin' },
    },
  ]);
  await journal.close();
});

test('the oldest open task is known, whichever ended, was withdrawn or was tried again', async () => {
  const dir = scratch();
  const journal = await openJournal({ dir });
  expect(journal.oldestOpenMs()).toBeUndefined();
  const at = (id: string, submittedMs: number) => ({ ...task(id), submitted_at_ms: submittedMs });
  const kept = [at('b', 20), at('a', 10), at('c', 30)].map((one) => journal.begin(one));
  // The disk takes more than one turn.
  await new Promise((resolve) => setImmediate(resolve));
  expect(journal.waiting).toBe(3);
  await Promise.all(kept);
  expect([journal.oldestOpenMs(), journal.waiting]).toEqual([10, 0]);
  await journal.end(ending('a'));
  expect(journal.oldestOpenMs()).toBe(20);
  await journal.end({ ...ending('b'), status: 'withdrawn' });
  expect(journal.oldestOpenMs()).toBe(30);
  await journal.again('a');
  expect(journal.oldestOpenMs()).toBe(10);
  const { journal: after } = await reopened(crashedCopy(dir));
  expect(after.oldestOpenMs()).toBe(10);
  await journal.end(ending('a'));
  await journal.end(ending('c'));
  expect(journal.oldestOpenMs()).toBeUndefined();
  await Promise.all([journal.close(), after.close()]);
});
