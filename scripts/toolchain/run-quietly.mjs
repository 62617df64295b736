import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { say } from './report.mjs';

const STILL_AT_IT_MS = 10_000;
const KILL_AFTER_MS = 1_000;
const KEPT_OUTPUT = 20_000;
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs a program to its end, showing nothing but a line every ten seconds. Resolves with its exit code and the end of
 * what it printed; a program that cannot be started has code 127. A signal that ends this process ends the program first.
 */
export function runQuietly(what, command, args, options = {}) {
  return new Promise((resolve) => {
    const startedAt = Date.now();
    let output = '';
    let child;
    const forward = (signal) => {
      child.once('close', () => process.exit(128 + constants.signals[signal]));
      child.kill(signal);
      // npm may finish unpacking first; nobody who pressed Ctrl-C wants to wait for that.
      setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
    };
    for (const signal of ENDING_SIGNALS) process.on(signal, forward);
    child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk) => {
      output = (output + chunk).slice(-KEPT_OUTPUT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const reminder = setInterval(
      () => say(`${what}: still at it after ${Math.round((Date.now() - startedAt) / 1000)} s`),
      STILL_AT_IT_MS,
    );
    const finish = (code) => {
      clearInterval(reminder);
      for (const signal of ENDING_SIGNALS) process.off(signal, forward);
      resolve({ code, output: output.trim() });
    };
    child.once('error', (error) => {
      output += error.message;
      finish(127);
    });
    child.once('close', (code) => finish(code ?? 1));
  });
}
