import { findLocal, NovaClient } from '@nova-torch/client';
import { CliError } from './exit-codes.ts';
import { homeOf } from './installation.ts';
import type { Output } from './output.ts';

/** What every command gets. */
export interface CommandContext {
  readonly env: NodeJS.ProcessEnv;
  /** The options given before or after the command's name that belong to all commands. */
  options(): Record<string, unknown>;
  output(): Output;
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Where the gateway is and with which key: options, then environment, then the local installation. */
export async function findGateway(context: CommandContext): Promise<{ apiUrl: string; key: string }> {
  const local = await findLocal({ home: homeOf(context.env), env: context.env });
  const apiUrl = text(context.options().apiUrl) ?? text(context.env.NOVA_API_URL) ?? local.apiUrl;
  const key = text(context.options().key) ?? text(context.env.NOVA_API_KEY) ?? local.adminKey;
  if (!apiUrl) {
    throw new CliError(
      'unavailable',
      'no gateway is known: nothing runs here',
      'Start one with `npm start`, or name one with --api-url or NOVA_API_URL.',
    );
  }
  if (!key) throw new CliError('refused', 'no key is known', 'Give one with --key or NOVA_API_KEY.');
  return { apiUrl, key };
}

/** A client of that gateway. */
export async function openClient(context: CommandContext): Promise<NovaClient> {
  const { apiUrl, key } = await findGateway(context);
  return new NovaClient({ baseUrl: apiUrl, key });
}

/** Aborted by the first Ctrl-C or SIGTERM; the second ends the process at once. Call `done` when nothing needs it any more. */
export function interruptible(): { signal: AbortSignal; done: () => void } {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return {
    signal: controller.signal,
    done: () => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
    },
  };
}
