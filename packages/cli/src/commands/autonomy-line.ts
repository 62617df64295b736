import type { PlatformHealth } from '@nova-torch/client';
import { duration } from '../output.ts';

/**
 * How far the fleet did without people, in a line; docs/AUTONOMY.md defines the figures. Routers that took turns in the hour are
 * summed up; the time to adapt is that of the one that saw most of it. Undefined while no router was active.
 */
export function autonomyLine(instances: PlatformHealth['instances']): string | undefined {
  const seen = instances.flatMap(({ autonomy }) => autonomy ?? []);
  if (seen.length === 0) return undefined;
  const sum = (of: (one: (typeof seen)[number]) => number): number =>
    seen.reduce((total, one) => total + of(one), 0);
  const ended = sum((one) => one.ended);
  const hours = sum((one) => one.agent_hours);
  const { adapt_p50_s: p50 } = seen.reduce((a, b) => (b.adaptations > a.adaptations ? b : a));
  const minutes = Math.max(1, Math.round(Math.max(...seen.map((one) => one.window_s)) / 60));
  const parts = [
    ended === 0
      ? 'no task ended'
      : `ended without a person ${percent(sum((one) => one.ended_alone) / ended)}`,
    ...(hours < AGENT_HOURS_MIN
      ? []
      : [`${rounded(sum((one) => one.completed) / hours)} tasks per agent and hour`]),
    ...(p50 === undefined ? [] : [`adapts in ${duration(p50 * 1000)} (p50)`]),
  ];
  return `Last ${minutes} min: ${parts.join(' · ')}`;
}

/** Below a minute of one agent, tasks per hour say nothing. */
const AGENT_HOURS_MIN = 1 / 60;

/** To a tenth, and never 100 % while somebody had a hand in one. */
const percent = (share: number): string => `${Math.floor(share * 1000) / 10} %`;

const rounded = (count: number): number => (count < 10 ? Math.round(count * 10) / 10 : Math.round(count));
