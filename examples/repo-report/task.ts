// What the three commands of this example share: reading the task from stdin, and writing progress and result as lines
// of JSON on stdout. This is all that a command needs to be an agent.
import { text } from 'node:stream/consumers';

export interface Task {
  task_id: string;
  inputs: Record<string, unknown>;
  dependency_results: Record<string, unknown>;
}

export async function readTask(): Promise<Task> {
  return JSON.parse(await text(process.stdin)) as Task;
}

export function progress(percent: number, step: string): void {
  process.stdout.write(`${JSON.stringify({ type: 'progress', percent, step })}\n`);
}

export function result(value: unknown): void {
  process.stdout.write(`${JSON.stringify({ type: 'result', result: value })}\n`);
}

/** Ends the command: EX_DATAERR says that trying again is no use. */
export function refuse(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(65);
}

/** A text among the inputs. */
export function textInput(task: Task, name: string): string {
  const value = task.inputs[name];
  if (typeof value !== 'string' || value === '') refuse(`inputs.${name} must be a text`);
  return value;
}
