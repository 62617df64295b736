// The docker command, for tests: its output when it succeeds, an error with all it said when not.
import { execFile } from 'node:child_process';

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const DEADLINE_MS = 120_000;

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Default two minutes; then the command is killed. */
  timeoutMs?: number;
}

/** Runs a program and resolves with what it wrote on standard output. Rejects when it fails or takes too long. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { cwd, env, timeoutMs = DEADLINE_MS } = options;
  return new Promise((resolve, reject) => {
    const settings = { cwd, env, timeout: timeoutMs, maxBuffer: OUTPUT_BYTES_MAX };
    execFile(program, args, settings, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const why = error.killed ? `was killed after ${timeoutMs} ms` : `failed (${error.code})`;
      reject(new Error(`${program} ${args.join(' ')} ${why}:\n${stdout}\n${stderr}`, { cause: error }));
    });
  });
}

export const docker = (args: readonly string[], options?: RunOptions): Promise<string> =>
  run('docker', args, options);

/** What `docker inspect` tells of a container, as far as tests look at it. */
export interface ContainerState {
  Id: string;
  Name: string;
  Image: string;
  RestartCount: number;
  State: { Status: string; Pid: number; StartedAt: string; ExitCode: number; Health?: { Status: string } };
  Mounts: { Type: string; Name?: string }[];
  HostConfig: { ReadonlyRootfs: boolean; CapDrop: string[] | null };
}

export async function inspectContainers(ids: readonly string[]): Promise<ContainerState[]> {
  return ids.length === 0 ? [] : JSON.parse(await docker(['inspect', ...ids]));
}

/** Why containers cannot be tested here; undefined where they can. */
export async function whyNoDocker(): Promise<string | undefined> {
  for (const args of [['version'], ['buildx', 'version'], ['compose', 'version']]) {
    try {
      await docker(args, { timeoutMs: 10_000 });
    } catch (error) {
      const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
      if (cause?.code === 'ENOENT') return 'there is no docker command';
      return `docker ${args.join(' ')} does not work`;
    }
  }
  return undefined;
}
