// The broker as a container: `docker run` in the foreground, which passes our signals on to the server and removes the
// container when it has ended, so to us it is a process like any other.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { BrokerServer } from './broker-arguments.ts';
import { BROKER_PROGRAMS, brokerArguments } from './broker-arguments.ts';

const ENGINE_DEADLINE_MS = 2_000;
const PULL_DEADLINE_MS = 5 * 60_000;
/** The registry has told what the image consists of by then, or is out of reach. */
const FIRST_WORD_DEADLINE_MS = 20_000;
const PULL_PROGRESS_MS = 10_000;
const DATA_DIR = '/data';
const CONTAINER_PORT = 6379;

/** The image that Docker runs when NOVA_BROKER_IMAGE names no other. */
export const DEFAULT_BROKER_IMAGE = 'docker.dragonflydb.io/dragonflydb/dragonfly:v2.1.0';

type DockerResult = { ok: true; output: string } | { ok: false; problem: string };

function docker(args: readonly string[], timeoutMs: number, env: NodeJS.ProcessEnv): Promise<DockerResult> {
  return new Promise((resolve) => {
    execFile('docker', args, { env, timeout: timeoutMs, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (!error) return resolve({ ok: true, output: stdout.trim() });
      const said = stderr.trim().split('\n').pop();
      resolve({
        ok: false,
        problem: error.killed ? `no answer within ${timeoutMs / 1000} s` : said || error.message,
      });
    });
  });
}

/** The version of the Docker engine, when one answers within two seconds. */
export async function dockerEngineVersion(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const result = await docker(['version', '--format', '{{.Server.Version}}'], ENGINE_DEADLINE_MS, env);
  return result.ok && result.output !== '' ? result.output : undefined;
}

/** Makes sure the image is on this machine. Resolves with undefined, or with why it is not. */
export async function pullImage(
  image: string,
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
): Promise<string | undefined> {
  const here = await docker(['image', 'inspect', '--format', '{{.Id}}', image], ENGINE_DEADLINE_MS * 5, env);
  if (here.ok) return undefined;
  log(`fetching the image ${image} (once)`);
  return pull(image, env, log);
}

function pull(
  image: string,
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const startedAt = Date.now();
    const child = spawn('docker', ['pull', image], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let given = '';
    const giveUp = (why: string) => (): void => {
      given = why;
      child.kill('SIGKILL');
    };
    const timers = [
      setTimeout(giveUp('the registry does not answer'), FIRST_WORD_DEADLINE_MS),
      setTimeout(giveUp(`not done after ${PULL_DEADLINE_MS / 60_000} minutes`), PULL_DEADLINE_MS),
      setInterval(
        () => log(`still fetching ${image} (${Math.round((Date.now() - startedAt) / 1000)} s)`),
        PULL_PROGRESS_MS,
      ),
    ];
    let lastLine = '';
    child.stdout.once('data', () => clearTimeout(timers[0]));
    child.stdout.resume();
    child.stderr.on('data', (chunk: Buffer) => {
      lastLine = chunk.toString().trim().split('\n').pop() || lastLine;
    });
    const finish = (problem: string | undefined): void => {
      for (const timer of timers) clearTimeout(timer);
      resolve(problem);
    };
    child.once('error', (error) => finish(error.message));
    child.once('close', (code) =>
      finish(code === 0 ? undefined : given || lastLine || `ended with code ${code}`),
    );
  });
}

/** Which server an image holds, by its name; Dragonfly when the name does not say. */
export function serverOfImage(image: string): BrokerServer {
  const name = image.split('/').pop() ?? '';
  if (/valkey/.test(name)) return 'valkey';
  return /redis/.test(name) ? 'redis' : 'dragonfly';
}

/** One container per directory: a left-over one has the same name and is found by it. */
export function containerName(dir: string): string {
  return `nova-torch-broker-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}`;
}

/** Removes a container that a crash of the engine's client left behind. */
export async function removeContainer(name: string, env: NodeJS.ProcessEnv): Promise<void> {
  await docker(['rm', '--force', name], ENGINE_DEADLINE_MS * 5, env);
}

export interface DockerRun {
  image: string;
  dir: string;
  hasPassword: boolean;
}

/** The arguments of `docker` that run the image on loopback port `port` with `dir` as its data. */
export function dockerRunArguments({ image, dir, hasPassword }: DockerRun, port: number): string[] {
  const server = serverOfImage(image);
  return [
    ...['run', '--rm', '--interactive', '--name', containerName(dir), '--env', 'DFLY_requirepass'],
    ...['--publish', `127.0.0.1:${port}:${CONTAINER_PORT}`, '--volume', `${dir}:${DATA_DIR}`],
    // Dragonfly's io_uring counts as locked memory on older kernels.
    ...(server === 'dragonfly' ? ['--ulimit', 'memlock=-1'] : []),
    ...[image, BROKER_PROGRAMS[server]],
    ...brokerArguments({
      server,
      persistence: 'everysec',
      dir: DATA_DIR,
      host: '0.0.0.0',
      port: CONTAINER_PORT,
      hasPassword,
    }),
  ];
}
