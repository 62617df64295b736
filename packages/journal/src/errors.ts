/** The directory belongs to a process that runs. */
export class JournalLockedError extends Error {
  override readonly name = 'JournalLockedError';
  readonly dir: string;
  constructor(dir: string, holder: string) {
    super(`the journal in ${dir} is in use by ${holder}: a journal has one writer`);
    this.dir = dir;
  }
}

/** Nothing can be written now: the disk is full, the limit of the journal is reached, or the disk failed. */
export class JournalUnavailableError extends Error {
  override readonly name = 'JournalUnavailableError';
  constructor(reason: string, options: { cause?: unknown } = {}) {
    super(reason, options.cause === undefined ? undefined : { cause: options.cause });
  }
}

/** The directory holds a journal of another version, or something else. */
export class JournalFormatError extends Error {
  override readonly name = 'JournalFormatError';
}
