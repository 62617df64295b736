// How a workflow gets to the task-router: all of its tasks in the journal, then all of them in one message.
import {
  DEPENDENCIES_MAX,
  edgeOf,
  NovaError,
  newTaskId,
  OnFailure,
  PAYLOAD_BYTES_MAX,
  PRIORITIES,
  seriesOf,
  TaskDependency,
  type TaskId,
  TaskSpec,
  WORKFLOW_TASKS_MAX,
  WorkflowAcceptedV1,
  WorkflowId,
  WorkflowKey,
  WorkflowSubmittedV1,
} from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from './deps.ts';
import type { Principal } from './domain/principal.ts';
import { type GraphTask, orderGraph } from './domain/workflow-graph.ts';
import { tooLarge } from './http/read-body.ts';
import { reservedId } from './store/idempotency-store.ts';
import { countRepeat, keepTasks, shedding, withDurability } from './submitting.ts';

const KeyEdge = z.strictObject({
  key: WorkflowKey,
  on_failure: OnFailure.default('fail').describe(
    'When that task ends without completing: `fail` with it, end as cancelled (`skip`), or `run` all the same',
  ),
});

const { workflow_id: _id, workflow_key: _key, workflow_title: _title, ...taskFields } = TaskSpec.shape;

/** A workflow as it is asked for. */
export const Workflow = z
  .strictObject({
    workflow_id: WorkflowId.optional().describe('A new one is made when it is left out'),
    title: z.string().min(1).max(200).optional(),
    tasks: z
      .array(
        z.strictObject({
          ...taskFields,
          key: WorkflowKey.describe('What the other tasks call it'),
          depends_on: z
            .array(
              z.union([WorkflowKey, KeyEdge], {
                error: 'the key of a task, or { key, on_failure } with one',
              }),
            )
            .max(DEPENDENCIES_MAX)
            .default([])
            .describe('Tasks of the workflow that must be completed first'),
          dependencies: z
            .array(TaskDependency)
            .max(DEPENDENCIES_MAX)
            .default([])
            .describe('Tasks outside of the workflow that must be completed first'),
        }),
      )
      .min(1)
      .max(WORKFLOW_TASKS_MAX),
  })
  .meta({
    id: 'Workflow',
    examples: [
      {
        title: 'Release 1.2',
        tasks: [
          { key: 'build', title: 'Build it' },
          { key: 'test', title: 'Test it', depends_on: ['build'] },
          { key: 'report', title: 'Say how it went', depends_on: [{ key: 'test', on_failure: 'run' }] },
        ],
      },
    ],
  });
type Workflow = z.infer<typeof Workflow>;

export interface AcceptedWorkflow {
  workflow_id: string;
  status: 'accepted';
  /** Ids by key, in the order of the request. */
  tasks: Record<string, TaskId>;
}

type SubmitDeps = Pick<
  GatewayDeps,
  'asking' | 'streams' | 'idempotency' | 'metrics' | 'queue' | 'broker' | 'journal' | 'partition'
>;

/** A task of the message, and where it stands in the request. */
interface Placed {
  readonly task_id: TaskId;
  readonly spec: TaskSpec;
  readonly index: number;
}

/**
 * Submits all tasks of a workflow, or none. Throws VALIDATION with the field, what the task-router refused it with,
 * IDEMPOTENCY_CONFLICT, PAYLOAD_TOO_LARGE, JOURNAL_UNAVAILABLE, NO_ANSWER or the broker's error; after the last two a
 * repeat under the same key is safe.
 */
export async function submitWorkflow(
  deps: SubmitDeps,
  principal: Principal,
  { workflow, body, key }: { workflow: Workflow; body: unknown; key: string | undefined },
): Promise<AcceptedWorkflow> {
  const graph = workflow.tasks.map(graphTaskOf);
  const ordered = orderGraph(graph);
  if (!ordered.ok) {
    const { field, detail } = ordered.problem;
    throw new NovaError('VALIDATION', `${field}: ${detail}.`, { field });
  }
  const priority = PRIORITIES.findLast((one) => workflow.tasks.some((task) => task.priority === one));
  const refusal = shedding(deps.queue, deps.metrics, priority ?? 'normal');
  if (refusal !== undefined) throw refusal;
  const { first, reservation } = await reserve(deps, principal, body, key);
  const workflowId = workflow.workflow_id ?? `wf-${first.slice('task-'.length)}`;
  const ids = seriesOf(first, graph.length);
  const idByKey = new Map(graph.map((task, index) => [task.key, ids[index] as TaskId]));
  const placed = ordered.order.map((index): Placed => {
    const [task, edges, task_id] = [workflow.tasks[index], graph[index]?.depends_on, ids[index]];
    if (task === undefined || edges === undefined || task_id === undefined) throw new RangeError('no task');
    const spec = specOf(task, { workflowId, title: workflow.title, edges, idByKey });
    return { task_id, index, spec: withDurability(deps, checked(spec, index)) };
  });
  await send(deps, principal, { workflowId, placed, reservation, priority });
  return { workflow_id: workflowId, status: 'accepted', tasks: Object.fromEntries(idByKey) };
}

