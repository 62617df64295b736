// Reports of agents about their assignments, put on the task-router's stream in the agent's name.
import {
  type AgentId,
  type Message,
  type MessageDefinition,
  type MessageType,
  newMessage,
} from '@nova-torch/protocol';
import { currentTraceparent } from '@nova-torch/service-kit';
import type { z } from 'zod';
import type { GatewayDeps } from './deps.ts';
import { takeWithReport } from './taking-entries.ts';

type Definition = MessageDefinition & { type: MessageType };

/** Sends one report; the entries it settles are acknowledged with it. Rejects with the broker's error. */
export async function sendReport<D extends Definition>(
  deps: GatewayDeps,
  agentId: AgentId,
  report: { definition: D; payload: z.infer<D['payload']>; entryIds?: readonly string[] },
): Promise<{ server_time_ms: number }> {
  const { broker, asking, streams } = deps;
  const { definition, payload, entryIds = [] } = report;
  const addressed = { sender: agentId, target: 'task-router' };
  await takeWithReport(deps, agentId, entryIds, {
    message: () =>
      newMessage(definition, payload, {
        ...addressed,
        nowMs: broker.serverNowMs(),
        traceparent: currentTraceparent(),
      }) as unknown as Message,
    plainly: () => asking.tell({ ...addressed, stream: streams.tasksReports, definition, payload }),
  });
  return { server_time_ms: broker.serverNowMs() };
}
