// The output of agents: one file per spawn, written by the agent itself, bounded by us.
import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { SpawnId } from '@nova-torch/protocol';

const TAIL_BYTES = 8 * 1024;

export interface AgentLogs {
  /** Where the output of a spawn goes. */
  file(spawnId: string): string;
  /** This home has started the spawn: the file is made before its process. */
  has(spawnId: string): boolean;
  /** The last lines of its output, without terminal control characters; '' when there are none. */
  tail(spawnId: string, lines: number): string;
  /**
   * Moves what is over the limit out of the way: `<file>.1` keeps the older half, and the agent writes on into the
   * emptied file. Returns how many files were cut.
   */
  cut(spawnIds: Iterable<string>): number;
  /** Removes files nobody wrote to for so long, except those of `keep`. Returns how many spawns lost their files. */
  removeOlderThan(ageMs: number, nowMs: number, keep: ReadonlySet<string>): number;
}

/** Logs of agents in a directory; each file is at most about `bytesMax` long, twice that with its older half. */
export function createAgentLogs(directory: string, bytesMax: number): AgentLogs {
  const file = (spawnId: string): string => join(directory, `${spawnId}.log`);
  return {
    file,
    has: (spawnId) => existsSync(file(spawnId)),
    tail(spawnId, lines) {
      const text = readTail(file(spawnId)) || readTail(`${file(spawnId)}.1`);
      return text.trimEnd().split('\n').slice(-lines).join('\n');
    },
    cut(spawnIds) {
      let count = 0;
      for (const spawnId of spawnIds) {
        if (sizeOf(file(spawnId)) <= bytesMax) continue;
        copyFileSync(file(spawnId), `${file(spawnId)}.1`);
        truncateSync(file(spawnId));
        count += 1;
      }
      return count;
    },
    removeOlderThan(ageMs, nowMs, keep) {
      let count = 0;
      for (const name of existsSync(directory) ? readdirSync(directory) : []) {
        const spawnId = name.replace(/\.log(\.1)?$/, '');
        if (!SpawnId.safeParse(spawnId).success || keep.has(spawnId) || !name.endsWith('.log')) continue;
        if (nowMs - statSync(join(directory, name)).mtimeMs < ageMs) continue;
        rmSync(file(spawnId), { force: true });
        rmSync(`${file(spawnId)}.1`, { force: true });
        count += 1;
      }
      return count;
    },
  };
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function readTail(file: string): string {
  if (!existsSync(file)) return '';
  const handle = openSync(file, 'r');
  try {
    const { size } = fstatSync(handle);
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    const read = readSync(handle, bytes, 0, bytes.length, size - bytes.length);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours and other control sequences are what is removed
    return bytes.toString('utf8', 0, read).replace(/\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]/g, '');
  } finally {
    closeSync(handle);
  }
}
