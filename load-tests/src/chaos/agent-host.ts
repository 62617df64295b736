// Several agents in one process that may be killed at any time: what each does is on disk before it goes on.
import { openSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Agent,
  type AssignedTask,
  gatewayTransport,
  streamsTransport,
  type TaskContext,
  TaskFailure,
} from '@nova-torch/agent-sdk';
import type { HistoryEvent } from '@nova-torch/testing';
import { COMMON_SKILL, RARE_SKILL, type Work } from './work.ts';

/** What a host is told, as JSON in its first argument. */
export interface AgentHostOptions {
  readonly agents: number;
  /** Where it writes what its agents do, one event per line. */
  readonly record: string;
  readonly brokerUrl?: string | undefined;
  readonly apiUrl?: string | undefined;
  readonly adminKey?: string | undefined;
}

/** Told to whoever started the host, over IPC. */
export type FromAgentHost = { readonly kind: 'ready' } | { readonly kind: 'agent'; readonly agentId: string };

const REPORT_EACH_MS = 300;
const END_WITHIN_MS = 5_000;

const { agents, record, brokerUrl, apiUrl, adminKey } = JSON.parse(
  process.argv[2] ?? '{}',
) as AgentHostOptions;
const file = openSync(record, 'a');
const write = (event: HistoryEvent) => writeSync(file, `${JSON.stringify(event)}\n`);
const tell = (message: FromAgentHost) => void (process.connected && process.send?.(message));
const told = new Set<string>();

async function work(
  task: AssignedTask,
  { agentId, epoch, attempt, signal, progress }: TaskContext,
): Promise<unknown> {
  const run = crypto.randomUUID();
  const { work_ms: workMs, failures } = task.inputs as unknown as Work;
  // What the platform takes of it is not known here; whoever reads the record finds out.
  const note = (kind: 'start' | 'report' | 'result', more: { outcome?: 'completed' | 'failed' } = {}) =>
    write({
      kind,
      at_ms: Date.now(),
      answer: 'unknown',
      task_id: task.task_id,
      agent_id: agentId,
      epoch,
      run,
      ...more,
    });
  note('start');
  if (!told.has(agentId)) tell({ kind: 'agent', agentId });
  told.add(agentId);
  for (let left = workMs; left > 0; left -= REPORT_EACH_MS) {
    await delay(Math.min(left, REPORT_EACH_MS), undefined, { signal });
    if (left <= REPORT_EACH_MS) continue;
    note('report');
    progress({ percent: Math.round(100 * (1 - left / workMs)), message: run });
  }
  if (attempt <= failures) {
    note('result', { outcome: 'failed' });
    throw new TaskFailure('CHAOS', `given up on purpose (run ${run})`);
  }
  note('result', { outcome: 'completed' });
  return { run };
}

const connect =
  brokerUrl === undefined
    ? gatewayTransport({ apiUrl: apiUrl ?? '', adminKey })
    : streamsTransport({ brokerUrl });
const fleet = Array.from({ length: agents }, (_, number) =>
  new Agent({
    role: 'developer',
    skills: number % 2 === 0 ? [COMMON_SKILL] : [COMMON_SKILL, RARE_SKILL],
    connect,
  }).onTask(work),
);
process.once('disconnect', () => {
  setTimeout(() => process.exit(1), END_WITHIN_MS).unref();
  void Promise.all(fleet.map((agent) => agent.stop({ hurry: true }))).then(() => process.exit(0));
});
await Promise.all(fleet.map((agent) => agent.start()));
for (const { agentId } of fleet) if (agentId !== undefined) tell({ kind: 'agent', agentId });
tell({ kind: 'ready' });
