// What the gateway tells, judged by the bounds of the alert rules.
import type { PlatformHealth, StreamInfo } from '@nova-torch/client';
import type { UnservedDemand } from '@nova-torch/protocol';
import { duration } from '../output.ts';
import { type Finding, ok, problem, type Runbook, warning } from './finding.ts';

type Instance = PlatformHealth['instances'][number];

const LIMIT_NEAR = 0.9;
const FAILED_SHARE = 0.2;
const FAILED_MIN = 3;
const UNSERVED_MAX_MS = 60_000;

/** What /health begins with when the gateway that answers has lost the broker, and so hears of nobody. */
const GATEWAY_WITHOUT_BROKER = 'this gateway: broker:';

const missingOf = ({ instance, missing }: Instance) => `${instance} misses ${missing.join(', ')}`;

/** Services that are not there or not ready, and those of whose replicas none is the active one. */
export function judgeServices({ instances, missing }: PlatformHealth): Finding[] {
  if (missing.some((what) => what.startsWith(GATEWAY_WITHOUT_BROKER)))
    return [
      problem(
        'services',
        'the gateway has no connection to the broker: what the services do is not known',
        'Start the broker with its data, or see why the gateway does not reach it.',
        'broker-connection-lost',
      ),
    ];
  const notReady = instances.filter(({ ready }) => !ready);
  if (missing.length > 0) {
    const page: Runbook = notReady.length > 0 ? 'service-not-ready' : 'service-absent';
    return [
      problem(
        'services',
        missing.join('; '),
        'Start what is missing; its log is below NOVA_HOME/logs, or that of its container.',
        page,
      ),
    ];
  }
  const found =
    notReady.length > 0
      ? warning(
          'services',
          notReady.map(missingOf).join('; '),
          'Restart it, if it stays so.',
          'service-not-ready',
        )
      : ok('services', `${instances.length} instances are ready`);
  return [
    found,
    ...judgeActive(instances, 'task-router', 'no-active-router'),
    ...judgeActive(instances, 'collaboration', 'no-active-collaboration'),
  ];
}

function judgeActive(instances: readonly Instance[], service: string, runbook: Runbook): Finding[] {
  const turns = instances.filter((one) => one.service === service).map(({ load }) => load.active);
  if (turns.length === 0 || turns.some((active) => active !== 0)) return [];
  return [
    problem(
      service,
      `none of ${turns.length} is the active one`,
      `Look into its log, or restart ${service}.`,
      runbook,
    ),
  ];
}

/** Limits that are nearly used up, submissions that are refused, breakers that are open, journals that fail or send again. */
export function judgeFlow(instances: readonly Instance[]): Finding[] {
  return instances.flatMap(({ instance, flow, load }) => {
    const near = (flow?.limits ?? []).filter(({ used, max }) => used > LIMIT_NEAR * max);
    const open = Object.entries(flow?.breakers ?? {}).filter(([, state]) => state === 'open');
    const shedding = flow?.shedding ?? [];
    return [
      ...near.map(({ name, used, max }) =>
        warning('limits', `${instance}: ${name} ${used} of ${max}`, 'nova-torch status', 'limit-near'),
      ),
      ...open.map(([name]) =>
        warning('breakers', `${instance}: ${name} is open`, 'It tries again by itself.', 'breaker-open'),
      ),
      ...(shedding.length > 0
        ? [
            warning(
              'submissions',
              `${instance} refuses those of priority ${shedding.join(', ')}`,
              'Too many wait for the task-router.',
              'queue-backlog',
            ),
          ]
        : []),
      ...((load.journal_refusing ?? 0) > 0
        ? [
            problem(
              'journal',
              `${instance} cannot write its journal: submissions get 503`,
              'Make room on its disk; nova-torch journal verify looks at what is there.',
              'journal-refusing',
            ),
          ]
        : []),
      ...((load.journal_recovering ?? 0) > 0
        ? [
            warning(
              'journal',
              `${instance} sends again what the broker lost`,
              'Wait until it is done.',
              'broker-data-lost',
            ),
          ]
        : []),
    ];
  });
}

/** The dead letters that are kept. */
export function judgeDeadLetters(streams: readonly StreamInfo[]): Finding[] {
  const kept = streams.filter(({ dead_letters }) => dead_letters > 0);
  if (kept.length === 0) return [ok('dead letters', 'none')];
  const each = kept.map(({ name, dead_letters }) => `${dead_letters} of ${name}`).join(', ');
  return [warning('dead letters', each, 'nova-torch dead-letters list', 'dead-letters-growing')];
}

/** Agents by status; `failed` ones are those that were not reaped yet. */
export function judgeAgents(agents: readonly { status: string }[]): Finding {
  const failed = agents.filter(({ status }) => status === 'failed').length;
  const suspect = agents.filter(({ status }) => status === 'suspect').length;
  const alive = agents.filter(({ status }) => status !== 'failed' && status !== 'offline').length;
  if (failed >= FAILED_MIN && failed > FAILED_SHARE * agents.length)
    return problem(
      'agents',
      `${failed} of ${agents.length} were lost, ${alive} are alive`,
      'nova-torch agent list --status failed',
      'agents-lost',
    );
  if (alive === 0)
    return warning('agents', 'none is alive', 'nova-torch agent run --role developer --skills code -- CMD…');
  return suspect > 0
    ? warning(
        'agents',
        `${alive} alive, ${suspect} of them suspect`,
        'nova-torch agent list --status suspect',
      )
    : ok('agents', `${alive} alive`);
}

/** Tasks that nobody alive can do; one the spawner has had a minute for is a warning. */
export function judgeUnserved(unserved: readonly UnservedDemand[], nowMs: number): Finding[] {
  return unserved.map(({ role = 'any', skills, tasks, oldest_ready_at_ms: readyMs, reason, state }) => {
    const waits = readyMs === undefined ? 0 : Math.max(0, nowMs - readyMs);
    const demand = `role ${role}${skills.length > 0 ? `, skills ${skills.join(', ')}` : ''}`;
    const detail = `${tasks} wait for an agent nobody has (${demand}), the oldest ${duration(waits)}; search: ${state}${reason === undefined ? '' : `, ${reason}`}`;
    return waits > UNSERVED_MAX_MS || reason !== undefined
      ? warning(
          'tasks',
          detail,
          'nova-torch task list --status ready names them, nova-torch task explain <task> says why.',
          'tasks-without-candidate',
        )
      : ok('tasks', detail, 'tasks-without-candidate');
  });
}
