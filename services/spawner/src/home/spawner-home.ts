// The spawner's part of NOVA_HOME: who runs here, and who our agents watch.
//
//   spawner/<partition>.owner   a random name; spawns belong to it, across restarts
//   spawner/<partition>.lock    the spawner that runs: { pid, pid_start, instance }
//   spawner/<partition>.json    the same for the agent hosts: they end themselves when it is gone for too long
//   logs/agents/<spawn_id>.log  what agents write
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '@nova-torch/service-kit';
import { z } from 'zod';
import { isSameProcess, ownStart } from '../runtime/process-table.ts';

const Holder = z.object({
  pid: z.int().positive(),
  pid_start: z.string(),
  instance: z.string(),
  host: z.string(),
});
/** A process, named for good. */
export type Holder = z.infer<typeof Holder>;

/** Another spawner runs on this home. */
export class HomeTakenError extends ConfigError {
  constructor(what: string) {
    super([{ variable: '', given: undefined, expected: what }]);
    this.name = 'HomeTakenError';
  }
}

export interface SpawnerHome {
  readonly directory: string;
  /** Whose the spawns of this home are. */
  readonly owner: string;
  readonly supervisorFile: string;
  readonly agentLogs: string;
  /** Takes the home for this process. Throws HomeTakenError naming the process that has it. */
  lock(): void;
  /** Another machine's spawner was here last: whether it still lives only the broker can tell. */
  mayBeElsewhere(): boolean;
  /** Tells the agent hosts that this process watches them from now on. */
  announce(): void;
  /** Gives the home back, if it is ours. The hosts' file stays: it names a process that is gone. */
  unlock(): void;
}

const LOCK_TRIES = 10;

/** What of the spawner's environment says which home it is. */
export interface HomeEnv {
  readonly NOVA_HOME: string;
  readonly NOVA_PARTITION: number;
  readonly NOVA_INSTANCE: string;
  readonly SPAWNER_HOST: string;
}

/**
 * Takes the home for this process, and tells the agents of the spawner before it that somebody watches them again.
 * Throws HomeTakenError, or a ConfigError that says why the directory cannot be used.
 */
export function takeHome(env: HomeEnv): SpawnerHome {
  const { NOVA_HOME, NOVA_PARTITION, NOVA_INSTANCE: instance, SPAWNER_HOST: host } = env;
  try {
    const home = openSpawnerHome(NOVA_HOME, NOVA_PARTITION, {
      pid: process.pid,
      pid_start: ownStart(),
      instance,
      host,
    });
    home.lock();
    if (!home.mayBeElsewhere()) home.announce();
    return home;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const what = error instanceof Error ? error.message : String(error);
    throw new ConfigError([
      { variable: 'NOVA_HOME', given: NOVA_HOME, expected: `a usable directory: ${what}` },
    ]);
  }
}

/** Opens, and makes when missing, the spawner's part of a home for one partition. */
export function openSpawnerHome(home: string, partition: number, self: Holder): SpawnerHome {
  const directory = join(home, 'spawner');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = (extension: string): string => join(directory, `${partition}.${extension}`);
  const lockFile = path('lock');
  const { pid, pid_start, instance } = self;
  let before: Holder | undefined;
  return {
    directory: home,
    owner: readOrMakeOwner(path('owner')),
    supervisorFile: path('json'),
    agentLogs: join(home, 'logs', 'agents'),
    lock() {
      before = takeLock(lockFile, self, home);
    },
    mayBeElsewhere: () => before !== undefined && before.host !== self.host,
    announce: () => writeWhole(path('json'), JSON.stringify({ pid, pid_start, instance })),
    unlock() {
      const holder = readHolder(lockFile);
      if (holder?.instance === self.instance && holder.pid === self.pid) rmSync(lockFile, { force: true });
    },
  };
}

function readOrMakeOwner(file: string): string {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const made = readText(file)?.trim();
    if (made) return made;
    linkNew(file, `home-${randomBytes(8).toString('hex')}`);
  }
  throw new Error(`${file} is empty: remove it`);
}

/**
 * A lock names a process by pid and start time, so one that was killed holds nothing. Taking is a link, which only one
 * can make; a dead holder's lock is moved away first, and moved back if it turns out to be a living one's. Returns the
 * holder before, if it left its lock behind.
 */
function takeLock(lockFile: string, self: Holder, home: string): Holder | undefined {
  let before: Holder | undefined;
  for (let attempt = 0; attempt < LOCK_TRIES; attempt += 1) {
    if (linkNew(lockFile, JSON.stringify(self))) return before;
    const holder = readHolder(lockFile);
    if (holder && holdsIt(holder, self)) {
      throw new HomeTakenError(
        `the spawner ${holder.instance} (pid ${holder.pid}) already runs on ${home}: stop it first, or give this one a NOVA_HOME of its own`,
      );
    }
    const aside = `${lockFile}.${self.pid}`;
    if (!moveAway(lockFile, aside)) continue;
    before = readHolder(aside);
    if (before && holdsIt(before, self)) linkNew(lockFile, JSON.stringify(before));
    rmSync(aside, { force: true });
  }
  throw new HomeTakenError(
    `the lock ${lockFile} could not be taken: another spawner starts on ${home} right now`,
  );
}

/** On another machine a pid says nothing: there the claim in the broker decides. */
function holdsIt(holder: Holder, self: Holder): boolean {
  return holder.host === self.host && isSameProcess(holder.pid, holder.pid_start);
}

function moveAway(file: string, aside: string): boolean {
  try {
    renameSync(file, aside);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Makes the file with its whole content in one step; false when it exists. */
function linkNew(file: string, content: string): boolean {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, content, { mode: 0o600 });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function writeWhole(file: string, content: string): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, content, { mode: 0o600 });
  renameSync(draft, file);
}

function readHolder(file: string): Holder | undefined {
  try {
    return Holder.safeParse(JSON.parse(readText(file) ?? '')).data;
  } catch {
    return undefined;
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
