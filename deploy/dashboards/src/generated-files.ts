import { rulesFile } from './recording-rules.ts';

/** Every file that is made from the tables: its path from the root of the repository, and its text. */
export function generatedFiles(): Map<string, string> {
  return new Map([['deploy/alerts/recording.rules.yml', rulesFile()]]);
}
