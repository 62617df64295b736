import { z } from 'zod';

/** The states of a task. Waiting for a person is a mark on `running`, not a state. */
export const TASK_STATES = [
  'blocked',
  'scheduled',
  'ready',
  'assigned',
  'running',
  'verifying',
  'completed',
  'failed',
  'cancelled',
  'expired',
] as const;
export const TaskState = z.enum(TASK_STATES);
export type TaskState = z.infer<typeof TaskState>;

/** What each state means, in a sentence. docs/TASK_STATES.md is checked against it. */
export const TASK_STATE_MEANING: Readonly<Record<TaskState, string>> = {
  blocked: 'Waits for the tasks it depends on.',
  scheduled: 'Waits for a time: its run_at, or the delay before its next attempt.',
  ready: 'May be given to an agent as soon as a suitable one has a free slot.',
  assigned: 'Is in the inbox of one agent, which has not reported its start yet.',
  running: 'An agent reported its start.',
  verifying: 'The agent claims completion and has its slot back; other agents check or review the work.',
  completed: 'Ended: the success criteria held and the result is stored.',
  failed: 'Ended: no attempt succeeded, or a dependency did not complete.',
  cancelled: 'Ended: somebody cancelled it, or it was skipped because a dependency did not complete.',
  expired: 'Ended: its deadline or its time to live passed first.',
};

export interface TaskTransition {
  readonly from: TaskState | 'none';
  readonly to: TaskState;
  readonly when: string;
}

const t = (from: TaskTransition['from'], to: TaskState, when: string): TaskTransition => ({ from, to, when });

/** Every legal transition. What is not in this table cannot happen to a task. */
export const TASK_TRANSITIONS: readonly TaskTransition[] = [
  t('none', 'blocked', 'submitted with dependencies that have not completed'),
  t('none', 'scheduled', 'submitted to run at a later time'),
  t('none', 'ready', 'submitted, nothing to wait for'),
  t(
    'none',
    'failed',
    'submitted with a dependency that already ended without completing, or as part of a loop',
  ),
  t(
    'none',
    'cancelled',
    'submitted with a dependency that already ended without completing, and to be skipped then',
  ),
  t('blocked', 'ready', 'the last dependency completed'),
  t('blocked', 'scheduled', 'the last dependency completed; its run_at has not come'),
  t('blocked', 'failed', 'a dependency ended without completing'),
  t('scheduled', 'ready', 'its run_at has come, or the delay is over'),
  t('ready', 'assigned', 'an agent with a free slot was chosen'),
  t('assigned', 'running', 'the agent reported its start'),
  t('assigned', 'ready', 'the agent is gone, or did not start in time'),
  t('assigned', 'verifying', 'the agent reported start and completion together'),
  t('assigned', 'scheduled', 'the attempt failed before its start was reported; retries are left'),
  t('assigned', 'failed', 'the attempt failed before its start was reported; no retry is left'),
  t('running', 'verifying', 'the agent claims completion'),
  t('running', 'scheduled', 'the attempt failed or timed out; retries are left'),
  t('running', 'failed', 'the attempt failed or timed out; no retry is left'),
  t('running', 'ready', 'the agent is gone'),
  t('verifying', 'completed', 'the success criteria hold, and the review approved if there was one'),
  t('verifying', 'scheduled', 'a success criterion does not hold, or could not be judged; retries are left'),
  t('verifying', 'failed', 'a success criterion does not hold, or could not be judged; no retry is left'),
  ...(['blocked', 'scheduled', 'ready', 'assigned', 'running', 'verifying'] as const).flatMap((from) => [
    t(
      from,
      'cancelled',
      from === 'blocked'
        ? 'a cancel was accepted; or a dependency ended without completing, and it is to be skipped then'
        : 'a cancel was accepted',
    ),
    t(from, 'expired', 'the deadline or the time to live passed'),
  ]),
  t('failed', 'ready', 'somebody asked for another try'),
  t('cancelled', 'ready', 'somebody asked for another try'),
  t('expired', 'ready', 'somebody asked for another try'),
];

const legal = new Set(TASK_TRANSITIONS.map(({ from, to }) => `${from}>${to}`));

/** Whether the table has this transition. */
export const isLegalTransition = (from: TaskState | 'none', to: TaskState): boolean =>
  legal.has(`${from}>${to}`);

export const TERMINAL_STATES = ['completed', 'failed', 'cancelled', 'expired'] as const;
export type TerminalState = (typeof TERMINAL_STATES)[number];
export const isTerminal = (state: TaskState): state is TerminalState =>
  (TERMINAL_STATES as readonly TaskState[]).includes(state);
/** The states in which an agent holds the task and one of its slots. */
export const isHeld = (state: TaskState): boolean => state === 'assigned' || state === 'running';
