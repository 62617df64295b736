import { openBroker } from '@nova-torch/streams';

export interface BrokerCommands {
  /** Calls per task, also those made inside scripts. */
  readonly calls_per_task: number;
  /** Time in the command per task, in microseconds; that of a script contains that of the commands it calls. */
  readonly us_per_task: number;
}

/** Forgets what the broker counted so far. */
export async function resetCommandStats(url: string): Promise<void> {
  const broker = await openBroker({ url, name: 'bench-stats' });
  await broker.call('CONFIG', 'RESETSTAT').catch(() => undefined);
  await broker.close();
}

/** What the broker did since, by command, the most costly first; empty where it does not count. */
export async function commandStats(url: string, tasks: number): Promise<Record<string, BrokerCommands>> {
  const broker = await openBroker({ url, name: 'bench-stats' });
  const info = String(await broker.call('INFO', 'commandstats').catch(() => ''));
  await broker.close();
  const found = [...info.matchAll(/cmdstat_(\S+?):calls=(\d+),usec=(\d+)/g)].map(
    ([, name = '', calls, us]) => {
      const per = (value: string | undefined) => Math.round((Number(value) / tasks) * 100) / 100;
      return [name, { calls_per_task: per(calls), us_per_task: per(us) }] as const;
    },
  );
  const costly = found.sort(([, a], [, b]) => b.us_per_task - a.us_per_task);
  return Object.fromEntries(costly.filter(([, { us_per_task }]) => us_per_task >= 0.1));
}
