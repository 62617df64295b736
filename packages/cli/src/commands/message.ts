import { PRIORITIES, type Priority } from '@nova-torch/protocol';
import { type Command, Option } from 'commander';
import { type CommandContext, openClient } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { instant, span } from '../option-values.ts';

/** A body is JSON when it parses as an object or array, else a text. */
export function bodyOf(words: readonly string[]): unknown {
  const text = words.join(' ');
  if (!/^\s*[[{]/.test(text)) return { text };
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return { text };
  }
}

interface SendOptions {
  priority?: Priority;
  at?: string;
  in?: number;
  expires?: number;
}

async function send(
  context: CommandContext,
  to: string,
  words: string[],
  { priority, at, in: delay_s, expires: expires_in_s }: SendOptions,
): Promise<void> {
  if (at !== undefined && delay_s !== undefined) throw new CliError('usage', 'give --at or --in, not both');
  const message = {
    ...{ to, body: bodyOf(words) },
    ...(priority !== undefined && { priority }),
    ...(at !== undefined && { deliver_at: at }),
    ...(delay_s !== undefined && { delay_s }),
    ...(expires_in_s !== undefined && { expires_in_s }),
  };
  const sent = await (await openClient(context)).sendMessage(message);
  context.output().result(sent, () => {
    if (sent.deliver_at_ms !== undefined && sent.recipients.length === 0) {
      return [`${sent.message_id} will be delivered at ${new Date(sent.deliver_at_ms).toISOString()}`];
    }
    const recipients = sent.recipients.map(({ agent_id, state }) => `  ${agent_id}  ${state}`);
    return [`${sent.message_id} queued for ${recipients.length}`, ...recipients];
  });
}

const addSend = (parent: Command, context: CommandContext, name: string): Command =>
  parent
    .command('send <to> <message...>')
    .description(
      'send a message to an agent id, role:<role>, skill:<skill>, label:<name>=<value>, team:<team> or broadcast',
    )
    .addOption(
      new Option('-p, --priority <priority>', 'among what waits in one inbox').choices([...PRIORITIES]),
    )
    .option('--at <time>', 'deliver it at this time, such as 2026-12-24T18:00:00Z', instant)
    .option('--in <span>', 'deliver it after this span, such as 90s, 5m, 2h or 1d', span)
    .option('--expires <span>', 'nobody is given it after this span from now', span)
    .addHelpText(
      'after',
      `\nExamples:\n  ${name} role:qa "the build is ready"\n  ${name} team:blue --in 5m --expires 1h "stand-up"\n  ${name} broadcast '{"event":"freeze"}'`,
    )
    .action((to: string, words: string[], options: SendOptions) => send(context, to, words, options));

/** `nova-torch message send`, and `nova-torch send` for short */
export function addMessageCommands(program: Command, context: CommandContext): void {
  const message = program.command('message').description('send messages to agents');
  addSend(message, context, 'nova-torch message send');
  addSend(program, context, 'nova-torch send');
}
