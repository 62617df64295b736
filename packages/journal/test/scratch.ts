import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Submission } from '../src/index.ts';

const made: string[] = [];

afterEach(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});

/** A directory that goes with the test. */
export function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), 'nova-torch-journal-'));
  made.push(dir);
  return dir;
}

/** What the disk would show had the process that writes there ended just now. */
export function crashedCopy(dir: string): string {
  const copy = scratch();
  cpSync(dir, copy, { recursive: true });
  return copy;
}

export const task = (task_id: string, spec: Submission['spec'] = { title: 'a task' }): Submission => ({
  task_id,
  submitted_at_ms: 1_000,
  submitter: 'admin',
  spec,
});

export const ending = (task_id: string, ended_at_ms = 2_000) => ({
  task_id,
  status: 'completed',
  ended_at_ms,
});
