/** Exit codes of the command, as `nova-torch help` and docs/CLI.md list them. Those above 63 are BSD's sysexits. */
export const EXIT_CODES = {
  ok: { code: 0, meaning: 'Done.' },
  failed: {
    code: 1,
    meaning:
      'It did not work; the message says why. `task wait`, `workflow wait`: a task ended otherwise than completed.',
  },
  usage: { code: 2, meaning: 'The command line is not valid.' },
  running: { code: 3, meaning: '`up`: an installation is already running on this directory.' },
  waiting: { code: 4, meaning: '`task wait`, `workflow wait`: the time is over and it has not ended.' },
  unavailable: { code: 69, meaning: 'The gateway or the broker cannot be reached.' },
  refused: { code: 77, meaning: 'The key is missing or may not do this.' },
  interrupted: { code: 130, meaning: 'Ended by Ctrl-C.' },
} as const;

export type ExitName = keyof typeof EXIT_CODES;

/** Ends the command with a message for a person and an exit code. Thrown anywhere, printed in one place. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exit: ExitName;
  readonly hint: string | undefined;
  constructor(exit: ExitName, message: string, hint?: string) {
    super(message);
    this.exit = exit;
    this.hint = hint;
  }
}
