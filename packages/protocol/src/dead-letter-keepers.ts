// Which service keeps the dead letters of which stream, and where it is asked about them.
import { policyName, type WorkField } from './messaging.ts';
import { INBOXES, SERVICES, type ServiceName, STREAMS, type StreamField, type StreamRow } from './streams.ts';

const kept = (Object.keys(STREAMS) as (keyof typeof STREAMS)[])
  .filter((field): field is WorkField | 'agentInbox' => STREAMS[field].kind === 'work')
  .map((field) => {
    const row: StreamRow = STREAMS[field];
    const [group] = row.readBy;
    const owner = field === 'agentInbox' ? 'registry' : SERVICES.find((service) => service === group);
    return { field, name: policyName(field), owner };
  });

/** The names under which a service keeps dead letters, in the order they are listed. */
export const deadLetterNames = (service: ServiceName): readonly string[] =>
  kept.filter(({ owner }) => owner === service).map(({ name }) => name);

/** The streams whose dead letters a service keeps. */
export const deadLetterFields = (service: ServiceName): readonly (WorkField | 'agentInbox')[] =>
  kept.filter(({ owner }) => owner === service).map(({ field }) => field);

/** The service that keeps the dead letters of a name; undefined if there are none of that name. */
export const deadLetterOwner = (name: string): ServiceName | undefined =>
  kept.find((one) => one.name === name)?.owner;

/** The name under which the dead letters of a stream are kept; a stream's own unless it is an inbox. */
export const keptUnder = (stream: string): string => (stream.startsWith(`${INBOXES}.`) ? INBOXES : stream);

/** Where a service is asked about its dead letters; the gateway reads no work stream and keeps none. */
export const UPKEEP_STREAMS = {
  registry: 'upkeepRegistry',
  'task-router': 'upkeepTaskRouter',
  spawner: 'upkeepSpawner',
  collaboration: 'upkeepCollaboration',
} as const satisfies Record<Exclude<ServiceName, 'gateway'>, StreamField>;

/** The services that keep dead letters, in the order they are asked. */
export const DEAD_LETTER_KEEPERS = Object.keys(UPKEEP_STREAMS) as (keyof typeof UPKEEP_STREAMS)[];
