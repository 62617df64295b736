// Where a rule does not hold, and why. An exception that nothing needs any more is reported as a problem.

export interface Exception {
  rule: string;
  /** A file, or a directory with a slash at its end. */
  path: string;
  reason: string;
}

export const EXCEPTIONS: readonly Exception[] = [
  {
    rule: 'environment',
    path: 'scripts/',
    reason:
      'programs of the repository: each is its own main and configures what it starts by the environment',
  },
  {
    rule: 'environment',
    path: 'deploy/docker/',
    reason: 'programs beside the images: each is its own main',
  },
  {
    rule: 'environment',
    path: 'load-tests/',
    reason: 'programs that measure: what they start gets their environment, with which a person tunes a run',
  },
  {
    rule: 'environment',
    path: 'deploy/docker/',
    reason:
      'programs that build images or run in them: each is its own main, and the environment is what it is given',
  },
];
