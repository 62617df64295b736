import { PRIORITIES, type Priority } from '@nova-torch/protocol';

/**
 * How full the queue of submissions may be before those of a priority are refused, 1 being full: what can wait gives way
 * first. Critical ones are never refused.
 */
export const SHED_AT: Readonly<Record<Priority, number>> = {
  low: 0.5,
  normal: 0.75,
  high: 0.9,
  urgent: 1,
  critical: Number.POSITIVE_INFINITY,
};

/** The priorities that are refused while so many of `max` wait. */
export const shedAt = (waiting: number, max: number): Priority[] =>
  PRIORITIES.filter((priority) => waiting >= SHED_AT[priority] * max);
