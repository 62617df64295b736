// One run of a command: starts it in a session of its own, feeds it, reads it, and leaves nothing of it behind.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { ProgressUpdate } from '../domain/reports.ts';
import type { AgentLogger } from '../logger.ts';
import { within } from '../pause.ts';
import { readLine } from './command-output.ts';
import { LineSplitter, type OutputLine, TextTail } from './output-lines.ts';
import { endRun } from './process-tree.ts';

/** Of each output so much is kept, its end. In UTF-16 units. */
const TAIL_CHARS = 64 * 1024;
/** Of a line so much goes to the log. */
const LOGGED_CHARS = 8 * 1024;
/** After the last process of a run has ended, its outputs end at once; a stranger may hold them open. */
const OUTPUT_END_MS = 1_000;
/** Errors of starting a process that pass by themselves. */
const PASSING = new Set(['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE']);

export interface CommandOptions {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string | undefined;
  readonly environment: Record<string, string>;
  readonly runId: string;
  /** What it finds on its standard input. */
  readonly input: string;
  /** From the polite end to the forced one, in ms. */
  readonly graceMs: number;
  /** Aborted: end it, politely first. */
  readonly signal: AbortSignal;
  /** Aborted: no more patience. */
  readonly killSignal: AbortSignal;
  readonly onStarted: (pid: number) => void;
  readonly onProgress: (update: ProgressUpdate) => void;
  readonly logger: AgentLogger;
}

export type CommandEnd =
  | {
      readonly kind: 'ended';
      readonly exitCode: number | null;
      readonly signal: NodeJS.Signals | null;
      /** Of the last result line; undefined if there was none. */
      readonly result: unknown;
      /** The end of its standard error, or of its log if that is empty. */
      readonly lastWords: string;
    }
  | { readonly kind: 'not_started'; readonly message: string; readonly retryable: boolean };

/** Runs the command to its end, or to that of the signal. When it resolves no process of the run is left. Never rejects. */
export async function runCommand(options: CommandOptions): Promise<CommandEnd> {
  const [program, ...args] = options.command;
  const child = startChild(options, program, args);
  if ('kind' in child) return child;
  const { pid } = child;
  const output = new CommandReader(options);
  const outputEnded = output.follow(child);
  child.stdin.on('error', () => {});
  child.stdin.end(options.input);
  const exited = new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.once('exit', (code, signal) => resolve([code, signal]));
  });
  const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    child.once('error', resolve);
    child.once('spawn', () => resolve(undefined));
  });
  if (failure || pid === undefined) return notStarted(options, failure);
  options.onStarted(pid);

  const run = { runId: options.runId, pid };
  let ending: Promise<number[]> | undefined;
  const end = (): void => {
    ending ??= endRun(run, options.killSignal.aborted ? 0 : options.graceMs, options.killSignal);
  };
  options.signal.addEventListener('abort', end, { once: true });
  if (options.signal.aborted) end();
  const [exitCode, signal] = await exited;
  options.signal.removeEventListener('abort', end);
  await ending;
  const left = await endRun(run, options.killSignal.aborted ? 0 : options.graceMs, options.killSignal);
  if (left.length > 0) options.logger.error({ pids: left }, 'processes of the command would not die');
  await within(outputEnded, OUTPUT_END_MS);
  child.stdout.destroy();
  child.stderr.destroy();
  return { kind: 'ended', exitCode, signal, result: output.result, lastWords: output.lastWords() };
}

function startChild(
  options: CommandOptions,
  program: string,
  args: string[],
): ChildProcessWithoutNullStreams | CommandEnd {
  try {
    return spawn(program, args, {
      cwd: options.cwd,
      env: options.environment,
      // A session and a group of its own, so that a signal reaches all of it and no signal of a terminal does.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  } catch (error) {
    return notStarted(options, error as NodeJS.ErrnoException);
  }
}

function notStarted({ command, cwd }: CommandOptions, error: NodeJS.ErrnoException | undefined): CommandEnd {
  const code = error?.code ?? 'unknown error';
  const why: Record<string, string> = {
    ENOENT: `there is no such program${cwd === undefined ? '' : `, or no directory ${cwd}`}`,
    EACCES: 'it may not be executed',
    E2BIG: 'its arguments and environment are too large',
  };
  const message = `${command[0]} cannot be started: ${why[code] ?? error?.message ?? code} (${code})`;
  return { kind: 'not_started', message, retryable: PASSING.has(code) };
}

/** Reads both outputs to their ends. */
class CommandReader {
  readonly #options: CommandOptions;
  readonly #log = new TextTail(TAIL_CHARS);
  readonly #errors = new TextTail(TAIL_CHARS);
  result: unknown;

  constructor(options: CommandOptions) {
    this.#options = options;
  }

  /** Resolves when both outputs have ended. */
  async follow(child: ChildProcessWithoutNullStreams): Promise<void> {
    const spoken = new LineSplitter((line) => this.#takeSpoken(line));
    const errors = new LineSplitter((line) => this.#logged('stderr', this.#errors, line));
    await Promise.all([read(child.stdout, spoken), read(child.stderr, errors)]);
  }

  lastWords(): string {
    const errors = this.#errors.toString().trim();
    return errors === '' ? this.#log.toString().trim() : errors;
  }

  #takeSpoken(line: OutputLine): void {
    const spoken = readLine(line);
    if (spoken.kind === 'result') this.result = spoken.result;
    else if (spoken.kind === 'progress') this.#options.onProgress(spoken.update);
    else this.#logged('stdout', this.#log, line);
  }

  #logged(stream: 'stdout' | 'stderr', tail: TextTail, { text, cut }: OutputLine): void {
    tail.add(`${text}\n`);
    const shown = text.length > LOGGED_CHARS ? `${text.slice(0, LOGGED_CHARS)}…` : text;
    this.#options.logger.info({ stream, ...(cut ? { cut } : {}) }, shown);
  }
}

function read(stream: NodeJS.ReadableStream, splitter: LineSplitter): Promise<void> {
  return new Promise((resolve) => {
    stream.on('data', (chunk: Buffer) => splitter.write(chunk));
    stream.on('error', () => {});
    stream.once('close', () => {
      splitter.end();
      resolve();
    });
  });
}
