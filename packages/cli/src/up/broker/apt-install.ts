// Debian and Ubuntu as root: the distribution's redis-server, as a program only. The service that the package starts is
// stopped again, so that nothing is left listening on 6379 that nobody asked for.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findOnPath } from './find-on-path.ts';

const INSTALL_DEADLINE_MS = 180_000;
const KEPT_OUTPUT = 4_000;

interface Outcome {
  ok: boolean;
  output: string;
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: INSTALL_DEADLINE_MS,
    });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-KEPT_OUTPUT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error) => resolve({ ok: false, output: error.message }));
    child.once('close', (code) => resolve({ ok: code === 0, output: output.trim() }));
  });
}

/** True where `installWithApt` may be tried: we are root and apt-get is on PATH. */
export function canInstallWithApt(env: NodeJS.ProcessEnv): boolean {
  return process.getuid?.() === 0 && findOnPath('apt-get', env) !== undefined;
}

/**
 * Installs redis-server with apt-get, without questions. Resolves with undefined when it is on PATH afterwards, or with
 * what apt-get said. `log` hears what is done.
 */
export async function installWithApt(
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
): Promise<string | undefined> {
  log('no broker found: installing redis-server with apt-get (Debian package, about 2 MB)');
  const install = [
    '-o',
    'DPkg::Lock::Timeout=120',
    'install',
    '-y',
    '--no-install-recommends',
    'redis-server',
  ];
  let outcome = await run('apt-get', install, env);
  if (!outcome.ok) {
    // A fresh machine or image has no package lists yet.
    await run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', 'update'], env);
    outcome = await run('apt-get', install, env);
  }
  if (!outcome.ok) return `apt-get could not install redis-server: ${outcome.output}`;
  await stopService(env);
  if (!findOnPath('redis-server', env)) return 'apt-get installed redis-server, but it is not on PATH';
  log('redis-server is installed; its system service is stopped and stays off');
  return undefined;
}

async function stopService(env: NodeJS.ProcessEnv): Promise<void> {
  if (existsSync('/run/systemd/system')) {
    await run('systemctl', ['disable', '--now', 'redis-server.service'], env);
    return;
  }
  await run('service', ['redis-server', 'stop'], env);
  await run('update-rc.d', ['redis-server', 'disable'], env);
}
