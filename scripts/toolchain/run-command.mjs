import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

const REPEAT_AFTER_MS = 1_000;
const LOOK_FOR_NPM_MS = 250;

/**
 * True when a SIGINT that reaches us most likely comes from the terminal's Ctrl-C, which the command, being in the same
 * process group, has got as well. Without a terminal, or in its background, a signal was sent to us alone.
 */
function isForegroundOfTerminal() {
  try {
    // Fields after the closing bracket of the command's name: state ppid pgrp session tty_nr tpgid
    const [, , pgrp, , , tpgid] = readFileSync('/proc/self/stat', 'utf8').split(') ').pop().split(' ');
    return pgrp === tpgid;
  } catch {
    return Boolean(process.stdin.isTTY || process.stderr.isTTY);
  }
}

/**
 * An npm that was killed tells us nothing: what it started ends then, as if it had been asked to. (An npm that is asked
 * to end passes that on to its shell; the scripts in package.json begin with `exec`, so we are that shell.)
 */
function endWithNpm(child) {
  const npm = process.ppid;
  if (!process.env.npm_lifecycle_event) return;
  const watch = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, LOOK_FOR_NPM_MS);
  watch.unref();
}

/**
 * Runs the command in place of this process: our stdin, stdout and stderr, our signals (each passed on once, not again
 * within a second), and resolves with its exit code (128 + number when a signal ended it).
 */
export function runCommand(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: 'inherit' });
    const passedOnAt = new Map();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => {
        if (signal === 'SIGINT' && isForegroundOfTerminal()) return;
        const now = Date.now();
        if (now - (passedOnAt.get(signal) ?? 0) < REPEAT_AFTER_MS) return;
        passedOnAt.set(signal, now);
        child.kill(signal);
      });
    }
    endWithNpm(child);
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}
