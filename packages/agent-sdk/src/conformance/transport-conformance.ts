// What every transport of an agent must do: run this suite against any new one.
//
// It needs the other side of the contract, reached past the transport: something that answers registrations, claims
// and messages, shows what arrived, and writes into inboxes (ConformancePlatform).
import assert from 'node:assert/strict';
import {
  type AgentId,
  type AgentRegistrationInput,
  MessageDeliveredV1,
  NovaError,
  newAgentId,
  newMessage,
  newMessageId,
  type TaskAssignedV1,
  type TaskId,
} from '@nova-torch/protocol';
import { endReport, progressReport, startedReport } from '../domain/reports.ts';
import { silentLogger } from '../logger.ts';
import { pause } from '../pause.ts';
import {
  AgentGoneError,
  type AgentTransport,
  type Connect,
  type InboxEntry,
  TransportUnavailableError,
} from '../transport/agent-transport.ts';

/** The other side of the contract. */
export interface ConformancePlatform {
  /** Answers claims with this. */
  grant: boolean | undefined;
  /** Ids of messages said to be delivered. */
  readonly delivered: readonly string[];
  readonly heartbeats: readonly { agent_id: AgentId; current_tasks: readonly string[]; draining: boolean }[];
  /** Agents that deregistered. */
  readonly left: readonly AgentId[];
  /** Puts an assignment into the inbox; `leaseMs` from now. */
  assign(agentId: AgentId, options?: { leaseMs?: number }): Promise<TaskAssignedV1['payload']>;
  /** Puts a message of another agent into the inbox and returns its id. */
  message(agentId: AgentId, body: unknown): Promise<string>;
  /** Puts something into the inbox that is no message. */
  postRaw(agentId: AgentId, json: string): Promise<unknown>;
  /** What was reported about a task, in order: started, progress, completed, failed. */
  reportedOf(taskId: TaskId): Promise<string[]>;
  /** Entries of the inbox handed out and not acknowledged. */
  pending(agentId: AgentId): Promise<number>;
  /** Removes the agent's inbox. */
  reap(agentId: AgentId): Promise<void>;
  /** Makes the platform unreachable for the transport; nothing is lost meanwhile. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
}

export interface ConformanceRunner {
  describe(name: string, body: () => void): void;
  it(name: string, test: () => Promise<void>, timeoutMs?: number): void;
}

export interface ConformanceOptions {
  readonly name: string;
  readonly runner: ConformanceRunner;
  readonly connect: () => Connect;
  readonly platform: () => ConformancePlatform;
}

const AWAY_TEST_MS = 60_000;

/** A transport under test and an agent that is registered through it. */
interface Subject {
  readonly transport: AgentTransport;
  readonly agentId: AgentId;
  readonly registration: AgentRegistrationInput & { agent_id: AgentId };
}

/** Declares the suite with the functions of a test runner (vitest, node:test, …). */
export function transportConformance({ name, runner, connect, platform }: ConformanceOptions): void {
  const withSubject = async (test: (subject: Subject) => Promise<void>): Promise<void> => {
    const transport = connect()({ logger: silentLogger });
    const agentId = newAgentId(0, Date.now());
    const registration = { agent_id: agentId, role: 'qa', skills: ['testing'], capacity: 2 };
    try {
      const { agent, heartbeatEveryMs } = await transport.register(registration);
      assert.equal(agent.agent_id, agentId);
      assert.ok(heartbeatEveryMs > 0);
      await test({ transport, agentId, registration });
    } finally {
      await transport.close();
      await transport.close();
    }
  };
  const it = (what: string, test: (subject: Subject) => Promise<void>, timeoutMs?: number): void =>
    runner.it(what, () => withSubject(test), timeoutMs);

  runner.describe(`the ${name} transport`, () => {
    inboxTests(it, platform);
    recoveryTests(it, connect, platform);
    settlementTests(it, platform);
    requestTests(it, platform);
    it(
      'rejects in time while the platform is away, says when it is back, and goes on',
      async ({ transport, agentId }) => {
        let back = 0;
        const end = transport.onBack(() => {
          back += 1;
        });
        await platform().goAway();
        const beat = { agentId, currentTasks: [], draining: false };
        await assert.rejects(transport.heartbeat(beat), TransportUnavailableError);
        await assert.rejects(
          transport.pull({ agentId, max: 1, waitMs: 50 }, never),
          TransportUnavailableError,
        );
        await platform().comeBack();
        await eventually(() => transport.heartbeat(beat), 20_000);
        await eventually(async () => assert.ok(back > 0));
        end();
        const assigned = await platform().assign(agentId);
        const [entry] = await pullSome(transport, agentId, 1, 20_000);
        assert.equal(assignmentOf(entry).payload.task_id, assigned.task_id);
      },
      AWAY_TEST_MS,
    );
  });
}

type Declare = (what: string, test: (subject: Subject) => Promise<void>, timeoutMs?: number) => void;

function inboxTests(it: Declare, platform: () => ConformancePlatform): void {
  it('hands out at most as many entries as asked for, oldest first', async ({ transport, agentId }) => {
    const first = await platform().assign(agentId);
    const second = await platform().assign(agentId);
    const [one, ...more] = await pullSome(transport, agentId, 1);
    assert.equal(more.length, 0);
    assert.equal(assignmentOf(one).payload.task_id, first.task_id);
    const [two] = await pullSome(transport, agentId, 5);
    assert.equal(assignmentOf(two).payload.task_id, second.task_id);
  });

  it('waits for an entry, and not longer than it was asked to', async ({ transport, agentId }) => {
    const startedAt = performance.now();
    assert.deepEqual(await transport.pull({ agentId, max: 1, waitMs: 100 }, never), []);
    assert.ok(performance.now() - startedAt < 3_000);
    const pulling = transport.pull({ agentId, max: 1, waitMs: 20_000 }, never);
    await pause(50);
    const assigned = await platform().assign(agentId);
    const [entry] = await pulling;
    assert.equal(assignmentOf(entry).payload.task_id, assigned.task_id);
    assert.ok(performance.now() - startedAt < 3_000);
  });

  it('ends a pull early when asked, with nothing', async ({ transport, agentId }) => {
    const ending = new AbortController();
    const pulling = transport.pull({ agentId, max: 1, waitMs: 20_000 }, ending.signal);
    await pause(50);
    ending.abort();
    const startedAt = performance.now();
    assert.deepEqual(await pulling, []);
    assert.ok(performance.now() - startedAt < 1_000);
  });
}

function recoveryTests(it: Declare, connect: () => Connect, platform: () => ConformancePlatform): void {
  it('hands out again what was not acknowledged, after a crash of the agent', async ({
    transport,
    agentId,
    registration,
  }) => {
    await platform().assign(agentId);
    const second = await platform().assign(agentId);
    const [one, two] = await pullSome(transport, agentId, 5, 20_000, 2);
    assert.ok(one && two);
    await transport.settle([{ agentId, entryIds: [one.entryId] }]);
    await transport.close();
    const next = connect()({ logger: silentLogger });
    try {
      await next.register(registration);
      const [again, ...more] = await pullSome(next, agentId, 5);
      assert.equal(assignmentOf(again).payload.task_id, second.task_id);
      assert.equal(more.length, 0);
    } finally {
      await next.close();
    }
  });

  it('is not stopped by an entry that is no message', async ({ transport, agentId }) => {
    await platform().postRaw(agentId, '{"no":"message"}');
    const assigned = await platform().assign(agentId);
    let found: InboxEntry | undefined;
    await eventually(async () => {
      for (const entry of await transport.pull({ agentId, max: 5, waitMs: 100 }, never)) {
        if ('message' in entry) found = entry;
        else await transport.settle([{ agentId, entryIds: [entry.entryId], deadLetter: entry.invalid }]);
      }
      assert.equal(assignmentOf(found).payload.task_id, assigned.task_id);
    });
    await eventually(async () => assert.equal(await platform().pending(agentId), 1));
  });

  it('says that the agent is gone when its inbox is', async ({ transport, agentId }) => {
    await platform().reap(agentId);
    await eventually(async () => {
      await assert.rejects(transport.pull({ agentId, max: 1, waitMs: 50 }, never), AgentGoneError);
    });
  });
}

function settlementTests(it: Declare, platform: () => ConformancePlatform): void {
  it('stores the reports of an assignment in order and acknowledges its entry', async ({
    transport,
    agentId,
  }) => {
    const { task_id } = await platform().assign(agentId);
    const [entry] = await pullSome(transport, agentId, 1);
    const assigned = assignmentOf(entry);
    const nowMs = transport.serverNowMs();
    const leaseUntilMs = assigned.payload.lease_until_ms;
    const ending = { kind: 'completed', result: { ok: true }, exitCode: 0 } as const;
    const settlements = [
      { agentId, leaseUntilMs, entryIds: [entry?.entryId ?? ''], report: startedReport(assigned, nowMs) },
      { agentId, leaseUntilMs, entryIds: [], report: progressReport(assigned, { percent: 50 }, nowMs) },
      { agentId, leaseUntilMs, entryIds: [], report: endReport(assigned, ending, nowMs) },
    ];
    const stored = settlements.map(() => ({ kind: 'stored' }));
    assert.deepEqual(await transport.settle(settlements), stored);
    assert.deepEqual(await platform().reportedOf(task_id), ['started', 'progress', 'completed']);
    assert.equal(await platform().pending(agentId), 0);
    // Sending it once more is harmless: the same reports, fenced by the same epoch and lease.
    assert.deepEqual(await transport.settle(settlements), stored);
  });

  it('stores the end of a short task with its entry', async ({ transport, agentId }) => {
    const { task_id } = await platform().assign(agentId);
    const [entry] = await pullSome(transport, agentId, 1);
    const nowMs = transport.serverNowMs();
    const ending = {
      kind: 'failed',
      code: 'X',
      message: 'no',
      retryable: true,
      exitCode: undefined,
    } as const;
    const report = endReport(assignmentOf(entry), ending, nowMs, nowMs);
    await transport.settle([{ agentId, entryIds: [entry?.entryId ?? ''], report }]);
    assert.deepEqual(await platform().reportedOf(task_id), ['failed']);
    assert.equal(await platform().pending(agentId), 0);
  });

  it('says that a message is delivered together with its acknowledgement', async ({ transport, agentId }) => {
    const id = await platform().message(agentId, 'hello');
    const [entry] = await pullSome(transport, agentId, 1);
    assert.ok(entry && 'message' in entry && entry.message.type === 'message.posted.v1');
    assert.ok(!platform().delivered.includes(id));
    const { message_id } = entry.message.payload;
    const nowMs = transport.serverNowMs();
    const fields = { sender: agentId, target: 'collaboration', nowMs };
    const payload = { message_id, agent_id: agentId, at_ms: nowMs };
    const delivered = newMessage(MessageDeliveredV1, payload, fields);
    await transport.settle([{ agentId, entryIds: [entry.entryId], delivered }]);
    await eventually(async () => assert.ok(platform().delivered.includes(id)));
    assert.equal(await platform().pending(agentId), 0);
  });
}

function requestTests(it: Declare, platform: () => ConformancePlatform): void {
  it('registers again under the same id', async ({ transport, agentId, registration }) => {
    await platform().assign(agentId);
    assert.equal((await transport.register(registration)).agent.agent_id, agentId);
    assert.equal((await pullSome(transport, agentId, 1)).length, 1);
  });

  it('sends heartbeats', async ({ transport, agentId }) => {
    const { task_id } = await platform().assign(agentId);
    await transport.heartbeat({ agentId, currentTasks: [task_id], draining: true });
    await eventually(async () => {
      const beat = platform().heartbeats.find(({ agent_id }) => agent_id === agentId);
      assert.deepEqual(beat, { agent_id: agentId, current_tasks: [task_id], draining: true });
    });
  });

  it('asks whether an old assignment may still start', async ({ transport, agentId }) => {
    await platform().assign(agentId, { leaseMs: -60_000 });
    const [entry] = await pullSome(transport, agentId, 1);
    platform().grant = false;
    assert.equal((await transport.claim(assignmentOf(entry))).granted, false);
    platform().grant = true;
    assert.equal((await transport.claim(assignmentOf(entry))).granted, true);
  });

  it('sends messages and says what became of them', async ({ transport, agentId }) => {
    const messageId = newMessageId(0, Date.now());
    const sent = await transport.send({ messageId, from: agentId, to: 'role:qa', body: { n: 1 } });
    assert.equal(sent.from, agentId);
    const nobody = {
      messageId: newMessageId(0, Date.now()),
      from: agentId,
      to: 'role:nobody',
      body: 1,
    } as const;
    await assert.rejects(transport.send(nobody), (error) => {
      assert.ok(error instanceof NovaError);
      assert.equal(error.code, 'NO_RECIPIENT');
      return true;
    });
  });

  it('deregisters', async ({ transport, agentId }) => {
    await transport.deregister(agentId, 'the test is over');
    assert.ok(platform().left.includes(agentId));
  });

  it('knows the clock of the broker', async ({ transport }) => {
    assert.ok(Math.abs(transport.serverNowMs() - Date.now()) < 2_000);
  });
}

const never = new AbortController().signal;

function assignmentOf(entry: InboxEntry | undefined): TaskAssignedV1 {
  assert.ok(entry && 'message' in entry && entry.message.type === 'task.assigned.v1');
  return entry.message;
}

/** Pulls until there are `atLeast` entries, or `timeoutMs` are over. */
async function pullSome(
  transport: AgentTransport,
  agentId: AgentId,
  max: number,
  timeoutMs = 20_000,
  atLeast = 1,
): Promise<InboxEntry[]> {
  const entries: InboxEntry[] = [];
  await eventually(async () => {
    entries.push(...(await transport.pull({ agentId, max, waitMs: 200 }, never)));
    assert.ok(entries.length >= atLeast);
  }, timeoutMs);
  return entries;
}

async function eventually(probe: () => Promise<unknown>, timeoutMs = 20_000): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    try {
      await probe();
      return;
    } catch (error) {
      if (performance.now() >= giveUpAt) throw error;
    }
    await pause(10);
  }
}
