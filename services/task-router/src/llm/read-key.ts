import { readFileSync } from 'node:fs';
import { ConfigError } from '@nova-torch/service-kit';

/** What may stand in a header; anything else is no key. */
const KEY = /^[\x21-\x7e]{1,4096}$/;

/** The key a file holds, blanks around it left out. Throws ConfigError, which never tells what is in the file. */
export function readKeyFile(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw unusable(`${file} cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
  if (!KEY.test(text)) throw unusable(`${file} must hold the key alone, in one line`);
  return text;
}

const unusable = (problem: string): ConfigError =>
  new ConfigError([{ variable: '', given: undefined, expected: `NOVA_LLM_KEY_FILE: ${problem}` }]);
