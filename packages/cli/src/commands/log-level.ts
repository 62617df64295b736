import {
  CHANGEABLE_LOG_LEVELS,
  LOG_LEVEL_FOR_MAX_S,
  type LogLevelName,
  SERVICES,
  type ServiceName,
} from '@nova-torch/protocol';
import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { type CommandContext, openClient } from '../context.ts';
import { span } from '../option-values.ts';

interface Options {
  service?: ServiceName;
  instance?: string;
  for: number;
}

function aDayAtMost(value: string): number {
  const seconds = Math.round(span(value));
  if (seconds < 1 || seconds > LOG_LEVEL_FOR_MAX_S)
    throw new InvalidArgumentError('it must be from 1s to 1d.');
  return seconds;
}

/** `nova-torch log-level` */
export function addLogLevelCommand(program: Command, context: CommandContext): void {
  program
    .command('log-level')
    .description('have services log more, or less, for a while')
    .addArgument(new Argument('<level>', 'the level').choices([...CHANGEABLE_LOG_LEVELS]))
    .addOption(new Option('--service <service>', 'only this service').choices([...SERVICES]))
    .option('--instance <instance>', 'only this instance')
    .option('--for <span>', 'how long, such as 90s, 10m or 2h; at most a day', aDayAtMost, 600)
    .addHelpText('after', '\nExample:\n  nova-torch log-level debug --service task-router --for 10m')
    .action(async (level: LogLevelName, { service, instance, for: seconds }: Options) => {
      const client = await openClient(context);
      const change = await client.setLogLevel({
        ...{ level, for_s: seconds },
        ...(service !== undefined && { service }),
        ...(instance !== undefined && { instance }),
      });
      const until = new Date(change.until_ms).toISOString();
      context
        .output()
        .result(change, () => [
          `Logging at ${level} until ${until}: ${change.instances.join(', ') || 'no instance is known yet'}`,
        ]);
    });
}
