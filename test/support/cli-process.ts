// The command as a person runs it: a process of its own, its output line by line.
import { spawn } from 'node:child_process';
import { findInstallation } from '@nova-torch/cli/installation';
import { bareEnvironment, eventually } from '@nova-torch/testing';

export interface CliProcess {
  readonly pid: number;
  readonly lines: string[];
  /** Everything printed so far. */
  text(): string;
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit code, or 128 + n after signal n. */
  readonly exit: Promise<number>;
  /** Resolves when a line matches. */
  says(pattern: RegExp, timeoutMs?: number): Promise<string>;
}

const SIGKILL = 9;

/** Runs `nova-torch` with arguments and nothing of this process's environment but where programs are. */
export function startCli(args: readonly string[], env: Record<string, string>): CliProcess {
  const { cliEntry, nodeFlags } = findInstallation();
  const child = spawn(process.execPath, [...nodeFlags, cliEntry, ...args], {
    env: { ...bareEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => chunks.push(String(chunk)));
  const text = () => chunks.join('');
  const exit = new Promise<number>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGKILL' ? 128 + SIGKILL : 128)));
  });
  return {
    pid: child.pid ?? 0,
    get lines() {
      return text().split('\n');
    },
    text,
    signal: (name) => void child.kill(name),
    exit,
    says: (pattern, timeoutMs = 60_000) =>
      eventually(
        () =>
          text()
            .split('\n')
            .find((line) => pattern.test(line)) ?? false,
        {
          timeoutMs,
          what: `a line like ${pattern} in:\n${text()}`,
        },
      ),
  };
}

/** Runs `nova-torch` to its end. */
export async function runCli(
  args: readonly string[],
  env: Record<string, string>,
): Promise<{ code: number; text: string }> {
  const cli = startCli(args, env);
  const code = await cli.exit;
  return { code, text: cli.text() };
}
