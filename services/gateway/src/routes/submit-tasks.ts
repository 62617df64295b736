import { BATCH_TASKS_MAX, newTaskId, PAYLOAD_BYTES_MAX, type TaskId, TaskSpec } from '@nova-torch/protocol';
import { classifyError, problemDocument } from '@nova-torch/service-kit';
import { BrokerTimeoutError, BrokerUnavailableError, PayloadTooLargeError } from '@nova-torch/streams';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { Principal } from '../domain/principal.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS, Problem } from '../http/problem-schema.ts';
import { tooLarge } from '../http/read-body.ts';
import { type Kept, NOT_KEPT } from '../journal/intake.ts';
import {
  type AcceptedTask,
  type Admitted,
  isAsked,
  keepTasks,
  reserveTaskIds,
  type Submission,
  sendTask,
  submissionMessage,
  withDurability,
} from '../submitting.ts';
import { idempotencyHeaders } from './parameters.ts';
import { Accepted } from './submit-task.ts';

const BATCH_BYTES_MAX = 8 * 1024 * 1024;
/** Plain tasks that go out in one round trip. */
const TASKS_PER_WRITE = 100;
/** Tasks with dependencies or a parent that are asked about at one time. */
const QUESTIONS_AT_ONCE = 32;

const Batch = z.strictObject({ tasks: z.array(TaskSpec).min(1).max(BATCH_TASKS_MAX) }).meta({
  id: 'TaskBatch',
  examples: [{ tasks: [{ title: 'Test the API' }, { title: 'Test the console', role: 'qa' }] }],
});
/** What is checked before the items are looked at one by one. */
const LooseBatch = z.strictObject({ tasks: z.array(z.unknown()).min(1).max(BATCH_TASKS_MAX) });

const ItemResult = z.object({
  index: z.int().describe('Position in `tasks`, from 0'),
  task: Accepted.optional(),
  error: Problem.optional(),
});
const BatchResult = z
  .object({
    accepted: z.int(),
    refused: z.int(),
    results: z.array(ItemResult).describe('One for each task, in order: `task` or `error`'),
  })
  .meta({ id: 'BatchResult' });

type Outcome = AcceptedTask | Error;
/** A task of the batch that has its id. */
type Ready = Admitted & { readonly spec: TaskSpec; readonly index: number };

/** POST /v1/tasks/batch */
export function submitTasksRoute(app: GatewayHttp, deps: GatewayDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/tasks/batch',
    bodyLimit: BATCH_BYTES_MAX,
    config: { access: 'any', bodyBytesMax: BATCH_BYTES_MAX },
    schema: {
      operationId: 'submitTasks',
      tags: ['tasks'],
      summary: 'Submit many tasks',
      description:
        `Up to ${BATCH_TASKS_MAX} tasks and 8 MiB; each task stands for itself, one that is refused does not stop the ` +
        'others. With an Idempotency-Key each position of the batch is one request.',
      headers: idempotencyHeaders,
      body: Batch,
      response: answers({ 202: BatchResult }, [...COMMON_ERRORS.tell, 'JOURNAL_UNAVAILABLE']),
    },
    validatorCompiler: ({ httpPart, ...route }) => {
      const schema = httpPart === 'body' ? LooseBatch : (route.schema as unknown as z.ZodType);
      return validatorCompiler({ ...route, schema });
    },
    handler: async (request, reply) => {
      const key = request.headers['idempotency-key'];
      const items: readonly unknown[] = request.body.tasks;
      const nowMs = deps.broker.serverNowMs();
      const parsed = items.map((body, index) =>
        parseItem(
          body,
          () => newTaskId(deps.partition, nowMs),
          // A blank is in no key of a request, so no other request has this one.
          key === undefined ? undefined : `${key} ${index}`,
        ),
      );
      const outcomes = await submitAll(deps, request.principal, parsed);
      const results = outcomes.map((outcome, index) => resultOf(outcome, index, request.id));
      const accepted = results.filter(({ task }) => task !== undefined).length;
      deps.metrics.tasksAccepted.inc({ route: 'batch' }, accepted);
      return reply.code(202).send({ accepted, refused: results.length - accepted, results });
    },
  });
}

function parseItem(body: unknown, newId: () => TaskId, key: string | undefined): Submission | Error {
  const bytes = Buffer.byteLength(JSON.stringify(body) ?? '');
  if (bytes > PAYLOAD_BYTES_MAX) return tooLarge(body, bytes, PAYLOAD_BYTES_MAX);
  const spec = TaskSpec.safeParse(body);
  return spec.success ? { spec: spec.data, body, taskId: newId(), key } : spec.error;
}

