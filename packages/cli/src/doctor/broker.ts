import { SERVICES, STREAMS, tagOf } from '@nova-torch/protocol';
import {
  type Broker,
  openBroker,
  parseServerLoad,
  probeServer,
  readBacklogs,
  type ServerLoad,
} from '@nova-torch/streams';
import { type Finding, ok, problem } from './finding.ts';
import { judgeBacklogs, judgeClock, judgeMemory, judgePersistence, type ReadBy } from './judge-broker.ts';

/**
 * Connects to the broker, runs the probe every service runs at its start, and looks at its memory, its saves, its clock
 * and what waits in the work streams of partition 0.
 */
export async function checkBroker(url: string): Promise<Finding[]> {
  let broker: Broker;
  try {
    broker = await openBroker({ url, name: 'doctor' });
  } catch (error) {
    return [unreachable(error)];
  }
  try {
    const { kind, version, checks } = await probeServer(broker);
    const failed = checks.filter((check) => !check.ok);
    if (failed.length > 0) {
      const what = failed.map(({ name, detail }) => `${name} (${detail})`).join('; ');
      return [
        problem(
          'broker',
          `${kind} ${version} fails: ${what}`,
          'Use Dragonfly 2.0, Valkey 8 or Redis 7, or later.',
        ),
      ];
    }
    const well = `${kind} ${version} at ${broker.address} does all of ${checks.length} things we rely on`;
    const load: ServerLoad = parseServerLoad(await broker.call('INFO'));
    return [
      ok('broker', well),
      judgeMemory(load),
      judgePersistence(load, broker.serverNowMs()),
      judgeClock(broker.serverNowMs() - Date.now()),
      ...judgeBacklogs(await readQueues(broker), broker.serverNowMs()),
    ];
  } catch (error) {
    return [unreachable(error)];
  } finally {
    await broker.close();
  }
}

function unreachable(error: unknown): Finding {
  const reason = error instanceof Error ? error.message : String(error);
  return problem('broker', reason, 'Is it running, and is NOVA_BROKER_URL right?', 'broker-connection-lost');
}

/** What waits for each service in the work streams it reads. */
async function readQueues(broker: Broker): Promise<ReadBy[]> {
  const ofService = SERVICES.map(async (group): Promise<ReadBy[]> => {
    const streams = Object.values(STREAMS)
      .filter(({ kind, readBy }) => kind === 'work' && readBy.some((reader) => reader === group))
      .map(({ name }) => `${tagOf(0)}.${name}`);
    return (await readBacklogs(broker, streams, group)).map((backlog) => ({ group, ...backlog }));
  });
  return (await Promise.all(ofService)).flat();
}
