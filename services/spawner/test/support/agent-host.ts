// Stands where `nova-torch agent run` stands: registers under the spawner's ids, then runs the command once and ends
// with it. Small and quick, so that the tests of the spawner do not wait for tasks.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const { NOVA_BROKER_URL: url = '', NOVA_AGENT_ID, NOVA_SPAWN_ID } = process.env;
const [program = '', ...args] = process.argv.slice(process.argv.indexOf('--') + 1);
const role = process.argv[process.argv.indexOf('--role') + 1] ?? '';

// As the real host does: what only a spawner gives to a host is not handed on.
const { NOVA_SUPERVISOR_FILE: _, ...environment } = process.env;
const child = spawn(program, args, { stdio: 'inherit', env: environment });
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.once('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
await once(child, 'spawn');

if (role !== 'shy') {
  // Loaded only now, so that the command runs as early as it can.
  const { AgentId, AgentRegisterV1, AgentRegistration, codec, newMessage, SpawnId, streamKeys } =
    await import('@nova-torch/protocol');
  const { createProducer, openBroker } = await import('@nova-torch/streams');
  const broker = await openBroker({ url, name: 'test-host' });
  const registration = AgentRegistration.parse({
    agent_id: AgentId.parse(NOVA_AGENT_ID),
    spawn_id: SpawnId.parse(NOVA_SPAWN_ID),
    role,
    transport: 'streams',
  });
  const fields = { sender: String(NOVA_AGENT_ID), target: 'registry', nowMs: Date.now() };
  const message = newMessage(AgentRegisterV1, { registration }, fields);
  await createProducer(broker, codec).publish(streamKeys(0).registry, message);
  await broker.close();
}
