import { type Arg, asNumber, type Broker, deadLetterKey, defineScript } from '@nova-torch/streams';

const script = defineScript<number>({
  name: 'settle-inbox',
  file: new URL('./settle-inbox.lua', import.meta.url),
  parse: asNumber,
});

export interface InboxSettlement {
  readonly inbox: string;
  readonly group: string;
  /** Encoded messages, in the order they are to be published in. */
  readonly publish: readonly { readonly stream: string; readonly json: string }[];
  readonly deadLetters: readonly {
    readonly entryId: string;
    readonly error: string;
    readonly reason: string;
  }[];
  readonly acknowledge: readonly string[];
}

/**
 * Publishes, puts aside and acknowledges in one script; returns how many entries were acknowledged. All streams share
 * the inbox's hash tag, else CrossTagError. May be repeated.
 */
export async function settleInbox(broker: Broker, settlement: InboxSettlement): Promise<number> {
  const { inbox, group, publish, deadLetters, acknowledge } = settlement;
  const keys = [inbox, deadLetterKey(inbox)];
  const indexes = new Map<string, number>();
  const indexOf = (stream: string): number => {
    const known = indexes.get(stream) ?? keys.push(stream);
    indexes.set(stream, known);
    return known;
  };
  const operations: Arg[] = [];
  for (const { stream, json } of publish) operations.push('P', indexOf(stream), json);
  for (const { entryId, error, reason } of deadLetters) operations.push('D', entryId, error, reason);
  if (acknowledge.length > 0) operations.push('K', acknowledge.length, ...acknowledge);
  const count = publish.length + deadLetters.length + (acknowledge.length > 0 ? 1 : 0);
  return broker.run(script, { keys, args: [group, count, ...operations] });
}
