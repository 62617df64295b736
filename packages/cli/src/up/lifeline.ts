// Ends the processes we started when this process is gone, also when it was ended by SIGKILL and could not do so itself.
//
// One watcher per process: a POSIX shell, in a session of its own, that reads lines from a pipe whose other end only
// this process holds. The end of the pipe is the sign of death. A parent that ends its children properly releases each.
import { type ChildProcess, spawn } from 'node:child_process';

/** `kill` = SIGKILL at once (nothing worth saving); `term` = SIGTERM, then SIGKILL after five seconds. */
export type LastSignal = 'kill' | 'term';

const WATCHER = `
kills=; terms=; dirs=; marks=; containers=; newline='
'
drop() { out=; for p in $1; do [ "$p" = "$2" ] || out="$out $p"; done; printf %s "$out"; }
while IFS=' ' read -r verb rest; do
  case $verb in
    kill) kills="$kills $rest" ;;
    term) terms="$terms $rest" ;;
    release) kills=$(drop "$kills" "$rest"); terms=$(drop "$terms" "$rest") ;;
    dir) dirs="$dirs$rest$newline" ;;
    container) containers="$containers $rest" ;;
    mark) marks="$marks$rest$newline" ;;
  esac
done
for p in $kills; do kill -s KILL -- "$p"; done
for p in $terms; do kill -s TERM -- "$p"; kill -s CONT -- "$p"; done
tries=0
for p in $terms; do
  while kill -s 0 -- "$p" && [ $tries -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -s KILL -- "$p"
done
[ -z "$containers" ] || docker rm --force --volumes $containers
printf %s "$marks" | while IFS= read -r mark; do
  for file in /proc/[0-9]*/environ; do
    pid=\${file#/proc/}; pid=\${pid%/environ}
    if [ "$pid" != $$ ] && tr '\\0' '\\n' <"$file" | grep -qxF -- "$mark"; then kill -s KILL -- "$pid"; fi
  done
done
printf %s "$dirs" | while IFS= read -r dir; do rm -rf -- "$dir"; done
`;

let watcher: ChildProcess | undefined;

function tell(line: string): void {
  if (!watcher) {
    watcher = spawn('/bin/sh', ['-c', WATCHER], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    watcher.unref();
    const { stdin } = watcher;
    // A watcher that somebody ended is started anew by the next line; what it guarded meanwhile is unguarded.
    stdin?.on('error', () => {
      watcher = undefined;
    });
    if (stdin && 'unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  }
  watcher.stdin?.write(`${line}\n`);
}

/** Ends process `pid` (or, negative, process group `-pid`) when this process is gone. */
export function guardProcess(pid: number, last: LastSignal): void {
  tell(`${last} ${pid}`);
}

/** Takes back `guardProcess`: call it as soon as the process has ended, before its number can be given out again. */
export function releaseProcess(pid: number): void {
  tell(`release ${pid}`);
}

/** Removes the directory, with what is in it, when this process is gone. Removing it earlier is fine. */
export function guardDirectory(path: string): void {
  tell(`dir ${path}`);
}

/** Ends every process that has `variable=value` in its environment when this process is gone (Linux only). */
export function guardMarked(variable: string, value: string): void {
  tell(`mark ${variable}=${value}`);
}

/** Removes the Docker container when this process is gone. Removing it earlier is fine. */
export function guardContainer(id: string): void {
  tell(`container ${id}`);
}
