import { redactText } from '@nova-torch/logging';
import {
  BrokerAuthError,
  BrokerTimeoutError,
  BrokerUnavailableError,
  ProbeFailedError,
} from '@nova-torch/streams';
import { ConfigError, describeProblem } from './env.ts';

/** Exit codes of a service; those of sysexits.h where it has one. */
export const EXIT = { ok: 0, failed: 1, unavailable: 69, config: 78 } as const;

/** How a process that cannot start ends. */
export interface Ending {
  code: number;
  /** For standard error: one line that says what is wrong and what to do. */
  line: string;
  /** Whether the cause is inside the program: then the stack trace is worth having. */
  unexpected: boolean;
}

/** Tells what people can mend (configuration, a broker that is not there) from errors of the program. */
export function endingOf(name: string, error: unknown): Ending {
  const expected = (code: number, text: string): Ending => ({
    code,
    line: oneLine(`${name}: ${text}`),
    unexpected: false,
  });
  if (error instanceof ConfigError) {
    return expected(EXIT.config, `configuration: ${error.problems.map(describeProblem).join('; ')}`);
  }
  if (error instanceof BrokerAuthError || error instanceof ProbeFailedError) {
    return expected(EXIT.config, error.message);
  }
  if (error instanceof BrokerUnavailableError || error instanceof BrokerTimeoutError) {
    return expected(EXIT.unavailable, error.message);
  }
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (error instanceof Error && (code === 'EADDRINUSE' || code === 'EACCES' || code === 'EADDRNOTAVAIL')) {
    return expected(EXIT.config, `cannot listen: ${error.message} (NOVA_HTTP_HOST, NOVA_HTTP_PORT)`);
  }
  const text = error instanceof Error ? error.message : String(error);
  return { code: EXIT.failed, line: oneLine(`${name}: ${text}`), unexpected: true };
}

function oneLine(text: string): string {
  return redactText(text).replaceAll(/\s*\n\s*/g, ' ');
}
