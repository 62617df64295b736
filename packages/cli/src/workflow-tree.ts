// A workflow as a tree of text. A task with several dependencies stands once, under the first of them that is shown, and names the others.
import type { WorkflowView } from '@nova-torch/client';
import { duration } from './output.ts';

type Task = WorkflowView['tasks'][number];

const MARKS: Readonly<Record<Task['status'], string>> = {
  blocked: '·',
  scheduled: '~',
  ready: '○',
  assigned: '○',
  running: '▶',
  verifying: '▶',
  completed: '✔',
  failed: '✖',
  cancelled: '⊘',
  expired: '⌛',
};

/** Levels that are indented; deeper ones stand at the last one. */
const INDENTED_MAX = 20;

/** The workflow in lines: its head, then its tasks. */
export function workflowLines(workflow: WorkflowView): string[] {
  const { workflow_id, title, counts, tasks, truncated } = workflow;
  const told = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
  const head = `${workflow_id}${title === undefined ? '' : `  ${title}`}  (${told.join(', ')})`;
  const more = truncated === true ? ['  … there are more tasks'] : [];
  return [head, ...treeOf(tasks), ...more];
}

function treeOf(tasks: readonly Task[]): string[] {
  const byId = new Map(tasks.map((task) => [task.task_id, task]));
  const children = new Map<string, Task[]>();
  const roots: Task[] = [];
  for (const task of tasks) {
    const parent = task.depends_on.find(({ task_id }) => byId.has(task_id));
    if (parent === undefined) roots.push(task);
    else children.set(parent.task_id, [...(children.get(parent.task_id) ?? []), task]);
  }
  const lines: string[] = [];
  const stack = roots.map((task) => ({ task, level: 1 })).reverse();
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { task, level } = top;
    lines.push(lineOf(task, level, byId));
    const below = children.get(task.task_id) ?? [];
    stack.push(...below.map((child) => ({ task: child, level: level + 1 })).reverse());
  }
  return lines;
}

function lineOf(task: Task, level: number, byId: ReadonlyMap<string, Task>): string {
  const { key, title, status, task_id, started_at_ms, ended_at_ms, error, agent_id } = task;
  const name = key === undefined ? title : key === title ? key : `${key}: ${title}`;
  const took =
    started_at_ms !== undefined && ended_at_ms !== undefined
      ? ` in ${duration(ended_at_ms - started_at_ms)}`
      : '';
  const held = status === 'running' && agent_id !== undefined ? ` by ${agent_id}` : '';
  const others = task.depends_on
    .filter(({ task_id: id }, index) => index > 0 || !byId.has(id))
    .map(({ task_id: id }) => byId.get(id)?.key ?? id);
  const after = others.length === 0 ? '' : `, also after ${others.join(', ')}`;
  const why = error === undefined ? '' : `  ${error.code}: ${error.message}`;
  const indent = '  '.repeat(Math.min(level, INDENTED_MAX));
  return `${indent}${MARKS[status]} ${name}  ${status}${took}${held}${after}  ${task_id}${why}`;
}
