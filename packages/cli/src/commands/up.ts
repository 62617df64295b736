import { type Command, InvalidArgumentError } from 'commander';
import { type CommandContext, interruptible } from '../context.ts';
import { findInstallation, homeOf } from '../installation.ts';

const GATEWAY_PORT_DEFAULT = 7400;

function portNumber(value: string): number {
  const port = Number(value);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('a port is 0 to 65535; 0 is any free one.');
  return port;
}

/** `nova-torch up` */
export function addUpCommand(program: Command, context: CommandContext): void {
  program
    .command('up')
    .description('start everything here: broker, the five services, four agents, and a first job')
    .option('--path <dir>', 'directory the first job reports on (default: this repository)')
    .option('--once', 'end after the job', false)
    .option('--no-job', 'start without a first job')
    .option('--port <port>', 'port of the gateway', portNumber, GATEWAY_PORT_DEFAULT)
    .addHelpText(
      'after',
      '\nExamples:\n  nova-torch up\n  nova-torch up --once --path ~/project\n  NOVA_BROKER_URL=redis://:secret@10.0.0.5:6379 nova-torch up --no-job',
    )
    .action(async (options: { path?: string; once: boolean; job: boolean; port: number }) => {
      const { up } = await import('../up/up.ts');
      const { signal, done } = interruptible();
      const output = context.output();
      output.line('Nova-Torch starts');
      try {
        await up({
          home: homeOf(context.env),
          path: options.path ?? findInstallation().root,
          port: options.port,
          once: options.once,
          job: options.job,
          env: context.env,
          output,
          signal,
        });
      } finally {
        done();
      }
    });
}
