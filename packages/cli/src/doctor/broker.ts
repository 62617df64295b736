import { openBroker, probeServer } from '@nova-torch/streams';
import { type Finding, ok, problem } from './finding.ts';

/** Connects to the broker and runs the probe every service runs at its start. */
export async function checkBroker(url: string): Promise<Finding> {
  try {
    const broker = await openBroker({ url, name: 'doctor' });
    try {
      const { kind, version, checks } = await probeServer(broker);
      const failed = checks.filter((check) => !check.ok);
      return failed.length === 0
        ? ok(
            'broker',
            `${kind} ${version} at ${broker.address} does all of ${checks.length} things we rely on`,
          )
        : problem(
            'broker',
            `${kind} ${version} fails: ${failed.map(({ name, detail }) => `${name} (${detail})`).join('; ')}`,
            'Use Dragonfly 2.0, Valkey 8 or Redis 7, or later.',
          );
    } finally {
      await broker.close();
    }
  } catch (error) {
    return problem(
      'broker',
      error instanceof Error ? error.message : String(error),
      'Is it running, and is NOVA_BROKER_URL right?',
    );
  }
}