/** Throws only what makes nothing of the batch happen; what goes wrong later is the outcome of the items concerned. */
async function submitAll(
  deps: GatewayDeps,
  principal: Principal,
  parsed: readonly (Submission | Error)[],
): Promise<Outcome[]> {
  const outcomes: (Outcome | undefined)[] = parsed.map((item) => (item instanceof Error ? item : undefined));
  const good = parsed.flatMap((item, index) => (item instanceof Error ? [] : [{ ...item, index }]));
  const admitted = await reserveTaskIds(deps, principal, good);
  const ready = good.flatMap(({ spec, index }, position): Ready[] => {
    const one = admitted[position];
    if (one !== undefined && !(one instanceof Error))
      return [{ ...one, spec: withDurability(deps, spec), index }];
    outcomes[index] = one ?? new Error('no id was reserved');
    return [];
  });
  const { kept, refusal } = await keepAll(deps, principal, ready);
  const isRefused = ({ spec }: Ready): boolean => refusal !== undefined && spec.durability === 'journal';
  for (const { index } of ready.filter(isRefused)) outcomes[index] = refusal;
  const rest = ready.filter((one) => !isRefused(one));
  const plain = rest.filter(({ spec }) => !isAsked(spec));
  let failure: Error | undefined;
  for (const chunk of chunksOf(plain, TASKS_PER_WRITE)) {
    // A broker that was gone for one chunk is not waited for once more with each of the others.
    const written: readonly Outcome[] = failure ? [] : await writePlain(deps, principal, chunk, kept);
    if (failure) kept.failed(failure, idsOf(chunk));
    failure ??= written.find(isBrokerGone);
    for (const [position, { index }] of chunk.entries()) outcomes[index] = written[position] ?? failure;
  }
  const dependent = rest.filter(({ spec }) => isAsked(spec));
  for (const chunk of chunksOf(dependent, QUESTIONS_AT_ONCE)) {
    if (failure) kept.failed(failure, idsOf(chunk));
    const sent = await Promise.all(
      chunk.map((one) => failure ?? sendTask(deps, principal, one, kept).catch(asError)),
    );
    failure ??= sent.find(isBrokerGone);
    for (const [position, { index }] of chunk.entries()) outcomes[index] = sent[position];
  }
  return outcomes.map((outcome) => outcome ?? new Error('the item was not handled'));
}

/** Keeps the whole batch at once: one group on the disk. */
async function keepAll(
  deps: GatewayDeps,
  principal: Principal,
  ready: readonly Ready[],
): Promise<{ readonly kept: Kept; readonly refusal: Error | undefined }> {
  try {
    return { kept: await keepTasks(deps, principal, ready), refusal: undefined };
  } catch (error) {
    return { kept: NOT_KEPT, refusal: asError(error) };
  }
}

const idsOf = (items: readonly Ready[]): string[] => items.map(({ taskId }) => taskId);

/** One round trip. When it fails it is not known which were taken: all of the chunk get the error. */
async function writePlain(
  deps: GatewayDeps,
  principal: Principal,
  chunk: readonly Ready[],
  kept: Kept,
): Promise<Outcome[]> {
  try {
    const messages = chunk.map(({ spec, taskId }) =>
      submissionMessage(deps.streams, principal, spec, taskId),
    );
    kept.sent(await deps.asking.tellAll(messages, kept.commands), idsOf(chunk));
    return chunk.map(({ taskId, spec: { durability = 'memory' } }) => ({
      ...{ task_id: taskId, status: 'accepted', durability },
    }));
  } catch (error) {
    if (!(error instanceof PayloadTooLargeError)) {
      kept.failed(error, idsOf(chunk));
      return chunk.map(() => asError(error));
    }
    // Nothing was sent, because one of them is too large: each for itself.
    const outcomes: Outcome[] = [];
    for (const one of chunk) outcomes.push(await sendTask(deps, principal, one, kept).catch(asError));
    return outcomes;
  }
}

function resultOf(outcome: Outcome, index: number, requestId: string): z.infer<typeof ItemResult> {
  if (!(outcome instanceof Error)) return { index, task: outcome };
  return { index, error: problemDocument({ ...classifyError(outcome), requestId }) };
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) =>
    items.slice(n * size, (n + 1) * size),
  );
}

const isBrokerGone = (outcome: Outcome): outcome is Error =>
  outcome instanceof BrokerUnavailableError || outcome instanceof BrokerTimeoutError;

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