const graphTaskOf = ({ key, depends_on }: Workflow['tasks'][number]): GraphTask => ({
  key,
  depends_on: depends_on.map((edge) =>
    typeof edge === 'string' ? { key: edge, on_failure: 'fail' as const } : edge,
  ),
});

/** The id that the tasks' own follow from: the same one for the same key. */
async function reserve(
  { idempotency, metrics, partition, broker }: SubmitDeps,
  principal: Principal,
  body: unknown,
  key: string | undefined,
) {
  const id = newTaskId(partition, broker.serverNowMs());
  if (key === undefined) return { first: id, reservation: undefined };
  const [reserved] = await idempotency.reserve('workflow', principal.name, [{ key, body, id }]);
  countRepeat(metrics, reserved);
  const first = reservedId(reserved, key) as TaskId;
  return { first, reservation: reserved?.ok ? reserved.at : undefined };
}

function specOf(
  task: Workflow['tasks'][number],
  {
    workflowId,
    title,
    edges,
    idByKey,
  }: {
    workflowId: string;
    title: string | undefined;
    edges: GraphTask['depends_on'];
    idByKey: ReadonlyMap<string, TaskId>;
  },
): TaskSpec {
  const { key, depends_on: _edges, dependencies, ...rest } = task;
  const inner = edges.map(({ key: other, on_failure }): TaskDependency => {
    const task_id = idByKey.get(other) as TaskId;
    return on_failure === 'fail' ? task_id : { ...edgeOf(task_id), on_failure };
  });
  return {
    ...rest,
    workflow_id: workflowId,
    workflow_key: key,
    ...(title !== undefined && { workflow_title: title }),
    // Those outside come first: their positions are those of the request.
    dependencies: [...dependencies, ...inner],
  };
}

/** What a task must be by itself. Throws VALIDATION or PAYLOAD_TOO_LARGE with its field. */
function checked(spec: TaskSpec, index: number): TaskSpec {
  const { length } = spec.dependencies;
  if (length > DEPENDENCIES_MAX) {
    throw new NovaError(
      'VALIDATION',
      `tasks/${index}/depends_on: ${length} dependencies with those outside, at most ${DEPENDENCIES_MAX}.`,
      { field: `tasks/${index}/depends_on` },
    );
  }
  const bytes = Buffer.byteLength(JSON.stringify(spec));
  if (bytes > PAYLOAD_BYTES_MAX) {
    const { field, message } = tooLarge(spec, bytes, PAYLOAD_BYTES_MAX);
    throw new NovaError('PAYLOAD_TOO_LARGE', `tasks/${index}: ${message}`, {
      field: field === undefined ? `tasks/${index}` : `tasks/${index}/${field}`,
    });
  }
  return spec;
}

/** The router writes a thousand records before it answers: 0.1 s when it has nothing else to do. */
const ANSWER_MS = 4_500;

async function send(
  deps: SubmitDeps,
  principal: Principal,
  {
    workflowId,
    placed,
    reservation,
    priority,
  }: {
    workflowId: string;
    placed: readonly Placed[];
    reservation: { readonly key: string; readonly value: string } | undefined;
    priority: (typeof PRIORITIES)[number] | undefined;
  },
): Promise<void> {
  const { asking, streams, broker } = deps;
  const ids = placed.map(({ task_id }) => task_id);
  const kept = await keepTasks(
    deps,
    principal,
    placed.map(({ task_id, spec }) => ({ spec, taskId: task_id, reservation })),
  );
  try {
    await asking.ask({
      stream: streams.tasksQueue,
      target: 'task-router',
      definition: WorkflowSubmittedV1,
      payload: {
        workflow_id: workflowId,
        tasks: placed.map(({ task_id, spec }) => ({ task_id, spec })),
        submitter: principal.name,
      },
      answer: WorkflowAcceptedV1,
      timeoutMs: ANSWER_MS,
      ...(priority !== undefined && { priority }),
    });
  } catch (error) {
    kept.failed(error, ids);
    throw inRequest(error, placed);
  }
  kept.sent([], ids);
  // Whether the mark gets there is of no matter to these tasks: a later one raises it too.
  broker.batch(kept.commands).then(
    (replies) => kept.sent(replies, []),
    () => undefined,
  );
}

/** A refusal that names a task of the message, naming that of the request. */
function inRequest(error: unknown, placed: readonly Placed[]): unknown {
  if (!(error instanceof NovaError) || error.field === undefined) return error;
  const [, position, rest] = /^tasks\/(\d+)\/(.*)$/.exec(error.field) ?? [];
  const task = position === undefined ? undefined : placed[Number(position)];
  if (task === undefined) return error;
  return new NovaError(error.code, error.message, { field: `tasks/${task.index}/${rest}`, cause: error });
}
