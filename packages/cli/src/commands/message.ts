import type { Command } from 'commander';
import { type CommandContext, openClient } from '../context.ts';

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

/** `nova-torch message send` */
export function addMessageCommands(program: Command, context: CommandContext): void {
  const message = program.command('message').description('send messages to agents');
  message
    .command('send <to> <message...>')
    .description(
      'send a message to an agent id, role:<role>, skill:<skill>, label:<name>=<value>, team:<team> or broadcast',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  nova-torch message send role:qa "the build is ready"\n  nova-torch message send broadcast \'{"event":"freeze"}\'',
    )
    .action(async (to: string, words: string[]) => {
      const sent = await (await openClient(context)).sendMessage({ to, body: bodyOf(words) });
      const recipients = sent.recipients.map(({ agent_id, state }) => `  ${agent_id}  ${state}`);
      context
        .output()
        .result(sent, () => [`${sent.message_id} queued for ${recipients.length}`, ...recipients]);
    });
}
