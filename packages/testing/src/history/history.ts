import type {
  AgentEvent,
  AssignEvent,
  CancelEvent,
  DeadLetterEvent,
  EndEvent,
  HistoryEvent,
  ReleaseEvent,
  SubmitEvent,
} from './events.ts';

/** Everything that is known about one task, each list in the order of time. */
export interface TaskHistory {
  readonly taskId: string;
  readonly submits: SubmitEvent[];
  /** Assignments and releases together. */
  readonly holds: (AssignEvent | ReleaseEvent)[];
  readonly work: AgentEvent[];
  readonly cancels: CancelEvent[];
  /** Each end once, however often it was seen. */
  readonly ends: EndEvent[];
  /** Ends that were lost with the broker's data. */
  readonly lostEnds: EndEvent[];
}

export interface History {
  readonly tasks: ReadonlyMap<string, TaskHistory>;
  /** Submissions of which no task is known. */
  readonly taskless: readonly SubmitEvent[];
  readonly deadLetters: readonly DeadLetterEvent[];
}

/** Sorts events by task. Events of the same time keep the order they were given in. */
export function readHistory(events: Iterable<HistoryEvent>): History {
  const tasks = new Map<string, TaskHistory>();
  const taskless: SubmitEvent[] = [];
  const deadLetters: DeadLetterEvent[] = [];
  const of = (taskId: string): TaskHistory => {
    const known = tasks.get(taskId);
    if (known) return known;
    const made: TaskHistory = {
      taskId,
      submits: [],
      holds: [],
      work: [],
      cancels: [],
      ends: [],
      lostEnds: [],
    };
    tasks.set(taskId, made);
    return made;
  };
  for (const event of [...events].sort((a, b) => a.at_ms - b.at_ms)) {
    if (event.kind === 'dead-letter') deadLetters.push(event);
    else if (event.task_id !== undefined) add(of(event.task_id), event);
    else if (event.kind === 'submit') taskless.push(event);
  }
  return { tasks, taskless, deadLetters };
}

type TaskEvent = Exclude<HistoryEvent, DeadLetterEvent>;

function add(task: TaskHistory, event: TaskEvent): void {
  switch (event.kind) {
    case 'submit':
      task.submits.push(event);
      return;
    case 'assign':
    case 'release':
      task.holds.push(event);
      return;
    case 'start':
    case 'report':
    case 'result':
      task.work.push(event);
      return;
    case 'cancel':
      task.cancels.push(event);
      return;
    case 'end':
      if (event.lost === true) task.lostEnds.push(event);
      else if (!task.ends.some((known) => isSameEnd(known, event))) task.ends.push(event);
  }
}

const isSameEnd = (a: EndEvent, b: EndEvent): boolean =>
  a.epoch === b.epoch && a.at_ms === b.at_ms && a.state === b.state;

/** The end that is shown: the last one. */
export const lastEnd = ({ ends }: TaskHistory): EndEvent | undefined => ends.at(-1);

export const isAccepted = ({ submits }: TaskHistory): boolean =>
  submits.some(({ answer }) => answer === 'ok');
