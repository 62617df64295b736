import type { Broker } from '../broker.ts';
import { asString } from '../replies.ts';
import { defineScript } from '../script.ts';
import { deadLetterKey } from '../stream-declaration.ts';

const script = defineScript<string>({
  name: 'replay-dead-letter',
  file: new URL('./replay-dead-letter.lua', import.meta.url),
  parse: asString,
});

/** Puts a dead letter back on its stream; returns the new entry id, or undefined if there is no such dead letter. */
export async function replayDeadLetter(
  broker: Broker,
  stream: string,
  id: string,
  onlyItsGroup: boolean,
): Promise<string | undefined> {
  const keys = [stream, deadLetterKey(stream)];
  const entryId = await broker.run(script, { keys, args: [id, onlyItsGroup ? '1' : '0'] });
  return entryId === '' ? undefined : entryId;
}
