import type {
  AgentId,
  ErrorCode,
  Message,
  MessageOfType,
  MessageType,
  SpawnId,
  StreamKeys,
} from '@nova-torch/protocol';
import { newMessage, RequestRefusedV1, SpawnStateV1 } from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome, type Outgoing, replyOutgoing } from '@nova-torch/streams';
import type { StoredSpawn } from '../domain/spawn.ts';
import type { SpawnReconciler } from '../loops/spawn-reconciler.ts';
import type { SpawnerMetrics } from '../metrics.ts';
import type { SpawnStore } from '../store/spawn-store.ts';
import type { Templates } from '../templates.ts';

/** What the consumers of the spawner work with. */
export interface SpawnerDeps {
  readonly instance: string;
  readonly owner: string;
  readonly host: string;
  readonly agentsMax: number;
  readonly templates: Templates;
  readonly store: SpawnStore;
  readonly reconciler: SpawnReconciler;
  readonly metrics: SpawnerMetrics;
  readonly streams: StreamKeys;
  /** All agents are being ended with the spawner: no new one is started. */
  closing: boolean;
  readonly newAgentId: () => AgentId;
  /** The broker's clock, ms. */
  readonly nowMs: () => number;
}

/** A delivered message of one type. */
export type DeliveredOf<T extends MessageType> = Delivered<MessageOfType<T>>;

/** Acknowledges a request and answers it in the same step; `also` goes out with the answer. */
export function answer(
  request: Delivered<Message>,
  reply: Message,
  also: readonly Outgoing<Message>[] = [],
): Outcome<Message> {
  return ack([replyOutgoing(request, reply), ...also]);
}

/** Answers with the state of a spawn. */
export function answerSpawn(
  deps: SpawnerDeps,
  request: Delivered<Message>,
  spawn: StoredSpawn,
): Outcome<Message> {
  const fields = { sender: deps.instance, target: request.message.sender, nowMs: deps.nowMs() };
  return answer(request, newMessage(SpawnStateV1, { spawn: spawn.record }, fields));
}

/** Answers that the request is refused, with a code of the error table. */
export function refuse(
  deps: SpawnerDeps,
  request: Delivered<Message>,
  refusal: { code: ErrorCode; detail: string; field?: string },
  also: readonly Outgoing<Message>[] = [],
): Outcome<Message> {
  const fields = { sender: deps.instance, target: request.message.sender, nowMs: deps.nowMs() };
  return answer(request, newMessage(RequestRefusedV1, refusal, fields), also);
}

/** The spawn as it is stored now; a record that has just been written is there. */
export async function stored(deps: SpawnerDeps, spawnId: SpawnId): Promise<StoredSpawn> {
  const spawn = await deps.store.get(spawnId);
  if (!spawn) throw new Error(`the record of ${spawnId} is gone`);
  return spawn;
}
