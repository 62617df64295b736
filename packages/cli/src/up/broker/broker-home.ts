// What a local installation keeps about its own broker, in NOVA_HOME/broker: the password, and where it runs.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isPortFree } from '../free-port.ts';
import { askBroker } from './ask-broker.ts';
import { dataDirectory } from './broker-process.ts';

const LEFTOVER_DEADLINE_MS = 15_000;

/** Makes the directory, readable by its owner only, and returns its real path. */
export function openBrokerHome(home: string): string {
  const dir = join(home, 'broker');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return realpathSync(dir);
}

/** The password of this installation's broker: without one every user of the machine could read and write it. */
export function brokerPassword(brokerDir: string): string {
  const file = join(brokerDir, 'password');
  try {
    const password = readFileSync(file, 'utf8').trim();
    if (password !== '') return password;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  const password = randomBytes(24).toString('hex');
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
  return password;
}

/** Notes where the broker runs, for `endLeftover` of the next start. */
export function noteRunning(brokerDir: string, port: number): void {
  writeFileSync(join(brokerDir, 'running.json'), JSON.stringify({ port }), { mode: 0o600 });
}

/** Takes the note back, when it has ended. */
export function noteEnded(brokerDir: string): void {
  rmSync(join(brokerDir, 'running.json'), { force: true });
}

/**
 * Ends a broker that an installation which was killed left running on this directory: two of them would write to one
 * set of files. One that keeps its data elsewhere is not ours and is left alone.
 */
export async function endLeftover(brokerDir: string, password: string): Promise<void> {
  let port: number;
  try {
    ({ port } = JSON.parse(readFileSync(join(brokerDir, 'running.json'), 'utf8')) as { port: number });
  } catch {
    return;
  }
  const dir = await dataDirectory(port, password).catch(() => undefined);
  if (dir?.startsWith(`${brokerDir}/`)) {
    // The answer to SHUTDOWN is the end of the connection.
    await askBroker(port, ['SHUTDOWN'], { password }).catch(() => undefined);
    const deadline = Date.now() + LEFTOVER_DEADLINE_MS;
    while (!(await isPortFree(port))) {
      if (Date.now() > deadline)
        throw new Error(`a broker of this installation still runs on port ${port}: end it`);
      await delay(50);
    }
  }
  noteEnded(brokerDir);
}
