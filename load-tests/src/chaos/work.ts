// The tasks of a chaos run: what they ask of an agent, and what is done to them.
import type { TaskSpecInput } from '@nova-torch/protocol';

/** Every agent has it. */
export const COMMON_SKILL = 'chaos';
/** Every other agent has it. */
export const RARE_SKILL = 'chaos-rare';
/** Label that carries the key of the request: by it a task is found whose submission got no answer. */
export const KEY_LABEL = 'chaos-key';

/** A task's inputs. */
export interface Work {
  /** How long it takes. */
  readonly work_ms: number;
  /** So many attempts fail. */
  readonly failures: number;
}

export interface PlannedTask {
  readonly key: string;
  readonly spec: TaskSpecInput;
  readonly deadlineMs: number | undefined;
  /** So long after it was accepted somebody cancels it. */
  readonly cancelAfterMs: number | undefined;
  /** Whether it must be completed: nobody cancels it, and it has no deadline. */
  readonly isPlain: boolean;
}

const PRIORITIES = ['low', 'normal', 'normal', 'high', 'urgent', 'critical'] as const;
const SHARE = { deadline: 0.06, cancel: 0.08, dependent: 0.15, failing: 0.05, rare: 0.2 };
const WORK_MS = { min: 10, max: 900 };
const DEADLINE_MS = { min: 300, max: 8_000 };
const CANCEL_AFTER_MS = 1_500;
const MAX_RETRIES = 20;

/**
 * Task number `number` of a run. `random` gives numbers in [0, 1); `earlier` are plain tasks it may depend on.
 */
export function planTask(
  number: number,
  { random, earlier, nowMs }: { random: () => number; earlier: readonly string[]; nowMs: number },
): PlannedTask {
  const between = ({ min, max }: { min: number; max: number }) => Math.round(min + random() * (max - min));
  const one = <T>(items: readonly T[]): T[] => items.slice(Math.floor(random() * items.length)).slice(0, 1);
  const [kind, work_ms] = [random(), between(WORK_MS)];
  const hasDeadline = kind < SHARE.deadline;
  const isCancelled = !hasDeadline && kind < SHARE.deadline + SHARE.cancel;
  const dependencies = random() < SHARE.dependent ? [...new Set([...one(earlier), ...one(earlier)])] : [];
  const deadlineMs = hasDeadline ? nowMs + between(DEADLINE_MS) : undefined;
  const failures = random() < SHARE.failing ? 1 : 0;
  const skills = random() < SHARE.rare ? [COMMON_SKILL, RARE_SKILL] : [COMMON_SKILL];
  const key = `chaos-${number}`;
  const inputs: Work = { work_ms, failures };
  const spec: TaskSpecInput = {
    title: key,
    labels: { [KEY_LABEL]: key },
    required_skills: skills,
    priority: one(PRIORITIES)[0] ?? 'normal',
    inputs: { ...inputs },
    dependencies,
    max_retries: MAX_RETRIES,
    retry_backoff: { initial_s: 0.2, factor: 2, max_s: 2 },
    timeout: 60,
    ...(deadlineMs === undefined ? {} : { deadline: new Date(deadlineMs).toISOString() }),
  };
  const cancelAfterMs = isCancelled ? random() * CANCEL_AFTER_MS : undefined;
  return { key, spec, deadlineMs, cancelAfterMs, isPlain: !hasDeadline && !isCancelled };
}
