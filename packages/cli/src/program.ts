// The table of contents of the command: every subcommand by name, and the one place where errors become exit codes.
import { NovaApiError } from '@nova-torch/client';
import { readFileVariables } from '@nova-torch/service-kit/file-variables';
import { Command, CommanderError } from 'commander';
import { addAgentCommands } from './commands/agent.ts';
import { addBackupCommands } from './commands/backup.ts';
import { addDeadLetterCommands } from './commands/dead-letters.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addJournalCommands } from './commands/journal.ts';
import { addLogLevelCommand } from './commands/log-level.ts';
import { addMessageCommands } from './commands/message.ts';
import { addScheduleCommands } from './commands/schedule.ts';
import { addStatusCommand } from './commands/status.ts';
import { addSubmitCommand } from './commands/submit.ts';
import { addTaskCommands } from './commands/task.ts';
import { addTopologyCommand } from './commands/topology.ts';
import { addUpCommand } from './commands/up.ts';
import { addWorkflowCommands } from './commands/workflow.ts';
import type { CommandContext } from './context.ts';
import { CliError, EXIT_CODES, type ExitName } from './exit-codes.ts';
import { createOutput, type Output } from './output.ts';

export interface CliStreams {
  env: NodeJS.ProcessEnv;
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
}

/** What may be given as a file: NOVA_API_KEY_FILE names one that holds the key. */
const FROM_FILES = ['NOVA_API_KEY', 'NOVA_BROKER_URL'];

const exitCodeLines = Object.values(EXIT_CODES).map(
  ({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`,
);

/** The whole command, not yet run. Its help texts are what docs/CLI.md shows. */
export function buildProgram(streams: CliStreams): Command {
  const program = new Command('nova-torch')
    .description('Runs fleets of agents: submit tasks, watch agents, send messages.')
    .option('--json', 'print one JSON document instead of text', false)
    .option('--api-url <url>', 'the gateway (default: NOVA_API_URL, else the local installation)')
    .option('--key <key>', 'key or token (default: NOVA_API_KEY, else the local admin key)')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .showSuggestionAfterError()
    .addHelpText('after', `\nExit codes:\n${exitCodeLines.join('\n')}`)
    .configureOutput({
      writeOut: (text) => void streams.stdout.write(text),
      writeErr: (text) => void streams.stderr.write(text),
    })
    .exitOverride();
  const context: CommandContext = {
    env: streams.env,
    options: () => program.opts(),
    output: () => createOutput(program.opts().json === true, streams),
  };
  addUpCommand(program, context);
  addSubmitCommand(program, context);
  addTaskCommands(program, context);
  addWorkflowCommands(program, context);
  addScheduleCommands(program, context);
  addAgentCommands(program, context);
  addMessageCommands(program, context);
  addJournalCommands(program, context);
  addDeadLetterCommands(program, context);
  addLogLevelCommand(program, context);
  addStatusCommand(program, context);
  addTopologyCommand(program, context);
  addBackupCommands(program, context);
  addDoctorCommand(program, context);
  return program;
}

/** The help of the command and of each subcommand, as `--help` prints it 110 columns wide. For docs/CLI.md. */
export function helpTexts(): { name: string; text: string }[] {
  const texts: { name: string; text: string }[] = [];
  const nothing = { write: () => undefined };
  const visit = (command: Command, name: string) => {
    let text = '';
    command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 110 });
    command.outputHelp();
    texts.push({ name, text });
    for (const sub of command.commands) visit(sub, `${name} ${sub.name()}`);
  };
  visit(buildProgram({ env: {}, stdout: nothing, stderr: nothing }), 'nova-torch');
  return texts;
}

/** Runs the command and resolves with its exit code. Never rejects: every error becomes a message and a code. */
export async function runCli(argv: readonly string[], streams: CliStreams): Promise<number> {
  const { env, problems } = readFileVariables(streams.env, FROM_FILES);
  const program = buildProgram({ ...streams, env });
  try {
    const [broken] = problems;
    if (broken !== undefined) throw new CliError('usage', `${broken.variable}: ${broken.expected}`);
    await program.parseAsync(argv, { from: 'user' });
    return Number(process.exitCode ?? EXIT_CODES.ok.code);
  } catch (error) {
    // Commander has printed its own message already.
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? EXIT_CODES.ok.code : EXIT_CODES.usage.code;
    return report(error, createOutput(program.opts().json === true, streams));
  }
}

function report(error: unknown, output: Output): number {
  const { exit, message, hint, code } = describe(error);
  if (output.json) output.problem(JSON.stringify({ error: message, hint, code }));
  else {
    output.problem(`nova-torch: ${message}`);
    if (hint) output.problem(`  ${hint}`);
  }
  return EXIT_CODES[exit].code;
}

function describe(error: unknown): {
  exit: ExitName;
  message: string;
  hint?: string | undefined;
  code?: string;
} {
  if (error instanceof CliError) return { exit: error.exit, message: error.message, hint: error.hint };
  if (error instanceof NovaApiError) {
    // One that stands alone is the message already.
    const fields = error.errors
      .filter(({ field, detail }) => !error.message.startsWith(`${field}: ${detail}`))
      .map(
        ({ field, detail }) => `
  ${field}: ${detail}`,
      )
      .join('');
    return { exit: exitOf(error), message: `${error.message}${fields}`, hint: error.hint, code: error.code };
  }
  if (error instanceof Error && error.name === 'AbortError')
    return { exit: 'interrupted', message: 'interrupted' };
  return { exit: 'failed', message: error instanceof Error ? error.message : String(error) };
}

function exitOf(error: NovaApiError): ExitName {
  if (error.status === 401 || error.status === 403) return 'refused';
  if (error.status === 0 || error.status === 503) return 'unavailable';
  return error.status === 400 ? 'usage' : 'failed';
}
