// The small fleet of a local installation: one agent of each template the report job needs, started by the spawner.
import type { NovaClient } from '@nova-torch/client';
import { CliError } from '../exit-codes.ts';

export const FLEET = ['developer', 'qa', 'pm', 'devops'] as const;

export interface FleetMember {
  template: string;
  agent_id: string;
  role: string;
  ready_ms: number;
}

/** Asks for one agent of each template and waits until each has registered. */
export async function startFleet(
  client: NovaClient,
  onReady: (member: FleetMember) => void,
  signal: AbortSignal,
): Promise<FleetMember[]> {
  return Promise.all(
    FLEET.map(async (template) => {
      const spawn = await waitUntilRunning(client, await client.spawnAgent({ template }), signal);
      const member = {
        template,
        agent_id: spawn.agent_id,
        role: spawn.role,
        ready_ms: (spawn.ready_at_ms ?? spawn.requested_at_ms) - spawn.requested_at_ms,
      };
      onReady(member);
      return member;
    }),
  );
}

type Spawn = Awaited<ReturnType<NovaClient['spawnAgent']>>;

const LOOK_EVERY_MS = 200;

async function waitUntilRunning(client: NovaClient, spawn: Spawn, signal: AbortSignal): Promise<Spawn> {
  let present = spawn;
  while (present.state === 'starting') {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    present = (await client.listSpawns()).find(({ spawn_id }) => spawn_id === spawn.spawn_id) ?? present;
  }
  if (present.state === 'running') return present;
  throw new CliError(
    'failed',
    `the agent ${present.template} did not start: ${present.reason ?? present.state}`,
  );
}
