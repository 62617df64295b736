import { asHash, asNumber, asString, type Broker, defineScript } from '@nova-torch/streams';
import type { DurationChanges, RunRecord } from '../domain/analysis/run-durations.ts';
import { NotLeaderError } from './apply-transitions.ts';
import type { RouterKeys } from './keys.ts';

const script = defineScript({
  name: 'save-durations',
  file: new URL('./save-durations.lua', import.meta.url),
  parse: asNumber,
});

/** Stores what changed, in one call. Throws NotLeaderError. */
export async function saveRunRecords(
  broker: Broker,
  keys: RouterKeys,
  term: number,
  { records, dropped }: DurationChanges,
): Promise<void> {
  const fields = [...records].flatMap(([type, record]) => [type, JSON.stringify(record)]);
  const answer = await broker.run(script, {
    keys: [keys.leader, keys.durations],
    args: [term, records.size, ...fields, ...dropped],
  });
  if (answer < 0) throw new NotLeaderError(term);
}

/** The run records of all task types: as many as the active router remembers. */
export async function readRunRecords(broker: Broker, keys: RouterKeys): Promise<[string, RunRecord][]> {
  const stored = asHash(await broker.call('HGETALL', keys.durations));
  return Object.entries(stored ?? {}).map(([type, json]) => [type, JSON.parse(json) as RunRecord]);
}

/** The run record of one task type, as it was stored last; any replica may ask. */
export async function readRunRecord(
  broker: Broker,
  keys: RouterKeys,
  type: string,
): Promise<RunRecord | undefined> {
  const json = asString(await broker.call('HGET', keys.durations, type));
  return json === '' ? undefined : (JSON.parse(json) as RunRecord);
}
