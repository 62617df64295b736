/** Limits of what crosses the wire. One place, because the gateway, the services and the documentation name them. */

/** A payload as JSON, in bytes. */
export const PAYLOAD_BYTES_MAX = 256 * 1024;
/** A task's result as JSON, in bytes. Results of dependencies travel in one assignment, so they are smaller. */
export const RESULT_BYTES_MAX = 64 * 1024;
/** An error message an agent reports, in characters; more is cut from its beginning. */
export const ERROR_MESSAGE_CHARS_MAX = 4_000;
export const DEPENDENCIES_MAX = 100;
export const SKILLS_MAX = 50;
export const LABELS_MAX = 50;
/** Teams one agent may belong to. */
export const TEAMS_MAX = 20;
export const BATCH_TASKS_MAX = 1_000;
export const PAGE_MAX = 500;
export const CAPACITY_MAX = 1_000;
/** Seconds a task may live when nothing else is said: 7 days (invariant I6). */
export const TTL_DEFAULT_S = 7 * 24 * 3600;
/** How far ahead a message may be sent, in seconds. */
export const DELAY_MAX_S = 90 * 24 * 3600;
export const TTL_MAX_S = 90 * 24 * 3600;
export const TIMEOUT_DEFAULT_S = 3600;
export const TIMEOUT_MAX_S = 7 * 24 * 3600;
/** Seconds an assigned task may wait for its start at most. */
export const START_TIMEOUT_MAX_S = 3600;
/** Schedules of one pool. */
export const SCHEDULES_MAX = 1_000;
/** The task of a schedule as JSON, in bytes: every firing writes it again. */
export const SCHEDULED_TASK_BYTES_MAX = 64 * 1024;
export const RETRIES_DEFAULT = 3;
export const RETRIES_MAX = 100;
