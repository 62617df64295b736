import type { Metrics } from '@nova-torch/service-kit';
import type { Counter, Histogram } from 'prom-client';

/** Every metric the task-router has of its own. */
export interface RouterMetrics {
  readonly submissions: Counter<'outcome'>;
  readonly transitions: Counter<'from' | 'to'>;
  readonly assignments: Counter<'path'>;
  readonly reports: Counter<'type'>;
  readonly rejectedReports: Counter<'type' | 'reason'>;
  readonly commands: Counter<'type' | 'outcome'>;
  readonly writes: Counter<'verdict'>;
  readonly writeRepeats: Counter;
  readonly timersFired: Counter;
  readonly schedulesFired: Counter<'outcome'>;
  readonly dependentsReleased: Counter;
  readonly agentsReleased: Counter;
  readonly restored: Counter<'outcome'>;
  readonly repairs: Counter<'what'>;
  readonly forgotten: Counter;
  readonly leaderChanges: Counter<'what'>;
  readonly spawnRequests: Counter<'outcome'>;
  readonly ends: Counter<'end' | 'hand'>;
  readonly agentSeconds: Counter;
  readonly adaptDuration: Histogram<'lack' | 'outcome'>;
  readonly writeDuration: Histogram;
  readonly activationDuration: Histogram;
  readonly waitDuration: Histogram;
  readonly runDuration: Histogram<'end'>;
}

/** Numbers read when they are asked for. */
export interface RouterGauges {
  readonly active: () => number;
  readonly waiting: () => number;
  readonly held: () => number;
  readonly agents: () => number;
  readonly freeSlots: () => number;
  readonly resting: () => number;
  readonly unserved: () => number;
  readonly busyClasses: () => number;
}

const WAIT_BUCKETS_S = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800, 3600, 86_400];

export function routerMetrics(metrics: Metrics): RouterMetrics {
  return {
    ...routerCounters(metrics),
    writeDuration: metrics.histogram({
      name: 'router_write_duration_seconds',
      help: 'One write of transitions, repetitions included.',
    }),
    activationDuration: metrics.histogram({
      name: 'router_activation_duration_seconds',
      help: 'From the lease to the first task: rebuilding the memory from the broker.',
    }),
    adaptDuration: metrics.histogram({
      name: 'router_adaptation_duration_seconds',
      help: 'How long waiting tasks of a class had no free agent, by what was lacking and how that ended.',
      labelNames: ['lack', 'outcome'],
      buckets: WAIT_BUCKETS_S,
    }),
    waitDuration: metrics.histogram({
      name: 'task_wait_duration_seconds',
      help: 'From readiness to assignment.',
      buckets: WAIT_BUCKETS_S,
    }),
    runDuration: metrics.histogram({
      name: 'task_run_duration_seconds',
      help: 'From the start of the last attempt to the end of the task, by its end.',
      labelNames: ['end'],
      buckets: WAIT_BUCKETS_S,
    }),
  };
}

function routerCounters(metrics: Metrics) {
  const counter = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []) =>
    metrics.counter<L>({ name, help, labelNames });
  return {
    submissions: counter('tasks_submitted_total', 'Submissions by outcome.', ['outcome']),
    transitions: counter('task_transitions_total', 'Transitions of tasks.', ['from', 'to']),
    assignments: counter(
      'task_assignments_total',
      'Assignments: handed on at once (direct) or from the line (matched).',
      ['path'],
    ),
    reports: counter('task_reports_total', 'Reports that were taken, by type.', ['type']),
    rejectedReports: counter(
      'task_reports_rejected_total',
      'Reports that were refused, by type and reason.',
      ['type', 'reason'],
    ),
    commands: counter('task_commands_total', 'Cancels and retries by outcome.', ['type', 'outcome']),
    writes: counter('router_writes_total', 'Written decisions by verdict of the script.', ['verdict']),
    writeRepeats: counter(
      'router_write_repeats_total',
      'Writes made again because their effect was unknown.',
    ),
    timersFired: counter('task_timers_fired_total', 'Timers of tasks that fired.'),
    schedulesFired: counter(
      'router_schedules_fired_total',
      'Due times of schedules, by what became of them.',
      ['outcome'],
    ),
    dependentsReleased: counter(
      'task_dependents_released_total',
      'Tasks released or failed by a dependency.',
    ),
    agentsReleased: counter('router_agents_released_total', 'Gone agents whose tasks were all moved on.'),
    restored: counter('tasks_restored_total', 'Ended tasks that came back from a journal, by outcome.', [
      'outcome',
    ]),
    repairs: counter('router_repairs_total', 'What the reconciler found wrong and put right, by kind.', [
      'what',
    ]),
    forgotten: counter('tasks_forgotten_total', 'Ended tasks removed after their retention.'),
    spawnRequests: counter(
      'router_spawn_requests_total',
      'Requests for agents nobody alive could stand in for, by what was done and what became of them.',
      ['outcome'],
    ),
    ends: counter('tasks_ended_total', 'Ends of tasks, and the last hand a person had in them.', [
      'end',
      'hand',
    ]),
    agentSeconds: counter('router_agent_seconds_total', 'Time of living agents, summed up.'),
    leaderChanges: counter('router_leader_changes_total', 'Leases gained and lost by this instance.', [
      'what',
    ]),
  };
}

/** Registers the gauges of this instance. */
export function registerGauges(metrics: Metrics, gauges: RouterGauges): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    metrics.gauge({
      name,
      help,
      collect() {
        this.set(read());
      },
    });
  };
  gauge('router_active', '1 on the active router.', gauges.active);
  gauge('tasks_waiting', 'Tasks that wait for an agent; 0 on a standby.', gauges.waiting);
  gauge('tasks_held', 'Tasks that agents hold; 0 on a standby.', gauges.held);
  gauge('router_agents', 'Agents known.', gauges.agents);
  gauge(
    'router_classes_without_candidate',
    'Classes of demand with waiting tasks that nobody alive can do; 0 on a standby.',
    gauges.unserved,
  );
  gauge(
    'router_classes_busy',
    'Classes of demand whose agents all have had no free slot for long; 0 on a standby.',
    gauges.busyClasses,
  );
  gauge('router_free_slots', 'Free slots of all agents.', gauges.freeSlots);
  gauge(
    'router_resting_agents',
    'Agents that rest from a type of task, or are on trial after it; 0 on a standby.',
    gauges.resting,
  );
}
