import { counter, gauge, histogram, TASK_BUCKETS_S } from './definition.ts';

const ATTEMPT_BUCKETS = [1, 2, 3, 4, 5, 10, 20];

/** Tasks, as the routers count them. */
export const TASK_METRICS = {
  submissions: counter('tasks_submitted_total', 'Submissions by outcome.', ['outcome']),
  transitions: counter('task_transitions_total', 'Transitions of tasks.', ['from', 'to']),
  assignments: counter(
    'task_assignments_total',
    'Assignments: handed on at once (direct) or from the line (matched).',
    ['path'],
  ),
  reports: counter('task_reports_total', 'Reports that were taken, by type.', ['type']),
  rejectedReports: counter('task_reports_rejected_total', 'Reports that were refused, by type and reason.', [
    'type',
    'reason',
  ]),
  commands: counter('task_commands_total', 'Cancels and retries by outcome.', ['type', 'outcome']),
  timersFired: counter('task_timers_fired_total', 'Timers of tasks that fired.'),
  dependentsReleased: counter('task_dependents_released_total', 'Tasks released or failed by a dependency.'),
  restored: counter('tasks_restored_total', 'Ended tasks that came back from a journal, by outcome.', [
    'outcome',
  ]),
  forgotten: counter('tasks_forgotten_total', 'Ended tasks removed after their retention.'),
  ends: counter('tasks_ended_total', 'Ends of tasks, and the last hand a person had in them.', [
    'end',
    'hand',
  ]),
  waitDuration: histogram(
    'task_wait_duration_seconds',
    'From readiness to assignment, by priority.',
    ['priority'],
    TASK_BUCKETS_S,
  ),
  startDelay: histogram(
    'task_start_delay_seconds',
    "From assignment to the agent's word that it began.",
    [],
    TASK_BUCKETS_S,
  ),
  runDuration: histogram(
    'task_run_duration_seconds',
    'From the start of the last attempt to the end of the task, by its end.',
    ['end'],
    TASK_BUCKETS_S,
  ),
  turnaround: histogram(
    'task_turnaround_seconds',
    'From submission to the end of the task, by its end.',
    ['end'],
    TASK_BUCKETS_S,
  ),
  attempts: histogram(
    'task_attempts',
    'Attempts a task had taken when it ended, by its end.',
    ['end'],
    ATTEMPT_BUCKETS,
  ),
  open: gauge(
    'tasks_open',
    'Tasks that have not ended, by state (ready, assigned, running; one for blocked, scheduled and verifying); 0 on a standby.',
    ['state'],
  ),
  waiting: gauge(
    'tasks_waiting',
    'Tasks that wait for an agent, by role (the twenty with most, others together as other, none without one) and reason: no_agent (nobody alive can do it), no_slot (all who can are busy), matching; 0 on a standby.',
    ['role', 'reason'],
  ),
  held: gauge('tasks_held', 'Tasks that agents hold; 0 on a standby.'),
} as const;

/** The routers themselves. */
export const ROUTER_METRICS = {
  active: gauge('router_active', '1 on the active router.'),
  agents: gauge('router_agents', 'Agents known.'),
  freeSlots: gauge('router_free_slots', 'Free slots of all agents.'),
  unserved: gauge(
    'router_classes_without_candidate',
    'Classes of demand with waiting tasks that nobody alive can do; 0 on a standby.',
  ),
  busyClasses: gauge(
    'router_classes_busy',
    'Classes of demand whose agents all have had no free slot for long; 0 on a standby.',
  ),
  resting: gauge(
    'router_resting_agents',
    'Agents that rest from a type of task, or are on trial after it; 0 on a standby.',
  ),
  writes: counter('router_writes_total', 'Written decisions by verdict of the script.', ['verdict']),
  writeRepeats: counter('router_write_repeats_total', 'Writes made again because their effect was unknown.'),
  schedulesFired: counter('router_schedules_fired_total', 'Due times of schedules, by what became of them.', [
    'outcome',
  ]),
  agentsReleased: counter('router_agents_released_total', 'Gone agents whose tasks were all moved on.'),
  repairs: counter('router_repairs_total', 'What the reconciler found wrong and put right, by kind.', [
    'what',
  ]),
  spawnRequests: counter(
    'router_spawn_requests_total',
    'Requests for agents nobody alive could stand in for, by what was done and what became of them.',
    ['outcome'],
  ),
  agentSeconds: counter('router_agent_seconds_total', 'Time of living agents, summed up.'),
  leaderChanges: counter('router_leader_changes_total', 'Leases gained and lost by this instance.', ['what']),
  writeDuration: histogram(
    'router_write_duration_seconds',
    'One write of transitions, repetitions included.',
  ),
  activationDuration: histogram(
    'router_activation_duration_seconds',
    'From the lease to the first task: rebuilding the memory from the broker.',
  ),
  adaptDuration: histogram(
    'router_adaptation_duration_seconds',
    'How long waiting tasks of a class had no free agent, by what was lacking and how that ended.',
    ['lack', 'outcome'],
    TASK_BUCKETS_S,
  ),
} as const;

const CALL_BUCKETS_S = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32];

/** The model that analyses tasks; only where one is configured. */
export const LLM_METRICS = {
  analyses: counter(
    'router_llm_analyses_total',
    'Questions to the model by outcome; all but ok and cached leave the analysis of the rules.',
    ['outcome'],
  ),
  analysedTokens: counter(
    'router_llm_tokens_total',
    'Tokens of the calls: prompt and completion as the endpoint counts them, estimated where it does not.',
    ['kind'],
  ),
  submissions: counter(
    'router_llm_submissions_total',
    'Waiting tasks that name neither role nor skills, by what the model was to them.',
    ['outcome'],
  ),
  duration: histogram(
    'router_llm_call_duration_seconds',
    'Calls of the model that were made, however they ended.',
    [],
    CALL_BUCKETS_S,
  ),
} as const;
