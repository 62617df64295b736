// A small real agent: registers, sends heartbeats, reads its inbox by streams, and reports as its test wants.
import {
  AgentDeregisterV1,
  AgentHeartbeatV1,
  type AgentId,
  AgentRegisterV1,
  type AgentRegistrationInput,
  AgentSignV1,
  codec,
  INBOX_GROUP,
  type Message,
  type MessageOfType,
  ReportCompletedV1,
  ReportFailedV1,
  ReportProgressV1,
  ReportStartedV1,
  streamKeys,
  TaskClaimV1,
  type TaskId,
} from '@nova-torch/protocol';
import { ack, type Broker, type ConsumerSlot, createConsumer, type Producer } from '@nova-torch/streams';
import { say } from './say.ts';

export type Assignment = MessageOfType<'task.assigned.v1'>['payload'];
export type Stop = MessageOfType<'task.stop.v1'>['payload'];

export interface TestAgentOptions {
  registration?: Partial<AgentRegistrationInput>;
  /** What it does with an assignment; default: reports completion at once. */
  work?: (assignment: Assignment, agent: TestAgent) => Promise<void> | void;
  /** Default 100 ms; 0 sends none. */
  heartbeatEveryMs?: number;
}

export interface TestAgent {
  readonly id: AgentId;
  readonly capacity: number;
  /** Everything it was given, in order. */
  readonly assignments: Assignment[];
  readonly stops: Stop[];
  /** What it says it works on. */
  readonly current: Set<TaskId>;
  /** When it registered last. */
  readonly registeredAtMs: number;
  started(assignment: Assignment): Promise<void>;
  progress(assignment: Assignment, percent?: number): Promise<void>;
  completed(
    assignment: Assignment,
    more?: Partial<MessageOfType<'report.completed.v1'>['payload']>,
  ): Promise<void>;
  failed(assignment: Assignment, more?: Partial<MessageOfType<'report.failed.v1'>['payload']>): Promise<void>;
  claim(assignment: Assignment): Promise<boolean>;
  /** Somebody saw its process end. */
  exited(): Promise<void>;
  leave(): Promise<void>;
  /** Registers again under its id, as a new process would. */
  registerAgain(): Promise<void>;
  /** Reads and says nothing any more. */
  stop(): Promise<void>;
}

interface World {
  readonly broker: Broker;
  readonly producer: Producer<Message>;
  ask(stream: string, message: Message): Promise<Message>;
}

const streams = streamKeys(0);

export async function joinAgent(world: World, options: TestAgentOptions): Promise<TestAgent> {
  const { broker, producer, ask } = world;
  const { work = (assignment, agent) => agent.completed(assignment), heartbeatEveryMs = 100 } = options;
  const registration = { role: 'developer', ...options.registration };
  let registeredAtMs = 0;
  const register = async (agentId?: AgentId): Promise<AgentId> => {
    const own = agentId === undefined ? registration : { ...registration, agent_id: agentId };
    registeredAtMs = Date.now();
    const answer = await ask(streams.registry, say(AgentRegisterV1, { registration: own }));
    if (answer.type !== 'agent.registered.v1') throw new Error(JSON.stringify(answer.payload));
    return answer.payload.agent.agent_id;
  };
  const id = await register();
  const publish = async (message: Message, stream: string = streams.tasksReports): Promise<void> =>
    void (await producer.publish(stream, message));
  const beat = (): void => {
    const heartbeat = say(AgentHeartbeatV1, { agent_id: id, current_tasks: [...agent.current] });
    publish(heartbeat, streams.registry).catch(() => undefined);
  };
  const agent: TestAgent = {
    ...{ id, capacity: registration.capacity ?? 1 },
    assignments: [],
    stops: [],
    current: new Set(),
    get registeredAtMs() {
      return registeredAtMs;
    },
    ...reportsOf(id, publish),
    async claim({ task_id, epoch, lease }) {
      const question = say(TaskClaimV1, { task_id, epoch, lease, agent_id: id });
      const answer = await ask(streams.tasksQueries, question);
      return answer.type === 'task.claimed.v1' && answer.payload.granted;
    },
    exited: () =>
      publish(say(AgentSignV1, { agent_id: id, sign: 'exited', detail: 'killed' }), streams.registry),
    async leave() {
      await agent.stop();
      await ask(streams.registry, say(AgentDeregisterV1, { agent_id: id, reason: 'done' }));
    },
    registerAgain: async () => void (await register(id)),
    async stop() {
      clearInterval(timer);
      await inbox.stop();
    },
  };
  const timer = heartbeatEveryMs > 0 ? setInterval(beat, heartbeatEveryMs) : undefined;
  const take = async (message: Message): Promise<void> => {
    // Taken for dead (a slow machine): it begins anew, as every agent does.
    if (message.type === 'agent.gone.v1') await register(id);
    if (message.type === 'task.stop.v1') agent.stops.push(message.payload);
    if (message.type !== 'task.assigned.v1') return;
    agent.assignments.push(message.payload);
    await work(message.payload, agent);
  };
  const inbox = createConsumer({
    broker,
    codec,
    group: INBOX_GROUP,
    consumer: fixedName(id),
    streams: [{ key: streams.agentInbox(id), kind: 'work', groups: [INBOX_GROUP] }],
    handlers: {
      batch: async (batch) => {
        await Promise.all(batch.map(({ message }) => take(message)));
        return batch.map(() => ack());
      },
    },
  });
  await inbox.start();
  return agent;
}

type Reports = Pick<TestAgent, 'started' | 'progress' | 'completed' | 'failed'>;

function reportsOf(id: AgentId, publish: (message: Message) => Promise<void>): Reports {
  const proof = ({ task_id, epoch, lease }: Assignment) => ({ task_id, epoch, lease, agent_id: id });
  return {
    started: (assignment) =>
      publish(say(ReportStartedV1, { ...proof(assignment), started_at_ms: Date.now() })),
    progress: (assignment, percent = 50) => publish(say(ReportProgressV1, { ...proof(assignment), percent })),
    completed: (assignment, more = {}) =>
      publish(say(ReportCompletedV1, { ...proof(assignment), started_at_ms: Date.now(), ...more })),
    failed: (assignment, more = {}) =>
      publish(say(ReportFailedV1, { ...proof(assignment), message: 'it did not work', ...more })),
  };
}

/** An inbox has one reader: its name needs no lease. */
function fixedName(name: string): ConsumerSlot {
  return {
    name,
    start: async () => undefined,
    stop: async () => undefined,
    leaseKeyOf: () => undefined,
    room: () => 0,
    handOver: () => undefined,
    onHandOver: () => () => undefined,
  };
}
