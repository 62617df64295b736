import type { Broker } from '../broker.ts';
import type { Replayed } from '../dead-letters.ts';
import { asStrings } from '../replies.ts';
import { defineScript } from '../script.ts';
import { deadLetterKey, replayedKey } from '../stream-declaration.ts';

/** How long it is remembered that a dead letter was put back, in ms. */
const REMEMBERED_MS = 24 * 3_600_000;

const script = defineScript<Replayed>({
  name: 'replay-dead-letter',
  file: new URL('./replay-dead-letter.lua', import.meta.url),
  parse: (reply) => {
    const [kind = '', entryId = ''] = asStrings(reply);
    return kind === 'replayed' || kind === 'repeated'
      ? { kind, entryId }
      : { kind: kind === 'no_stream' ? kind : 'unknown' };
  },
});

/** What is to be put back: a dead letter of `stream`, to `source`, where it came from. */
export interface Replay {
  readonly stream: string;
  readonly source: string;
  readonly id: string;
  readonly onlyItsGroup: boolean;
  /** What its history gets, as JSON. */
  readonly mark: string;
  readonly publish: readonly { readonly stream: string; readonly json: string }[];
}

/** Puts a dead letter back. All streams share one tag, else CrossTagError. */
export function replayDeadLetter(broker: Broker, replay: Replay): Promise<Replayed> {
  const { stream, source, id, onlyItsGroup, mark, publish } = replay;
  return broker.run(script, {
    keys: [
      ...[source, deadLetterKey(stream), replayedKey(stream, id)],
      ...publish.map((message) => message.stream),
    ],
    args: [id, onlyItsGroup ? '1' : '0', mark, REMEMBERED_MS, ...publish.map(({ json }) => json)],
  });
}
