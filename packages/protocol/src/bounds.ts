/** Limits of what crosses the wire. One place, because the gateway, the services and the documentation name them. */

/** A payload as JSON, in bytes. */
export const PAYLOAD_BYTES_MAX = 256 * 1024;
/** A task's result as JSON, in bytes. Results of dependencies travel in one assignment, so they are smaller. */
export const RESULT_BYTES_MAX = 64 * 1024;
/** An error message an agent reports, in characters; more is cut from its beginning. */
export const ERROR_MESSAGE_CHARS_MAX = 4_000;
export const DEPENDENCIES_MAX = 100;
export const WORKFLOW_TASKS_MAX = 1_000;
/** Edges between the tasks of one workflow. */
export const WORKFLOW_EDGES_MAX = 10_000;
/** A request that submits a workflow as JSON, in bytes. Its tasks share this; each is bounded by itself, too. */
export const WORKFLOW_BYTES_MAX = 1024 * 1024;
/** The message that carries it, in bytes: ids and defaults of a thousand tasks come on top. */
export const WORKFLOW_MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
export const SKILLS_MAX = 50;
export const LABELS_MAX = 50;
/** Labels of an affinity or an anti-affinity. */
export const AFFINITY_LABELS_MAX = 8;
/** Candidates told of a decision, and decisions kept of a task. */
export const DECISION_CANDIDATES_MAX = 5;
export const DECISIONS_KEPT = 4;
/** Candidates told of a task that waits, and agents named of each group that cannot take it. */
export const EXPLAINED_CANDIDATES_MAX = 20;
export const EXPLAINED_AGENTS_MAX = 5;
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
