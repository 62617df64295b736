// One preparation at a time in one clone. The holder touches the lock file while it works, so the lock of a process
// that was killed is seen as stale, whatever became of its process number.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { say } from './report.mjs';

const TOUCH_EVERY_MS = 1_000;
const STALE_AFTER_MS = 10_000;
const ASK_AGAIN_MS = 100;

function tryTake(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function isHolderGone(path) {
  try {
    if (Date.now() - statSync(path).mtimeMs > STALE_AFTER_MS) return true;
    const pid = Number(readFileSync(path, 'utf8'));
    if (!Number.isInteger(pid) || pid <= 0) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function removeStale(path) {
  // Moved away first: of two that see the same stale lock, one moves it and the other finds nothing to move.
  const aside = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, aside);
    rmSync(aside, { force: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

/** Runs `work` while no other process of this clone does, and resolves with its value. */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  while (!tryTake(path)) {
    if (isHolderGone(path)) {
      removeStale(path);
      continue;
    }
    if (!told) say('another command is preparing this clone: waiting for it');
    told = true;
    await delay(ASK_AGAIN_MS);
  }
  const touch = setInterval(() => {
    const now = new Date();
    utimesSync(path, now, now);
  }, TOUCH_EVERY_MS);
  const release = () => rmSync(path, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(touch);
    process.off('exit', release);
    release();
  }
}
