// The file with the policy of each stream (deploy/config/messaging.yaml): read, checked whole, told by path.
import { readFileSync } from 'node:fs';
import {
  DEFAULT_MESSAGING,
  type Messaging,
  type MessagingProblem,
  readMessaging,
} from '@nova-torch/protocol';
import { parseDocument } from 'yaml';
import { ConfigError } from './env.ts';

/** The file cannot be used; the message lists every problem with its path. */
export class MessagingFileError extends ConfigError {
  /** Told apart from the message for whoever prints them otherwise. */
  readonly found: readonly MessagingProblem[];

  constructor(file: string, found: readonly MessagingProblem[]) {
    super(
      found.map(({ path, problem }) => ({
        variable: '',
        given: undefined,
        expected: path === '' ? `${file}: ${problem}` : `${file}: ${path}: ${problem}`,
      })),
    );
    this.name = 'MessagingFileError';
    this.found = found;
  }
}

/**
 * The policy of every stream: what the file says over the built-in one, or that alone without a file. Throws
 * MessagingFileError, also when the file cannot be read.
 */
export function loadMessaging(file: string | undefined): Messaging {
  if (file === undefined) return DEFAULT_MESSAGING;
  const document = parseDocument(readText(file));
  const broken = document.errors.map(({ message }) => message.split('\n', 1)[0] ?? message);
  if (broken.length > 0) {
    throw new MessagingFileError(
      file,
      broken.map((problem) => ({ path: '', problem: problem.replace(/:$/, '') })),
    );
  }
  const read = readMessaging(document.toJS());
  if (!read.ok) throw new MessagingFileError(file, read.problems);
  return read.messaging;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new MessagingFileError(file, [{ path: '', problem }]);
  }
}
