// Generated from openapi.json by codegen/generate.ts. Do not edit.

export interface paths {
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether the whole platform works
         * @description 200 while every service has an instance that is ready, else 503 naming what is missing. An instance that was silent for three of its periods is not counted. /health/live and /health/ready speak of this process alone.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/agents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List agents */
        get: operations["listAgents"];
        put?: never;
        /**
         * Register an agent
         * @description With the admin key any agent; with an agent token that agent again, as after it was taken for dead. Registering again keeps the inbox; entries that were not acknowledged are given out again.
         */
        post: operations["registerAgent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/agents/{agent_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One agent */
        get: operations["getAgent"];
        put?: never;
        post?: never;
        /**
         * An agent leaves
         * @description For an agent that holds nothing any more; what it still holds goes to others. To end the process of a spawned agent, use POST /v1/agents/{agent_id}/terminate.
         */
        delete: operations["deregisterAgent"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/agents/{agent_id}/heartbeat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * I live, and this is what I do
         * @description Every `heartbeat_every_ms`. An agent that was taken for dead learns it from its inbox (`agent.gone.v1`), or from AGENT_UNKNOWN of its next pull, and registers again.
         */
        post: operations["sendHeartbeat"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/agents/{agent_id}/inbox/ack": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The agent took these entries
         * @description A message from another agent is `delivered` by this, and only by this.
         */
        post: operations["ackInbox"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/agents/{agent_id}/inbox/pull": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take messages from the inbox, waiting for the first
         * @description Of the first 64 that wait, messages come by priority; every eighth given is the one that waits longest. An expired message is never given. At least once: an entry is given again after a new session, after an answer that did not get through, and when it is not acknowledged for a minute. One pull at a time; a new one ends the one before. Closing the connection of an open pull counts as a sign of death, taken back by the next pull or heartbeat.
         */
        post: operations["pullInbox"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/agents/{agent_id}/tasks/{task_id}/complete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The agent claims completion
         * @description Believed once the success criteria of the task hold. Repeating it is safe.
         */
        post: operations["completeTask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/agents/{agent_id}/tasks/{task_id}/fail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The attempt failed, or the task is given back */
        post: operations["failTask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/agents/{agent_id}/tasks/{task_id}/progress": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * How far the agent is
         * @description A stale report is answered with `task.stop.v1` in the inbox.
         */
        post: operations["reportProgress"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/agents/{agent_id}/tasks/{task_id}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The agent begins to work
         * @description Past `lease_until_ms`, or when it is not given, the task-router is asked first whether the task is still this agent’s; ASSIGNMENT_STALE if not.
         */
        post: operations["startTask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/agents/{agent_id}/terminate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End a spawned agent and its whole process tree */
        post: operations["terminateAgent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Messages that were given up, stream by stream, in each the newest first */
        get: operations["listDeadLetters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dead-letters/{dead_letter_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One dead letter with every attempt and its message */
        get: operations["getDeadLetter"];
        put?: never;
        post?: never;
        /** Throw a dead letter away */
        delete: operations["discardDeadLetter"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dead-letters/{dead_letter_id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put a dead letter back on the stream it came from
         * @description Its history goes along, its attempts are counted anew. It goes back once: asked again within a day, the answer is `repeated`.
         */
        post: operations["replayDeadLetter"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dead-letters/discard": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Throw dead letters away: those named, or those that fit
         * @description What is given up after the request came is not taken. Repeating is safe: none is put back twice.
         */
        post: operations["discardDeadLetters"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dead-letters/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All dead letters that fit, whole, one JSON document per line */
        get: operations["exportDeadLetters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dead-letters/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put dead letters back on the streams they came from: those named, or those that fit
         * @description What is given up after the request came is not taken. Repeating is safe: none is put back twice.
         */
        post: operations["replayDeadLetters"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/journal/adopt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take over tasks from the journal of a gateway that is gone for good
         * @description This gateway keeps them from now on, and sends those again that the task-router does not have. Safe to repeat. `nova-torch journal adopt` reads the other journal and calls this.
         */
        post: operations["adoptJournal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/log-level": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Have services log more, or less, for a while
         * @description Every instance it is for follows within moments, also one that starts later, until the time is over. A newer change takes the place of an older one. `GET /health` shows the instances whose level is changed.
         */
        put: operations["setLogLevel"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whom the key or token stands for */
        get: operations["getMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a message to an agent, to some by role, skill, label or team, or to everybody
         * @description The sender is whom the key belongs to. `delivered` means that the agent took it. With a time to be delivered at it has no recipients until then: an agent must exist now, who has another address is looked up when the time comes.
         */
        post: operations["sendMessage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/messages/{message_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One message and what became of it at each recipient */
        get: operations["getMessage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/scaling": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Which agents are missing, and whether they were asked for, started or refused */
        get: operations["getScaling"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All schedules, the oldest first */
        get: operations["listSchedules"];
        put?: never;
        /**
         * Submit a task again and again: at the times of a cron expression, or every so many seconds
         * @description Each run is one task, also when a router dies while it is due. With an Idempotency-Key a repeat gets the same schedule.
         */
        post: operations["createSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/schedules/{schedule_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One schedule, with its last and its next run */
        get: operations["getSchedule"];
        put?: never;
        post?: never;
        /** End a schedule and forget it; tasks it submitted go on */
        delete: operations["deleteSchedule"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/schedules/{schedule_id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** No run until it is resumed */
        post: operations["pauseSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/schedules/{schedule_id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Goes on with the next run from now */
        post: operations["resumeSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spawn": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Start an agent of a template, or of one that covers a demand */
        post: operations["spawnAgent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spawns": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Agent processes the spawner started, newest first */
        get: operations["listSpawns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/streams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The streams: how much is in them, what is pending, what was given up */
        get: operations["listStreams"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List tasks, newest first
         * @description An agent sees those that it submitted or that are assigned to it.
         */
        get: operations["listTasks"];
        put?: never;
        /**
         * Submit a task
         * @description Answers as soon as the task is on its way; a task with dependencies or a parent is answered by the task-router, which knows them. With an Idempotency-Key a repeat gets the same task.
         */
        post: operations["submitTask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tasks/{task_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One task, with its result once it has one */
        get: operations["getTask"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tasks/{task_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a task that has not ended
         * @description Its agent is told to stop; a result that comes later is not accepted.
         */
        post: operations["cancelTask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tasks/{task_id}/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Why its agents were chosen, or why a task still waits
         * @description The decisions of the last assignments as they were taken: the best candidates with each factor, and how many agents were none, by reason; whether another task of the same go got the best-scored one; and what the task’s text asks for. For a task that waits also, worked out now: what it waits for, its place in the line, who could take it, why all others cannot, and roles and skills nobody has.
         */
        get: operations["explainTask"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tasks/{task_id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every transition of a task: when, by whom and why */
        get: operations["getTaskHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tasks/{task_id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Try a task again that ended without completing */
        post: operations["retryTask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tasks/{task_id}/wait": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Wait for the end of a task, or for its next change
         * @description Answers when the task has ended, or with its present state and `done: false` after `timeout_s`.
         */
        get: operations["waitForTask"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tasks/analyze": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Analyse a task without submitting it
         * @description Skills, role, complexity, expected duration and the need of a team, read out of its title, description and task type by a taxonomy, each with the words that led to it, or by a model where the operator configured one; and warnings of roles and skills nobody has. It is advice: nothing is submitted or changed.
         */
        post: operations["analyzeTask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tasks/batch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Submit many tasks
         * @description Up to 1000 tasks and 8 MiB; each task stands for itself, one that is refused does not stop the others. With an Idempotency-Key each position of the batch is one request.
         */
        post: operations["submitTasks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/templates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The kinds of agents that can be started
         * @description The values of `env` are shown to the admin only.
         */
        get: operations["listTemplates"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Submit tasks that depend on one another
         * @description Up to 1000 tasks and 1 MiB, in any order; they name one another by key. All of them are accepted, or none, and none begins before all are. With an Idempotency-Key a repeat gets the same workflow.
         */
        post: operations["submitWorkflow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflows/{workflow_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The tasks of a workflow with their states and edges
         * @description At most 2000 tasks. An agent sees those it submitted or holds.
         */
        get: operations["getWorkflow"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workflows/{workflow_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End all tasks of a workflow that have not ended
         * @description Their agents are told to stop; results that come later are not accepted.
         */
        post: operations["cancelWorkflow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @example {
         *       "task_id": "task-0-0193f2ab4d7e7c1f9f0e5a4b3c2d1e0f",
         *       "status": "accepted",
         *       "durability": "journal"
         *     }
         */
        AcceptedTask: {
            /**
             * @description `journal`: it is on the disk of the gateway too, and comes back if the broker loses its data; `memory`: safe as far as the broker keeps what it was told
             * @enum {string}
             */
            durability: "journal" | "memory";
            /**
             * @description `accepted`: on its way to the task-router; else the state the router gave it
             * @enum {string}
             */
            status: "accepted" | "blocked" | "scheduled" | "ready" | "assigned" | "running" | "verifying" | "completed" | "failed" | "cancelled" | "expired";
            task_id: string;
        };
        /**
         * @example {
         *       "workflow_id": "wf-0-0193f2ab4d7e7c1f9f0e5a4b3c2d1e0f",
         *       "status": "accepted",
         *       "tasks": {
         *         "build": "task-0-0193f2ab4d7e7c1f9f0e5a4b3c2d1000"
         *       }
         *     }
         */
        AcceptedWorkflow: {
            /** @constant */
            status: "accepted";
            /** @description The id of each task, by its key */
            tasks: {
                [key: string]: string;
            };
            workflow_id: string;
        };
        /**
         * @example {
         *       "entries": [
         *         {
         *           "entry_id": "1763683200000-0"
         *         }
         *       ]
         *     }
         */
        Ack: {
            entries: {
                entry_id: string;
                /** @description Its time was over before it was taken: it is not `delivered` */
                expired?: boolean;
            }[];
        };
        Acked: {
            /** @description Entries that were pending; the others had been acknowledged before */
            acknowledged: number;
        };
        AdoptedTasks: {
            /** @description Tasks this gateway did not keep before */
            adopted: number;
        };
        AgentPage: {
            agents: components["schemas"]["AgentRecord"][];
            next_cursor?: string;
        };
        AgentRecord: {
            agent_id: string;
            capacity: number;
            current_tasks: string[];
            host: string;
            labels: {
                [key: string]: string;
            };
            last_heartbeat: number;
            name?: string;
            parent_agent?: string;
            performance: {
                avg_completion_time: number;
                success_rate: number;
                tasks_completed: number;
            };
            pool: string;
            registered_at: number;
            role: string;
            skills: {
                /**
                 * @description How well, from 0 to 1
                 * @default 1
                 */
                level: number;
                name: string;
            }[];
            spawn_id?: string;
            /** @enum {string} */
            status: "starting" | "idle" | "active" | "busy" | "suspect" | "draining" | "offline" | "failed";
            teams?: string[];
            tmux_target?: string;
            /** @enum {string} */
            transport: "streams" | "gateway";
            version: number;
        };
        /**
         * @example {
         *       "name": "ada",
         *       "role": "developer",
         *       "skills": [
         *         "typescript",
         *         {
         *           "name": "sql",
         *           "level": 0.6
         *         }
         *       ],
         *       "capacity": 2,
         *       "host": "build-1"
         *     }
         */
        AgentRegistration: {
            /** @description To register again under the id of before; made for a new agent */
            agent_id?: string;
            /**
             * @description Tasks it does at the same time
             * @default 1
             */
            capacity?: number;
            /** @default unknown */
            host?: string;
            /**
             * @description Names and values of your own; `label:<name>=<value>` addresses them
             * @default {}
             */
            labels?: {
                [key: string]: string;
            };
            name?: string;
            parent_agent?: string;
            /**
             * @description The fleet the task belongs to
             * @default default
             * @constant
             */
            pool?: "default";
            /** @description developer, pm, qa, devops, specialist or any other name */
            role: string;
            skills?: (string | {
                /**
                 * @description How well, from 0 to 1
                 * @default 1
                 */
                level?: number;
                name: string;
            })[];
            spawn_id?: string;
            /** @description Teams it belongs to; `team:<team>` addresses them */
            teams?: string[];
            tmux_target?: string;
            /**
             * @default gateway
             * @enum {string}
             */
            transport?: "streams" | "gateway";
        };
        AgentTemplate: {
            /** @default 1 */
            capacity: number;
            /** @description Run once for each task; never given the broker password */
            command: string[];
            cwd?: string;
            /** @default  */
            description: string;
            /** @default {} */
            env: {
                [key: string]: string;
            };
            /** @default {} */
            labels: {
                [key: string]: string;
            };
            /** @default 10 */
            max_instances: number;
            name: string;
            /** @description developer, pm, qa, devops, specialist or any other name */
            role: string;
            /** @default [] */
            skills: string[];
            /**
             * @description From the polite end to the forced one
             * @default 10
             */
            stop_grace_s: number;
            teams?: string[];
        };
        BatchResult: {
            accepted: number;
            refused: number;
            /** @description One for each task, in order: `task` or `error` */
            results: {
                error?: components["schemas"]["Problem"];
                /** @description Position in `tasks`, from 0 */
                index: number;
                task?: components["schemas"]["AcceptedTask"];
            }[];
        };
        /**
         * @example {
         *       "reason": "the release was called off"
         *     }
         */
        Cancel: {
            /** @default asked for over the API */
            reason?: string;
        };
        CancelledWorkflow: {
            /** @description Tasks this cancel ended */
            cancelled: number;
            /** @description Tasks that had ended before */
            ended: number;
            workflow_id: string;
        };
        DeadLetter: {
            /** @description When it was given up, Unix ms */
            at_ms: number;
            /** @description How often it was tried, replays included */
            attempts: number;
            /** @description Of the message as it was on the stream */
            bytes: number;
            dead_letter_id: string;
            /** @description Its entry there; empty if it was never on it */
            entry_id: string;
            error: string;
            /** @description Who gave it up */
            group: string;
            /** @description Every attempt, the oldest first; at most 50 are kept */
            history: {
                at_ms: number;
                consumer: string;
                duration_ms: number;
                error?: string;
                /** @enum {string} */
                outcome: "retry" | "error" | "timeout" | "lost" | "dead_letter" | "replayed";
            }[];
            /** @description What could be read of it */
            message?: {
                id?: string;
                sender?: string;
                target?: string;
                type?: string;
            };
            /** @description The message as it was on the stream */
            original: string;
            reason: string;
            /** @description How often it was put back before */
            replays: number;
            /** @description The stream it came from, without its tag */
            stream: string;
        };
        /**
         * @example {
         *       "filter": {
         *         "stream": "tasks.queue",
         *         "reason": "max_deliveries"
         *       }
         *     }
         */
        DeadLetterChoice: {
            /**
             * @description Needed to take all of them
             * @default false
             */
            all?: boolean;
            /** @description `next_cursor` of the answer before */
            cursor?: string;
            dead_letter_ids?: string[];
            filter?: {
                /** @description Part of the error */
                error?: string;
                reason?: string;
                since_ms?: number;
                /** @description The stream they came from, without its tag */
                stream?: string;
                /** @description Of the message: task.submitted.v1 */
                type?: string;
                until_ms?: number;
            };
            /** @default 1000 */
            limit?: number;
        };
        DeadLetterPage: {
            dead_letters: {
                /** @description When it was given up, Unix ms */
                at_ms: number;
                /** @description How often it was tried, replays included */
                attempts: number;
                /** @description Of the message as it was on the stream */
                bytes: number;
                dead_letter_id: string;
                /** @description Its entry there; empty if it was never on it */
                entry_id: string;
                error: string;
                /** @description Who gave it up */
                group: string;
                /** @description What could be read of it */
                message?: {
                    id?: string;
                    sender?: string;
                    target?: string;
                    type?: string;
                };
                reason: string;
                /** @description How often it was put back before */
                replays: number;
                /** @description The stream it came from, without its tag */
                stream: string;
            }[];
            next_cursor?: string;
        };
        DeadLettersSettled: {
            /** @description Results by outcome */
            counts: {
                [key: string]: number;
            };
            /** @description There may be more that fit */
            next_cursor?: string;
            results: {
                dead_letter_id: string;
                /** @description Where it is now */
                entry_id?: string;
                /**
                 * @description `repeated`: it had been put back before; `no_stream`: the stream it came from is gone; `expired`: nobody would handle it any more; both stay where they are
                 * @enum {string}
                 */
                outcome: "replayed" | "repeated" | "discarded" | "unknown" | "no_stream" | "expired";
            }[];
        };
        /**
         * @example {
         *       "current_tasks": [
         *         "task-0-0193f2ab4d7e7c1f9f0e5a4b3c2d1e0f"
         *       ],
         *       "draining": false
         *     }
         */
        Heartbeat: {
            /**
             * @description What it works on or holds
             * @default []
             */
            current_tasks?: string[];
            /**
             * @description It takes no new task
             * @default false
             */
            draining?: boolean;
        };
        /**
         * @example {
         *       "tasks": [
         *         {
         *           "task_id": "task-0-0193f2ab4d7e7c1f9f0e5a4b3c2d1e0f",
         *           "spec": {
         *             "title": "Test the API"
         *           },
         *           "submitter": "admin",
         *           "submitted_at_ms": 1763683200123
         *         }
         *       ]
         *     }
         */
        KeptTasks: {
            tasks: {
                /** @description How it ended; absent for a task that had not ended */
                end?: {
                    agent_id?: string;
                    attempt: number;
                    ended_at_ms: number;
                    epoch: number;
                    error?: {
                        /** @description AGENT_REPORTED, AGENT_LOST, TIMEOUT, PROGRESS_TIMEOUT, TASK_LOOP, CRITERIA_NOT_MET, REVIEW_REJECTED, NOT_VERIFIED, DEPENDENCY_FAILED, … */
                        code: string;
                        message: string;
                    };
                    result?: unknown;
                    started_at_ms?: number;
                    /** @enum {string} */
                    status: "completed" | "failed" | "cancelled" | "expired";
                };
                reservation?: {
                    key: string;
                    value: string;
                };
                spec: components["schemas"]["TaskSpecInput"];
                submitted_at_ms: number;
                submitter: string;
                task_id: string;
                traceparent?: string;
            }[];
        };
        LogLevelChange: {
            /** @description Those known to this gateway that it is for */
            instances: string[];
            /** @enum {string} */
            level: "error" | "warn" | "info" | "debug" | "trace";
            until_ms: number;
        };
        Me: {
            agent_id?: string;
            gateway: {
                instance: string;
                /** @description Of this interface */
                version: string;
            };
            /** @enum {string} */
            kind: "admin" | "agent";
            /** @description What records show: the submitter of a task, the sender of a message */
            name: string;
            /** @description The broker's clock, Unix milliseconds */
            server_time_ms: number;
        };
        MessageRecord: {
            body: unknown;
            counts?: {
                [key: string]: number;
            };
            deliver_at_ms?: number;
            expires_at_ms?: number;
            from: string;
            message_id: string;
            recipients: {
                agent_id: string;
                at_ms: number;
                reason?: string;
                /** @enum {string} */
                state: "queued" | "delivered" | "undeliverable" | "expired";
            }[];
            sent_at_ms: number;
            to: string | "broadcast";
        };
        /**
         * @example {
         *       "to": "role:qa",
         *       "body": {
         *         "text": "Build 512 is ready to test."
         *       }
         *     }
         */
        NewMessage: {
            /** @description Any JSON */
            body: unknown;
            /** @description The same, seconds from now */
            delay_s?: number;
            /**
             * Format: date-time
             * @description It waits until then; who has the address then gets it
             */
            deliver_at?: string;
            /**
             * Format: date-time
             * @description Nobody is given it from then on: it is `expired`
             */
            expires_at?: string;
            /** @description The same, seconds from now */
            expires_in_s?: number;
            /** @description Made unless given; the same id again sends nothing */
            message_id?: string;
            /**
             * @description Among what waits in one inbox; `normal` unless given
             * @enum {string}
             */
            priority?: "low" | "normal" | "high" | "urgent" | "critical";
            /** @description An agent id, `role:<role>`, `skill:<skill>`, `label:<name>=<value>`, `team:<team>` or `broadcast` */
            to: string | "broadcast";
        };
        PlatformHealth: {
            instances: {
                address?: string;
                /** @description How far the fleet did without people in the last hour; of active task-routers only */
                autonomy?: {
                    /** @description Half of those got one within this; absent without any */
                    adapt_p50_s?: number;
                    /** @description Demands without a free agent that got one */
                    adaptations: number;
                    /** @description Time of living agents, summed up */
                    agent_hours: number;
                    /** @description Ends of tasks that were completed */
                    completed: number;
                    /** @description Ends of tasks */
                    ended: number;
                    /** @description Those of them no person had a hand in */
                    ended_alone: number;
                    /** @description How long it has been looking, at most an hour; shorter after a start */
                    window_s: number;
                };
                /** @description What holds its flow back */
                flow?: {
                    /** @description By what they protect */
                    breakers: {
                        [key: string]: "closed" | "half-open" | "open";
                    };
                    /** @description To the broker, by purpose */
                    connections: {
                        [key: string]: number;
                    };
                    limits: {
                        max: number;
                        name: string;
                        /** @description How often more was refused */
                        refused?: number;
                        used: number;
                    }[];
                    /** @description Submissions of these priorities are refused now */
                    shedding: ("low" | "normal" | "high" | "urgent" | "critical")[];
                };
                instance: string;
                load: {
                    [key: string]: number;
                };
                /** @description While it is not the usual one */
                log_level?: {
                    /** @enum {string} */
                    level: "error" | "warn" | "info" | "debug" | "trace";
                    until_ms: number;
                };
                missing: string[];
                ready: boolean;
                seen_at_ms: number;
                service: string;
                started_at_ms: number;
            }[];
            /** @description What is not there, by service and reason */
            missing: string[];
            /** @enum {string} */
            status: "ok" | "degraded";
        };
        Problem: {
            /**
             * @description What programs decide by
             * @enum {string}
             */
            code: "VALIDATION" | "BODY_NOT_JSON" | "CURSOR_INVALID" | "UNAUTHENTICATED" | "FORBIDDEN" | "ROUTE_UNKNOWN" | "TASK_UNKNOWN" | "AGENT_UNKNOWN" | "MESSAGE_UNKNOWN" | "DEAD_LETTER_UNKNOWN" | "WORKFLOW_UNKNOWN" | "TEMPLATE_UNKNOWN" | "SPAWN_UNKNOWN" | "SCHEDULE_UNKNOWN" | "SCHEDULE_ENDED" | "SCHEDULE_LIMIT" | "METHOD_NOT_ALLOWED" | "DEPENDENCY_UNKNOWN" | "DEPENDENCY_CYCLE" | "TASK_LOOP" | "TASK_ENDED" | "TASK_NOT_ENDED" | "WORKFLOW_EXISTS" | "DEAD_LETTER_STUCK" | "ASSIGNMENT_STALE" | "IDEMPOTENCY_CONFLICT" | "NO_RECIPIENT" | "AGENT_ID_TAKEN" | "SPAWN_LIMIT" | "PAYLOAD_TOO_LARGE" | "MEDIA_TYPE" | "OVERLOADED" | "INTERNAL" | "BROKER_UNAVAILABLE" | "JOURNAL_UNAVAILABLE" | "NO_ANSWER";
            /** @description What is particular to this case */
            detail: string;
            /** @description The fields that are not valid */
            errors?: {
                detail: string;
                field: string;
            }[];
            /** @description What to do next */
            hint: string;
            /** @description Names this occurrence; the log of the gateway has it too */
            instance: string;
            /** @description Whether the same request may succeed later */
            retryable: boolean;
            status: number;
            title: string;
            /** @description A URN that names the kind of error */
            type: string;
        };
        /**
         * @example {
         *       "max": 2,
         *       "wait_s": 20,
         *       "session": "run-7"
         *     }
         */
        Pull: {
            /**
             * @description Messages to take at most: the free slots, say
             * @default 10
             */
            max?: number;
            /** @description Any text that changes when the agent may have lost what it was given: all of it is given again */
            session?: string;
            /**
             * @description Seconds to wait for the first message
             * @default 20
             */
            wait_s?: number;
        };
        PulledMessages: {
            /** @description Tasks and orders first, then messages, the most urgent first; empty when nothing came in time */
            messages: {
                entry_id: string;
                message: {
                    causation_id?: string;
                    correlation_id?: string;
                    expires_at?: number;
                    /** Format: uuid */
                    id: string;
                    payload: {
                        agent_id: string;
                        attempt: number;
                        /** @default {} */
                        dependency_results: {
                            [key: string]: unknown;
                        };
                        epoch: number;
                        last_error?: {
                            /** @description AGENT_REPORTED, AGENT_LOST, TIMEOUT, PROGRESS_TIMEOUT, TASK_LOOP, CRITERIA_NOT_MET, REVIEW_REJECTED, NOT_VERIFIED, DEPENDENCY_FAILED, … */
                            code: string;
                            message: string;
                        };
                        lease: string;
                        lease_until_ms: number;
                        spec: components["schemas"]["TaskSpec"];
                        task_id: string;
                    } | {
                        epoch: number;
                        reason: string;
                        task_id: string;
                    } | {
                        agent_id: string;
                        body: unknown;
                        from: string;
                        message_id: string;
                        to: string | "broadcast";
                    } | {
                        agent_id: string;
                        reason: string;
                        until_ms: number;
                    } | {
                        agent_id: string;
                        reason: string;
                    };
                    /**
                     * @default normal
                     * @enum {string}
                     */
                    priority: "low" | "normal" | "high" | "urgent" | "critical";
                    sender: string;
                    target: string;
                    timestamp: number;
                    traceparent?: string;
                    type: string;
                };
            }[];
            /** @description The broker's clock, Unix milliseconds */
            server_time_ms: number;
        };
        RegisteredAgent: {
            agent: components["schemas"]["AgentRecord"];
            heartbeat_every_ms: number;
            /** @description The broker's clock, Unix milliseconds */
            server_time_ms: number;
            /** @description Bound to this agent; for its `authorization: Bearer` from now on */
            token: string;
        };
        /**
         * @example {
         *       "epoch": 1763683200000,
         *       "lease": "k3v9q2",
         *       "exit_code": 0,
         *       "result": {
         *         "text": "Nova-Torch 1.5 …"
         *       }
         *     }
         */
        ReportCompletion: {
            /**
             * @description Inbox entries this settles: acknowledged together with the report
             * @default []
             */
            entry_ids?: string[];
            /** @description `epoch` of the assignment */
            epoch: number;
            /** @description What was found of the `files` and the `command` of the success criteria, one entry for each; the task fails the attempt without */
            evidence?: {
                /** @description Its place in `success_criteria`: `exit_code`, `result_schema`, `files/0`, `command` */
                criterion: string;
                duration_ms?: number;
                /** @description What was found, in a sentence */
                found: string;
                met: boolean;
                /** @description The end of what a check command printed */
                output?: string;
            }[];
            /** @description Of the command it ran */
            exit_code?: number;
            /** @description `lease` of the assignment */
            lease: string;
            /** @description Any JSON, up to 64 KiB; larger content goes into a file */
            result?: unknown;
            /** @description When it began, if its start was not reported */
            started_at_ms?: number;
        };
        /**
         * @example {
         *       "epoch": 1763683200000,
         *       "lease": "k3v9q2",
         *       "message": "the tests fail",
         *       "exit_code": 1
         *     }
         */
        ReportFailure: {
            /** @default AGENT_REPORTED */
            code?: string;
            /**
             * @description Inbox entries this settles: acknowledged together with the report
             * @default []
             */
            entry_ids?: string[];
            /** @description `epoch` of the assignment */
            epoch: number;
            /** @description Of the command it ran */
            exit_code?: number;
            /** @description `lease` of the assignment */
            lease: string;
            /** @description What went wrong; of a longer one the last 4000 characters are kept */
            message: string;
            /**
             * @description `false`: another attempt would fail too
             * @default true
             */
            retryable?: boolean;
            /**
             * @description Given back unstarted, as by a draining agent: no attempt
             * @default false
             */
            returned?: boolean;
            /** @description When it began, if its start was not reported */
            started_at_ms?: number;
        };
        /**
         * @example {
         *       "epoch": 1763683200000,
         *       "lease": "k3v9q2",
         *       "percent": 40,
         *       "step": "running the tests"
         *     }
         */
        ReportProgress: {
            /** @description `epoch` of the assignment */
            epoch: number;
            /** @description `lease` of the assignment */
            lease: string;
            message?: string;
            percent?: number;
            step?: string;
        };
        /**
         * @example {
         *       "epoch": 1763683200000,
         *       "lease": "k3v9q2",
         *       "lease_until_ms": 1763683210000
         *     }
         */
        ReportStart: {
            /** @description `epoch` of the assignment */
            epoch: number;
            /** @description `lease` of the assignment */
            lease: string;
            /** @description `lease_until_ms` of the assignment: before it the task-router need not be asked */
            lease_until_ms?: number;
            /** @description When it began; now, by the broker's clock, unless given */
            started_at_ms?: number;
        };
        Scaling: {
            /** @description What waiting tasks demand that no living agent can do, and what is done about it */
            unserved: {
                agent_id?: string;
                asked_at_ms?: number;
                attempts: number;
                next_at_ms?: number;
                noticed_at_ms?: number;
                oldest_ready_at_ms?: number;
                reason?: string;
                role?: string;
                skills: string[];
                spawn_id?: string;
                /** @enum {string} */
                state: "noticed" | "asked" | "starting" | "running" | "refused" | "failed";
                tasks: number;
                template?: string;
            }[];
        };
        Schedule: {
            created_at_ms: number;
            created_by: string;
            last_run_at_ms?: number;
            last_task_id?: string;
            missed: number;
            next_run_at_ms?: number;
            runs: number;
            schedule_id: string;
            skipped: number;
            spec: components["schemas"]["ScheduleSpec"];
            /** @enum {string} */
            status: "active" | "paused" | "ended";
        };
        SchedulePage: {
            next_cursor?: string;
            schedules: components["schemas"]["Schedule"][];
        };
        /**
         * @example {
         *       "cron": "0 3 * * *",
         *       "timezone": "Europe/Berlin",
         *       "task": {
         *         "title": "Nightly report"
         *       }
         *     }
         */
        ScheduleSpec: {
            /**
             * @description Of the runs missed while no router was there: none is made up for, or one in the place of all
             * @default none
             * @enum {string}
             */
            catch_up: "none" | "one";
            /** @description Either this or `every_s` */
            cron?: string;
            /**
             * Format: date-time
             * @description No run after it
             */
            ends_at?: string;
            /** @description Seconds from one run to the next, from its creation on */
            every_s?: number;
            /** @description It ends after so many runs */
            max_runs?: number;
            name?: string;
            /**
             * @description `skip`: no run while the task of the last one has not ended; `queue`: it waits like any other
             * @default skip
             * @enum {string}
             */
            overlap: "skip" | "queue";
            task: components["schemas"]["TaskSpec"];
            /**
             * @description IANA name; the times of `cron` are of this zone
             * @default UTC
             */
            timezone: string;
        };
        /**
         * @example {
         *       "cron": "0 3 * * *",
         *       "timezone": "Europe/Berlin",
         *       "task": {
         *         "title": "Nightly report"
         *       }
         *     }
         */
        ScheduleSpecInput: {
            /**
             * @description Of the runs missed while no router was there: none is made up for, or one in the place of all
             * @default none
             * @enum {string}
             */
            catch_up?: "none" | "one";
            /** @description Either this or `every_s` */
            cron?: string;
            /**
             * Format: date-time
             * @description No run after it
             */
            ends_at?: string;
            /** @description Seconds from one run to the next, from its creation on */
            every_s?: number;
            /** @description It ends after so many runs */
            max_runs?: number;
            name?: string;
            /**
             * @description `skip`: no run while the task of the last one has not ended; `queue`: it waits like any other
             * @default skip
             * @enum {string}
             */
            overlap?: "skip" | "queue";
            task: components["schemas"]["TaskSpecInput"];
            /**
             * @description IANA name; the times of `cron` are of this zone
             * @default UTC
             */
            timezone?: string;
        };
        /**
         * @example {
         *       "service": "task-router",
         *       "level": "debug",
         *       "for_s": 600
         *     }
         */
        SetLogLevel: {
            /**
             * @description Seconds after which the usual level holds again
             * @default 600
             */
            for_s?: number;
            /** @description Only this instance */
            instance?: string;
            /** @enum {string} */
            level: "error" | "warn" | "info" | "debug" | "trace";
            /**
             * @description Only its instances; every service unless given
             * @enum {string}
             */
            service?: "registry" | "task-router" | "spawner" | "collaboration" | "gateway";
        };
        /**
         * @example {
         *       "template": "developer"
         *     }
         * @example {
         *       "demand": {
         *         "skills": [
         *           "rust"
         *         ]
         *       }
         *     }
         */
        Spawn: {
            /** @description Instead of a template: what the agent must be able to do. The first template that covers it is taken */
            demand?: {
                /** @description developer, pm, qa, devops, specialist or any other name */
                role?: string;
                /**
                 * @description All of them are demanded
                 * @default []
                 */
                skills?: string[];
            };
            /** @description Made unless given; the same id again starts nothing */
            spawn_id?: string;
            /** @description A name of GET /v1/templates */
            template?: string;
        };
        SpawnPage: {
            next_cursor?: string;
            spawns: components["schemas"]["SpawnRecord"][];
        };
        SpawnRecord: {
            agent_id: string;
            demand?: {
                /** @description developer, pm, qa, devops, specialist or any other name */
                role?: string;
                /**
                 * @description All of them are demanded
                 * @default []
                 */
                skills: string[];
            };
            ended_at_ms?: number;
            exit_code?: number | null;
            host: string;
            pid?: number;
            pid_start?: string;
            ready_at_ms?: number;
            reason?: string;
            requested_at_ms: number;
            requested_by: string;
            role: string;
            spawn_id: string;
            /** @enum {string} */
            state: "starting" | "running" | "stopping" | "stopped" | "failed";
            template: string;
        };
        StreamList: {
            streams: {
                dead_letters: number;
                /** @description Entries it holds now; acknowledged ones go at the next trim */
                entries: number;
                groups: {
                    consumers: number;
                    name: string;
                    /** @description Delivered and not acknowledged */
                    pending: number;
                }[];
                /** @enum {string} */
                kind: "work" | "feed";
                name: string;
            }[];
        };
        Taken: {
            /** @description The broker's clock, Unix milliseconds */
            server_time_ms: number;
        };
        /**
         * @example {
         *       "skills": [
         *         {
         *           "name": "typescript",
         *           "matched": [
         *             {
         *               "word": "TypeScript",
         *               "where": "title"
         *             }
         *           ]
         *         }
         *       ],
         *       "role": {
         *         "name": "developer",
         *         "matched": [
         *           {
         *             "word": "Implement",
         *             "where": "title"
         *           }
         *         ],
         *         "skills": [
         *           "typescript"
         *         ],
         *         "reason": "\"Implement\" in the title; typescript is typical of it"
         *       },
         *       "complexity": {
         *         "value": 0.3,
         *         "reasons": [
         *           "harder: \"migration\" in the description"
         *         ]
         *       },
         *       "duration": {
         *         "seconds": 205,
         *         "source": "complexity",
         *         "reason": "a guess from its complexity of 0.3: no task of the type \"task\" was completed yet"
         *       },
         *       "parallelisable": {
         *         "value": false,
         *         "reason": "nothing in it says that its parts are independent"
         *       },
         *       "team_needed": {
         *         "value": false,
         *         "reason": "it is the work of developer"
         *       },
         *       "warnings": [],
         *       "truncated": false
         *     }
         */
        TaskAnalysis: {
            /**
             * @description Who found it: the rules of the taxonomy, or a model asked by the operator’s wish
             * @enum {string}
             */
            by?: "rules" | "llm";
            /** @description Which model it was, or why one that is configured was not asked or not believed */
            by_reason?: string;
            complexity: {
                reasons: string[];
                /** @description 0: trivial, 1: as hard as it gets */
                value: number;
            };
            duration: {
                /** @description Nine of ten took no longer; only from history */
                p90_seconds?: number;
                reason: string;
                seconds: number;
                /**
                 * @description `history`: completed tasks of this task type; `complexity`: a guess
                 * @enum {string}
                 */
                source: "history" | "complexity";
            };
            parallelisable: {
                reason: string;
                value: boolean;
            };
            /** @description Absent when nothing points to one, or to two alike */
            role?: {
                /** @description Words that name the role or its work */
                matched: {
                    /** @enum {string} */
                    where: "title" | "description" | "task_type";
                    /** @description As it is written in the task */
                    word: string;
                }[];
                name: string;
                reason: string;
                /** @description Skills found that are typical of it */
                skills: string[];
            };
            /** @description In the order they are named */
            skills: {
                /** @description Empty when a model named the skill and no word of it is in the task */
                matched: {
                    /** @enum {string} */
                    where: "title" | "description" | "task_type";
                    /** @description As it is written in the task */
                    word: string;
                }[];
                name: string;
            }[];
            team_needed: {
                reason: string;
                value: boolean;
            };
            /** @description Whether the description is longer than the 20000 characters that were read */
            truncated: boolean;
            /** @description Skills that neither an agent nor the taxonomy knows: required ones, and those a model named; a role that no template has either */
            warnings: {
                detail: string;
                field: string;
                /** @description Names that may have been meant, the likeliest first */
                suggestions: string[];
            }[];
        };
        /**
         * @example {
         *       "tasks": [
         *         {
         *           "title": "Test the API"
         *         },
         *         {
         *           "title": "Test the console",
         *           "role": "qa"
         *         }
         *       ]
         *     }
         */
        TaskBatch: {
            tasks: components["schemas"]["TaskSpecInput"][];
        };
        TaskDecision: {
            /** @description Who got the task */
            agent_id: string;
            /** @description Unix milliseconds */
            at_ms: number;
            attempt: number;
            /** @description Only when another task of those given away together got its best-scored agent */
            batch?: {
                /** @description Its best-scored agent */
                best_agent_id: string;
                /** @description The task that got that agent */
                given_to: string;
                /**
                 * @description `only_agent`: no other could take the task that got it; `best_total`: the tasks given away together are served, and score in sum, best so
                 * @enum {string}
                 */
                reason: "only_agent" | "best_total";
                /** @description Tasks given away together */
                tasks: number;
            };
            /** @description The best, in order */
            candidates: {
                agent_id: string;
                factors: {
                    /** @description Free share of its capacity */
                    availability: number;
                    /** @description Preferred agent, same workflow, preferred labels; 0 after it failed the last attempt */
                    context: number;
                    /** @description Smoothed success rate, and speed against the other candidates; 7 to 3 */
                    performance: number;
                    /** @description Mean level of the required skills, and the share of the preferred ones; 3 to 1 */
                    skill: number;
                };
                /** @description What the strategy compared: the highest was chosen, unless `batch` says otherwise */
                score: number;
            }[];
            /** @description Every candidate had a task that it should be kept apart from, so it got one all the same */
            crowded?: boolean;
            epoch: number;
            /** @description Counts by reason; a reason that is absent concerned no agent. An agent may be counted under several. The last three are counted among the agents of the role that have the rarest of the required skills */
            passed_over: {
                /** @description Without a label that is required */
                affinity?: number;
                /** @description With a label that is to be avoided */
                anti_affinity?: number;
                /** @description Never to get it, such as the agent whose work is to be judged */
                excluded?: number;
                /** @description Of the agents of the role, how many lack which skill */
                missing_skill?: {
                    [key: string]: number;
                };
                no_free_slot?: number;
                /** @description Starting, suspect, draining or gone */
                not_alive?: number;
                other_role?: number;
                /** @description Given nothing for now: its inbox or its slots are in doubt, or it rests from such tasks */
                resting?: number;
                /** @description Candidates that had, on them or their host, a task it is kept apart from */
                spread?: number;
            };
            /** @description Candidates that were scored */
            scored: number;
            /**
             * @description `score`: the highest weighted sum of the factors; `least-loaded`: the largest free share; `round-robin`: the least recently used; `random`: any; `best-skilled`: the best skill match
             * @enum {string}
             */
            strategy: "score" | "least-loaded" | "round-robin" | "random" | "best-skilled";
            /** @description Of the factors in the score */
            weights: {
                /** @description Free share of its capacity */
                availability: number;
                /** @description Preferred agent, same workflow, preferred labels; 0 after it failed the last attempt */
                context: number;
                /** @description Smoothed success rate, and speed against the other candidates; 7 to 3 */
                performance: number;
                /** @description Mean level of the required skills, and the share of the preferred ones; 3 to 1 */
                skill: number;
            };
        };
        /**
         * @example {
         *       "task_id": "task-0-0193f2ab4d7e7c1f9f0e5a4b3c2d1e0f",
         *       "status": "ready",
         *       "attempt": 0,
         *       "decisions": [],
         *       "waiting": {
         *         "reason": "an agent of the role developer with the skills typscript: none is registered",
         *         "line": {
         *           "ahead": 0,
         *           "waiting": 1
         *         },
         *         "agents_known": 3,
         *         "candidates": [],
         *         "passed_over": [
         *           {
         *             "reason": "missing_skill",
         *             "what": "typscript",
         *             "count": 2,
         *             "agent_ids": [
         *               "agent-0-0193f2ab4c1d7e8f9a0b1c2d3e4f5061",
         *               "agent-0-0193f2ab4c1d7e8f9a0b1c2d3e4f5062"
         *             ]
         *           },
         *           {
         *             "reason": "other_role",
         *             "what": "qa",
         *             "count": 1,
         *             "agent_ids": [
         *               "agent-0-0193f2ab4c1d7e8f9a0b1c2d3e4f5063"
         *             ]
         *           }
         *         ],
         *         "unknown": [
         *           {
         *             "field": "required_skills",
         *             "name": "typscript",
         *             "did_you_mean": "typescript"
         *           }
         *         ]
         *       }
         *     }
         */
        TaskExplanation: {
            attempt: number;
            /** @description The last assignments, newest first; at most 4 are kept */
            decisions: components["schemas"]["TaskDecision"][];
            /** @description What its text asks for, when it names neither role nor required skills: preferred when an agent is chosen */
            found?: {
                role?: string;
                skills?: string[];
            };
            /** @enum {string} */
            status: "blocked" | "scheduled" | "ready" | "assigned" | "running" | "verifying" | "completed" | "failed" | "cancelled" | "expired";
            task_id: string;
            /** @description Only while it waits; worked out when asked */
            waiting?: {
                /** @description Agents the answering router knows */
                agents_known?: number;
                /** @description Who could take it now, the best first */
                candidates?: {
                    agent_id: string;
                    factors: {
                        /** @description Free share of its capacity */
                        availability: number;
                        /** @description Preferred agent, same workflow, preferred labels; 0 after it failed the last attempt */
                        context: number;
                        /** @description Smoothed success rate, and speed against the other candidates; 7 to 3 */
                        performance: number;
                        /** @description Mean level of the required skills, and the share of the preferred ones; 3 to 1 */
                        skill: number;
                    };
                    /** @description What the strategy compared: the highest was chosen, unless `batch` says otherwise */
                    score: number;
                }[];
                /** @description Those that are not completed yet */
                dependencies?: {
                    status: ("blocked" | "scheduled" | "ready" | "assigned" | "running" | "verifying" | "completed" | "failed" | "cancelled" | "expired") | "unknown";
                    task_id: string;
                }[];
                line?: {
                    /** @description Tasks of the same submitter, priority and demand that go before it */
                    ahead: number;
                    /** @description Tasks in that line; lines of several submitters take turns */
                    waiting: number;
                };
                /** @description Unix milliseconds */
                next_attempt_at_ms?: number;
                /** @description All others, each under the first reason that holds for it; the largest group first */
                passed_over?: {
                    /** @description Some of them */
                    agent_ids: string[];
                    count: number;
                    /** @enum {string} */
                    reason: "other_role" | "missing_skill" | "affinity" | "anti_affinity" | "excluded" | "spread" | "not_alive" | "resting" | "no_free_slot";
                    /** @description The skill, the label or the status it is about */
                    what?: string;
                }[];
                /** @description What it waits for, in a sentence */
                reason: string;
                /** @description Roles and skills that no agent has */
                unknown?: {
                    did_you_mean?: string;
                    /** @enum {string} */
                    field: "role" | "required_skills";
                    name: string;
                }[];
            };
        };
        TaskHistory: {
            /** @description Oldest first */
            history: components["schemas"]["TaskHistoryEntry"][];
            task_id: string;
        };
        TaskHistoryEntry: {
            actor: string;
            agent_id?: string;
            at_ms: number;
            epoch: number;
            from: ("blocked" | "scheduled" | "ready" | "assigned" | "running" | "verifying" | "completed" | "failed" | "cancelled" | "expired") | "none";
            reason: string;
            seq: number;
            /** @enum {string} */
            to: "blocked" | "scheduled" | "ready" | "assigned" | "running" | "verifying" | "completed" | "failed" | "cancelled" | "expired";
        };
        TaskPage: {
            next_cursor?: string;
            tasks: components["schemas"]["TaskSummary"][];
        };
        /**
         * @example {
         *       "title": "Write the release notes",
         *       "description": "Summarise the merged changes since v1.4.0 for users, at most 300 words.",
         *       "role": "developer",
         *       "required_skills": [
         *         "markdown"
         *       ],
         *       "priority": "high",
         *       "inputs": {
         *         "from": "v1.4.0",
         *         "to": "v1.5.0"
         *       },
         *       "labels": {
         *         "release": "v1.5.0"
         *       }
         *     }
         */
        TaskSpec: {
            /** @description Agents it belongs to, by their labels */
            affinity?: {
                labels: {
                    [key: string]: string;
                };
                /**
                 * @description Only agents with all the labels may do it; otherwise they are preferred
                 * @default false
                 */
                required: boolean;
            };
            /** @description Agents it must be kept away from, by their labels */
            anti_affinity?: {
                /** @description An agent with any of them does not get it */
                labels: {
                    [key: string]: string;
                };
            };
            /** @default {} */
            context: {
                [key: string]: unknown;
            };
            /**
             * Format: date-time
             * @description Not completed by then: expired
             */
            deadline?: string;
            /**
             * @description Tasks that must be completed first; their results are handed to this one
             * @default []
             */
            dependencies: (string | {
                /**
                 * @description When there is no such task: `refuse` this one, or `await` its submission
                 * @default refuse
                 * @enum {string}
                 */
                if_unknown: "refuse" | "await";
                /**
                 * @description When that task ends without completing: `fail` with it, end as cancelled (`skip`), or `run` all the same
                 * @default fail
                 * @enum {string}
                 */
                on_failure: "fail" | "skip" | "run";
                task_id: string;
            })[];
            /** @default  */
            description: string;
            /**
             * @description `journal`: written to the gateway’s disk before the answer; `memory`: as far as the broker keeps it. Over HTTP `journal` unless said otherwise
             * @enum {string}
             */
            durability?: "journal" | "memory";
            /** @description This agent never gets it, whoever else may be missing */
            excluded_agent?: string;
            /** @default {} */
            inputs: {
                [key: string]: unknown;
            };
            /** @default {} */
            labels: {
                [key: string]: string;
            };
            /** @default 3 */
            max_retries: number;
            parent_task?: string;
            /**
             * @description The fleet the task belongs to
             * @default default
             * @constant
             */
            pool: "default";
            preferred_agent?: string;
            /** @default [] */
            preferred_skills: string[];
            /**
             * @default normal
             * @enum {string}
             */
            priority: "low" | "normal" | "high" | "urgent" | "critical";
            /** @description Seconds an attempt may run without a report of progress, each of which extends it; unset: not watched */
            progress_timeout?: number;
            /**
             * @description All of them are required
             * @default []
             */
            required_skills: string[];
            /**
             * @default {
             *       "initial_s": 1,
             *       "factor": 2,
             *       "max_s": 60
             *     }
             */
            retry_backoff: {
                /** @default 2 */
                factor: number;
                /** @default 1 */
                initial_s: number;
                /** @default 60 */
                max_s: number;
            };
            /** @description Only agents of this role may do it */
            role?: string;
            /**
             * Format: date-time
             * @description Not given to an agent before; `ttl` counts from the submission all the same
             */
            run_at?: string;
            /** @description Tasks it is kept apart from, by a label of its own; judged when it is given to an agent */
            spread?: {
                /** @description Name of one of its labels: tasks with the same value are meant */
                label: string;
                /**
                 * @description Not two on one agent, or not two on one host
                 * @default agent
                 * @enum {string}
                 */
                over: "agent" | "host";
                /**
                 * @description It waits rather than run beside such a task; otherwise only if another agent is free
                 * @default false
                 */
                required: boolean;
            };
            /** @description Seconds an assigned task may wait for its start; unset: the task-router’s own period */
            start_timeout?: number;
            /**
             * @default {}
             * @example {
             *       "exit_code": 0,
             *       "result_schema": {
             *         "type": "object",
             *         "required": [
             *           "tests"
             *         ],
             *         "properties": {
             *           "tests": {
             *             "type": "integer",
             *             "minimum": 1
             *           }
             *         }
             *       },
             *       "files": [
             *         {
             *           "path": "report.md",
             *           "min_bytes": 100,
             *           "matches": "^# Report"
             *         }
             *       ],
             *       "command": {
             *         "run": "npm test",
             *         "timeout": 300
             *       },
             *       "review": {
             *         "role": "qa",
             *         "instructions": "Are the edge cases tested?"
             *       }
             *     }
             */
            success_criteria: {
                command?: {
                    /** @description A line for /bin/sh, or a program and its arguments without a shell */
                    run: string | string[];
                    /**
                     * @description Seconds until it is killed, with all it started. It counts into the time of the attempt
                     * @default 60
                     */
                    timeout: number;
                };
                /** @description The command of the agent must have ended with this code; an agent that reports none has not met it */
                exit_code?: number;
                files?: {
                    /** @description A text that must be in it */
                    contains?: string;
                    /**
                     * @description Said or not: the file must be there
                     * @constant
                     */
                    exists?: true;
                    /** @description A regular expression found somewhere in it; `^` and `$` are ends of lines. No look-around, no back references */
                    matches?: string;
                    max_bytes?: number;
                    min_bytes?: number;
                    /** @description Below the workspace of the agent; a link that leads out of it does not count */
                    path: string;
                    sha256?: string;
                }[];
                /** @description A JSON schema (a subset of draft 2020-12) that the result must satisfy */
                result_schema?: {
                    [key: string]: unknown;
                };
                review?: {
                    /** @description What the reviewer is to look at */
                    instructions?: string;
                    /** @description Who reviews: an agent of this role, never the one that did the work */
                    role: string;
                    /**
                     * @description Seconds one attempt at the review may run, from its start
                     * @default 3600
                     */
                    timeout: number;
                };
                /** @description When the agent has no host that looks at `files` and `command`, another agent of this role does, in its own workspace */
                verified_by?: string;
            };
            /** @default task */
            task_type: string;
            /**
             * @description Seconds one attempt may run
             * @default 3600
             */
            timeout: number;
            title: string;
            /**
             * @description Seconds to live
             * @default 604800
             */
            ttl: number;
            workflow_id?: string;
            /** @description What it is called in its workflow */
            workflow_key?: string;
            /** @description What its workflow is called */
            workflow_title?: string;
        };
        /**
         * @example {
         *       "title": "Write the release notes",
         *       "description": "Summarise the merged changes since v1.4.0 for users, at most 300 words.",
         *       "role": "developer",
         *       "required_skills": [
         *         "markdown"
         *       ],
         *       "priority": "high",
         *       "inputs": {
         *         "from": "v1.4.0",
         *         "to": "v1.5.0"
         *       },
         *       "labels": {
         *         "release": "v1.5.0"
         *       }
         *     }
         */
        TaskSpecInput: {
            /** @description Agents it belongs to, by their labels */
            affinity?: {
                labels: {
                    [key: string]: string;
                };
                /**
                 * @description Only agents with all the labels may do it; otherwise they are preferred
                 * @default false
                 */
                required?: boolean;
            };
            /** @description Agents it must be kept away from, by their labels */
            anti_affinity?: {
                /** @description An agent with any of them does not get it */
                labels: {
                    [key: string]: string;
                };
            };
            /** @default {} */
            context?: {
                [key: string]: unknown;
            };
            /**
             * Format: date-time
             * @description Not completed by then: expired
             */
            deadline?: string;
            /**
             * @description Tasks that must be completed first; their results are handed to this one
             * @default []
             */
            dependencies?: (string | {
                /**
                 * @description When there is no such task: `refuse` this one, or `await` its submission
                 * @default refuse
                 * @enum {string}
                 */
                if_unknown?: "refuse" | "await";
                /**
                 * @description When that task ends without completing: `fail` with it, end as cancelled (`skip`), or `run` all the same
                 * @default fail
                 * @enum {string}
                 */
                on_failure?: "fail" | "skip" | "run";
                task_id: string;
            })[];
            /** @default  */
            description?: string;
            /**
             * @description `journal`: written to the gateway’s disk before the answer; `memory`: as far as the broker keeps it. Over HTTP `journal` unless said otherwise
             * @enum {string}
             */
            durability?: "journal" | "memory";
            /** @description This agent never gets it, whoever else may be missing */
            excluded_agent?: string;
            /** @default {} */
            inputs?: {
                [key: string]: unknown;
            };
            /** @default {} */
            labels?: {
                [key: string]: string;
            };
            /** @default 3 */
            max_retries?: number;
            parent_task?: string;
            /**
             * @description The fleet the task belongs to
             * @default default
             * @constant
             */
            pool?: "default";
            preferred_agent?: string;
            /** @default [] */
            preferred_skills?: string[];
            /**
             * @default normal
             * @enum {string}
             */
            priority?: "low" | "normal" | "high" | "urgent" | "critical";
            /** @description Seconds an attempt may run without a report of progress, each of which extends it; unset: not watched */
            progress_timeout?: number;
            /**
             * @description All of them are required
             * @default []
             */
            required_skills?: string[];
            /**
             * @default {
             *       "initial_s": 1,
             *       "factor": 2,
             *       "max_s": 60
             *     }
             */
            retry_backoff?: {
                /** @default 2 */
                factor?: number;
                /** @default 1 */
                initial_s?: number;
                /** @default 60 */
                max_s?: number;
            };
            /** @description Only agents of this role may do it */
            role?: string;
            /**
             * Format: date-time
             * @description Not given to an agent before; `ttl` counts from the submission all the same
             */
            run_at?: string;
            /** @description Tasks it is kept apart from, by a label of its own; judged when it is given to an agent */
            spread?: {
                /** @description Name of one of its labels: tasks with the same value are meant */
                label: string;
                /**
                 * @description Not two on one agent, or not two on one host
                 * @default agent
                 * @enum {string}
                 */
                over?: "agent" | "host";
                /**
                 * @description It waits rather than run beside such a task; otherwise only if another agent is free
                 * @default false
                 */
                required?: boolean;
            };
            /** @description Seconds an assigned task may wait for its start; unset: the task-router’s own period */
            start_timeout?: number;
            /**
             * @default {}
             * @example {
             *       "exit_code": 0,
             *       "result_schema": {
             *         "type": "object",
             *         "required": [
             *           "tests"
             *         ],
             *         "properties": {
             *           "tests": {
             *             "type": "integer",
             *             "minimum": 1
             *           }
             *         }
             *       },
             *       "files": [
             *         {
             *           "path": "report.md",
             *           "min_bytes": 100,
             *           "matches": "^# Report"
             *         }
             *       ],
             *       "command": {
             *         "run": "npm test",
             *         "timeout": 300
             *       },
             *       "review": {
             *         "role": "qa",
             *         "instructions": "Are the edge cases tested?"
             *       }
             *     }
             */
            success_criteria?: {
                command?: {
                    /** @description A line for /bin/sh, or a program and its arguments without a shell */
                    run: string | string[];
                    /**
                     * @description Seconds until it is killed, with all it started. It counts into the time of the attempt
                     * @default 60
                     */
                    timeout?: number;
                };
                /** @description The command of the agent must have ended with this code; an agent that reports none has not met it */
                exit_code?: number;
                files?: {
                    /** @description A text that must be in it */
                    contains?: string;
                    /**
                     * @description Said or not: the file must be there
                     * @constant
                     */
                    exists?: true;
                    /** @description A regular expression found somewhere in it; `^` and `$` are ends of lines. No look-around, no back references */
                    matches?: string;
                    max_bytes?: number;
                    min_bytes?: number;
                    /** @description Below the workspace of the agent; a link that leads out of it does not count */
                    path: string;
                    sha256?: string;
                }[];
                /** @description A JSON schema (a subset of draft 2020-12) that the result must satisfy */
                result_schema?: {
                    [key: string]: unknown;
                };
                review?: {
                    /** @description What the reviewer is to look at */
                    instructions?: string;
                    /** @description Who reviews: an agent of this role, never the one that did the work */
                    role: string;
                    /**
                     * @description Seconds one attempt at the review may run, from its start
                     * @default 3600
                     */
                    timeout?: number;
                };
                /** @description When the agent has no host that looks at `files` and `command`, another agent of this role does, in its own workspace */
                verified_by?: string;
            };
            /** @default task */
            task_type?: string;
            /**
             * @description Seconds one attempt may run
             * @default 3600
             */
            timeout?: number;
            title: string;
            /**
             * @description Seconds to live
             * @default 604800
             */
            ttl?: number;
            workflow_id?: string;
            /** @description What it is called in its workflow */
            workflow_key?: string;
            /** @description What its workflow is called */
            workflow_title?: string;
        };
        TaskSummary: {
            agent_id?: string;
            attempt: number;
            ended_at_ms?: number;
            labels: {
                [key: string]: string;
            };
            priority: string;
            role?: string;
            started_at_ms?: number;
            /** @enum {string} */
            status: "blocked" | "scheduled" | "ready" | "assigned" | "running" | "verifying" | "completed" | "failed" | "cancelled" | "expired";
            submitted_at_ms: number;
            task_id: string;
            title: string;
        };
        TaskView: {
            agent_id?: string;
            attempt: number;
            depth?: number;
            /** @enum {string} */
            durability?: "journal" | "memory";
            ended_at_ms?: number;
            epoch: number;
            error?: {
                /** @description AGENT_REPORTED, AGENT_LOST, TIMEOUT, PROGRESS_TIMEOUT, TASK_LOOP, CRITERIA_NOT_MET, REVIEW_REJECTED, NOT_VERIFIED, DEPENDENCY_FAILED, … */
                code: string;
                message: string;
            };
            eta_ms?: number;
            evidence?: {
                agent_id: string;
                attempt: number;
                /** @description Who checked files and command, if not the agent’s own host */
                check?: {
                    /** @description Who looked; absent until then */
                    agent_id?: string;
                    ended_at_ms?: number;
                    /** @description The task that was given to it for this */
                    task_id: string;
                };
                checked_at_ms: number;
                criteria: {
                    /** @description Its place in `success_criteria`: `exit_code`, `result_schema`, `files/0`, `command`, `review` */
                    criterion: string;
                    duration_ms?: number;
                    /** @description What was found, in a sentence */
                    found: string;
                    met: boolean;
                    /** @description The end of what a check command printed */
                    output?: string;
                }[];
                /** @description Only of a task that asks for a review */
                review?: {
                    /** @description Who looked; absent until then */
                    agent_id?: string;
                    approved?: boolean;
                    comments?: string;
                    ended_at_ms?: number;
                    /** @description The task that was given to it for this */
                    task_id: string;
                };
            };
            progress?: {
                at_ms: number;
                message?: string;
                percent?: number;
                step?: string;
            };
            progress_log?: {
                at_ms: number;
                message?: string;
                percent?: number;
                step?: string;
            }[];
            result?: unknown;
            root_task?: string;
            spec: components["schemas"]["TaskSpec"];
            started_at_ms?: number;
            /** @enum {string} */
            status: "blocked" | "scheduled" | "ready" | "assigned" | "running" | "verifying" | "completed" | "failed" | "cancelled" | "expired";
            submitted_at_ms: number;
            submitter: string;
            task_id: string;
            trace_id?: string;
            waiting_for?: string;
        };
        TemplateList: {
            templates: components["schemas"]["AgentTemplate"][];
        };
        /**
         * @example {
         *       "reason": "not needed any more",
         *       "force": false
         *     }
         */
        Terminate: {
            /**
             * @description At once, without letting it finish or give back its tasks
             * @default false
             */
            force?: boolean;
            /** @default asked for over the API */
            reason?: string;
        };
        WaitResult: {
            /** @description Whether the task has ended; `false` when the time was over first */
            done: boolean;
            task: components["schemas"]["TaskView"];
            /** @description Names this state of the task, for `after` of the next wait */
            version: string;
        };
        /**
         * @example {
         *       "title": "Release 1.2",
         *       "tasks": [
         *         {
         *           "key": "build",
         *           "title": "Build it"
         *         },
         *         {
         *           "key": "test",
         *           "title": "Test it",
         *           "depends_on": [
         *             "build"
         *           ]
         *         },
         *         {
         *           "key": "report",
         *           "title": "Say how it went",
         *           "depends_on": [
         *             {
         *               "key": "test",
         *               "on_failure": "run"
         *             }
         *           ]
         *         }
         *       ]
         *     }
         */
        Workflow: {
            tasks: {
                /** @description Agents it belongs to, by their labels */
                affinity?: {
                    labels: {
                        [key: string]: string;
                    };
                    /**
                     * @description Only agents with all the labels may do it; otherwise they are preferred
                     * @default false
                     */
                    required?: boolean;
                };
                /** @description Agents it must be kept away from, by their labels */
                anti_affinity?: {
                    /** @description An agent with any of them does not get it */
                    labels: {
                        [key: string]: string;
                    };
                };
                /** @default {} */
                context?: {
                    [key: string]: unknown;
                };
                /**
                 * Format: date-time
                 * @description Not completed by then: expired
                 */
                deadline?: string;
                /**
                 * @description Tasks outside of the workflow that must be completed first
                 * @default []
                 */
                dependencies?: (string | {
                    /**
                     * @description When there is no such task: `refuse` this one, or `await` its submission
                     * @default refuse
                     * @enum {string}
                     */
                    if_unknown?: "refuse" | "await";
                    /**
                     * @description When that task ends without completing: `fail` with it, end as cancelled (`skip`), or `run` all the same
                     * @default fail
                     * @enum {string}
                     */
                    on_failure?: "fail" | "skip" | "run";
                    task_id: string;
                })[];
                /**
                 * @description Tasks of the workflow that must be completed first
                 * @default []
                 */
                depends_on?: (string | {
                    key: string;
                    /**
                     * @description When that task ends without completing: `fail` with it, end as cancelled (`skip`), or `run` all the same
                     * @default fail
                     * @enum {string}
                     */
                    on_failure?: "fail" | "skip" | "run";
                })[];
                /** @default  */
                description?: string;
                /**
                 * @description `journal`: written to the gateway’s disk before the answer; `memory`: as far as the broker keeps it. Over HTTP `journal` unless said otherwise
                 * @enum {string}
                 */
                durability?: "journal" | "memory";
                /** @description This agent never gets it, whoever else may be missing */
                excluded_agent?: string;
                /** @default {} */
                inputs?: {
                    [key: string]: unknown;
                };
                /** @description What the other tasks call it */
                key: string;
                /** @default {} */
                labels?: {
                    [key: string]: string;
                };
                /** @default 3 */
                max_retries?: number;
                parent_task?: string;
                /**
                 * @description The fleet the task belongs to
                 * @default default
                 * @constant
                 */
                pool?: "default";
                preferred_agent?: string;
                /** @default [] */
                preferred_skills?: string[];
                /**
                 * @default normal
                 * @enum {string}
                 */
                priority?: "low" | "normal" | "high" | "urgent" | "critical";
                /** @description Seconds an attempt may run without a report of progress, each of which extends it; unset: not watched */
                progress_timeout?: number;
                /**
                 * @description All of them are required
                 * @default []
                 */
                required_skills?: string[];
                /**
                 * @default {
                 *       "initial_s": 1,
                 *       "factor": 2,
                 *       "max_s": 60
                 *     }
                 */
                retry_backoff?: {
                    /** @default 2 */
                    factor?: number;
                    /** @default 1 */
                    initial_s?: number;
                    /** @default 60 */
                    max_s?: number;
                };
                /** @description Only agents of this role may do it */
                role?: string;
                /**
                 * Format: date-time
                 * @description Not given to an agent before; `ttl` counts from the submission all the same
                 */
                run_at?: string;
                /** @description Tasks it is kept apart from, by a label of its own; judged when it is given to an agent */
                spread?: {
                    /** @description Name of one of its labels: tasks with the same value are meant */
                    label: string;
                    /**
                     * @description Not two on one agent, or not two on one host
                     * @default agent
                     * @enum {string}
                     */
                    over?: "agent" | "host";
                    /**
                     * @description It waits rather than run beside such a task; otherwise only if another agent is free
                     * @default false
                     */
                    required?: boolean;
                };
                /** @description Seconds an assigned task may wait for its start; unset: the task-router’s own period */
                start_timeout?: number;
                /**
                 * @default {}
                 * @example {
                 *       "exit_code": 0,
                 *       "result_schema": {
                 *         "type": "object",
                 *         "required": [
                 *           "tests"
                 *         ],
                 *         "properties": {
                 *           "tests": {
                 *             "type": "integer",
                 *             "minimum": 1
                 *           }
                 *         }
                 *       },
                 *       "files": [
                 *         {
                 *           "path": "report.md",
                 *           "min_bytes": 100,
                 *           "matches": "^# Report"
                 *         }
                 *       ],
                 *       "command": {
                 *         "run": "npm test",
                 *         "timeout": 300
                 *       },
                 *       "review": {
                 *         "role": "qa",
                 *         "instructions": "Are the edge cases tested?"
                 *       }
                 *     }
                 */
                success_criteria?: {
                    command?: {
                        /** @description A line for /bin/sh, or a program and its arguments without a shell */
                        run: string | string[];
                        /**
                         * @description Seconds until it is killed, with all it started. It counts into the time of the attempt
                         * @default 60
                         */
                        timeout?: number;
                    };
                    /** @description The command of the agent must have ended with this code; an agent that reports none has not met it */
                    exit_code?: number;
                    files?: {
                        /** @description A text that must be in it */
                        contains?: string;
                        /**
                         * @description Said or not: the file must be there
                         * @constant
                         */
                        exists?: true;
                        /** @description A regular expression found somewhere in it; `^` and `$` are ends of lines. No look-around, no back references */
                        matches?: string;
                        max_bytes?: number;
                        min_bytes?: number;
                        /** @description Below the workspace of the agent; a link that leads out of it does not count */
                        path: string;
                        sha256?: string;
                    }[];
                    /** @description A JSON schema (a subset of draft 2020-12) that the result must satisfy */
                    result_schema?: {
                        [key: string]: unknown;
                    };
                    review?: {
                        /** @description What the reviewer is to look at */
                        instructions?: string;
                        /** @description Who reviews: an agent of this role, never the one that did the work */
                        role: string;
                        /**
                         * @description Seconds one attempt at the review may run, from its start
                         * @default 3600
                         */
                        timeout?: number;
                    };
                    /** @description When the agent has no host that looks at `files` and `command`, another agent of this role does, in its own workspace */
                    verified_by?: string;
                };
                /** @default task */
                task_type?: string;
                /**
                 * @description Seconds one attempt may run
                 * @default 3600
                 */
                timeout?: number;
                title: string;
                /**
                 * @description Seconds to live
                 * @default 604800
                 */
                ttl?: number;
            }[];
            title?: string;
            /** @description A new one is made when it is left out */
            workflow_id?: string;
        };
        WorkflowView: {
            /** @description How many of `tasks` are in each state; a state nobody is in is missing */
            counts: {
                [key: string]: number;
            };
            /** @description In the order they were submitted in */
            tasks: {
                agent_id?: string;
                depends_on: {
                    /**
                     * @description When there is no such task: `refuse` this one, or `await` its submission
                     * @default refuse
                     * @enum {string}
                     */
                    if_unknown: "refuse" | "await";
                    /**
                     * @description When that task ends without completing: `fail` with it, end as cancelled (`skip`), or `run` all the same
                     * @default fail
                     * @enum {string}
                     */
                    on_failure: "fail" | "skip" | "run";
                    task_id: string;
                }[];
                ended_at_ms?: number;
                error?: {
                    /** @description AGENT_REPORTED, AGENT_LOST, TIMEOUT, PROGRESS_TIMEOUT, TASK_LOOP, CRITERIA_NOT_MET, REVIEW_REJECTED, NOT_VERIFIED, DEPENDENCY_FAILED, … */
                    code: string;
                    message: string;
                };
                key?: string;
                started_at_ms?: number;
                /** @enum {string} */
                status: "blocked" | "scheduled" | "ready" | "assigned" | "running" | "verifying" | "completed" | "failed" | "cancelled" | "expired";
                task_id: string;
                title: string;
            }[];
            title?: string;
            /**
             * @description There are more tasks than are shown
             * @constant
             */
            truncated?: true;
            workflow_id: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlatformHealth"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlatformHealth"];
                };
            };
        };
    };
    listAgents: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Entries of a page at most */
                limit?: number;
                /** @description developer, pm, qa, devops, specialist or any other name */
                role?: string;
                /** @description Names between commas; an agent must have all of them */
                skills?: string;
                status?: "starting" | "idle" | "active" | "busy" | "suspect" | "draining" | "offline" | "failed";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentPage"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `CURSOR_INVALID`: The cursor is not one of ours */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    registerAgent: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AgentRegistration"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegisteredAgent"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getAgent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                agent_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentRecord"];
                };
            };
            /** @description `VALIDATION`: The request is not valid */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `AGENT_UNKNOWN`: There is no such agent */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deregisterAgent: {
        parameters: {
            query?: {
                reason?: string;
            };
            header?: never;
            path: {
                agent_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentRecord"];
                };
            };
            /** @description `VALIDATION`: The request is not valid */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `AGENT_UNKNOWN`: There is no such agent */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sendHeartbeat: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                agent_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Heartbeat"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Taken"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ackInbox: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                agent_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Ack"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Acked"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pullInbox: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                agent_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Pull"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PulledMessages"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `AGENT_UNKNOWN`: There is no such agent */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    completeTask: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                agent_id: string;
                task_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReportCompletion"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Taken"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    failTask: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                agent_id: string;
                task_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReportFailure"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Taken"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    reportProgress: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                agent_id: string;
                task_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReportProgress"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Taken"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    startTask: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                agent_id: string;
                task_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReportStart"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Taken"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TASK_UNKNOWN`: There is no such task */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `ASSIGNMENT_STALE`: The task is no longer this agent’s under this epoch */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    terminateAgent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                agent_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Terminate"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SpawnRecord"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `AGENT_UNKNOWN`: There is no such agent; `SPAWN_UNKNOWN`: This agent was not started by the spawner */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDeadLetters: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Part of the error */
                error?: string;
                /** @description Entries of a page at most */
                limit?: number;
                reason?: string;
                /** @description Given up at this time or later, Unix ms */
                since_ms?: number;
                /** @description The stream they came from, without its tag */
                stream?: string;
                /** @description Of the message: task.submitted.v1 */
                type?: string;
                /** @description Given up before this time, Unix ms */
                until_ms?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetterPage"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `CURSOR_INVALID`: The cursor is not one of ours */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDeadLetter: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dead_letter_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetter"];
                };
            };
            /** @description `VALIDATION`: The request is not valid */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DEAD_LETTER_UNKNOWN`: There is no such dead letter */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    discardDeadLetter: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dead_letter_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        dead_letter_id: string;
                        /** @description Where it is now */
                        entry_id?: string;
                        /**
                         * @description `repeated`: it had been put back before; `no_stream`: the stream it came from is gone; `expired`: nobody would handle it any more; both stay where they are
                         * @enum {string}
                         */
                        outcome: "replayed" | "repeated" | "discarded" | "unknown" | "no_stream" | "expired";
                    };
                };
            };
            /** @description `VALIDATION`: The request is not valid */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DEAD_LETTER_UNKNOWN`: There is no such dead letter */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replayDeadLetter: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dead_letter_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        dead_letter_id: string;
                        /** @description Where it is now */
                        entry_id?: string;
                        /**
                         * @description `repeated`: it had been put back before; `no_stream`: the stream it came from is gone; `expired`: nobody would handle it any more; both stay where they are
                         * @enum {string}
                         */
                        outcome: "replayed" | "repeated" | "discarded" | "unknown" | "no_stream" | "expired";
                    };
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DEAD_LETTER_UNKNOWN`: There is no such dead letter */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DEAD_LETTER_STUCK`: The dead letter cannot be put back */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    discardDeadLetters: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeadLetterChoice"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLettersSettled"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON; `CURSOR_INVALID`: The cursor is not one of ours */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DEAD_LETTER_UNKNOWN`: There is no such dead letter */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportDeadLetters: {
        parameters: {
            query?: {
                /** @description Part of the error */
                error?: string;
                reason?: string;
                /** @description Given up at this time or later, Unix ms */
                since_ms?: number;
                /** @description The stream they came from, without its tag */
                stream?: string;
                /** @description Of the message: task.submitted.v1 */
                type?: string;
                /** @description Given up before this time, Unix ms */
                until_ms?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One DeadLetter per line */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": unknown;
                };
            };
            /** @description `VALIDATION`: The request is not valid */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replayDeadLetters: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeadLetterChoice"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLettersSettled"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON; `CURSOR_INVALID`: The cursor is not one of ours */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DEAD_LETTER_UNKNOWN`: There is no such dead letter */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    adoptJournal: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeptTasks"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AdoptedTasks"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `JOURNAL_UNAVAILABLE`: The task cannot be written to the journal */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setLogLevel: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetLogLevel"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogLevelChange"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description `VALIDATION`: The request is not valid */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sendMessage: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeating safe: the same key with the same body is the same request */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewMessage"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MessageRecord"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `AGENT_UNKNOWN`: There is no such agent */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `NO_RECIPIENT`: Nobody has this address now; `IDEMPOTENCY_CONFLICT`: The idempotency key was used with another body */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMessage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                message_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MessageRecord"];
                };
            };
            /** @description `VALIDATION`: The request is not valid */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MESSAGE_UNKNOWN`: There is no such message */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getScaling: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Scaling"];
                };
            };
            /** @description `VALIDATION`: The request is not valid */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSchedules: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Entries of a page at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SchedulePage"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `CURSOR_INVALID`: The cursor is not one of ours */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createSchedule: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeating safe: the same key with the same body is the same request */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ScheduleSpecInput"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `SCHEDULE_LIMIT`: There are too many schedules; `IDEMPOTENCY_CONFLICT`: The idempotency key was used with another body */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                schedule_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description `VALIDATION`: The request is not valid */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `SCHEDULE_UNKNOWN`: There is no such schedule */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                schedule_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `SCHEDULE_UNKNOWN`: There is no such schedule */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pauseSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                schedule_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `SCHEDULE_UNKNOWN`: There is no such schedule */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `SCHEDULE_ENDED`: The schedule has ended */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resumeSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                schedule_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `SCHEDULE_UNKNOWN`: There is no such schedule */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `SCHEDULE_ENDED`: The schedule has ended */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    spawnAgent: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeating safe: the same key with the same body is the same request */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Spawn"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SpawnRecord"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TEMPLATE_UNKNOWN`: There is no such agent template */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `SPAWN_LIMIT`: The limit of running agents is reached; `IDEMPOTENCY_CONFLICT`: The idempotency key was used with another body */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSpawns: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Entries of a page at most */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SpawnPage"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `CURSOR_INVALID`: The cursor is not one of ours */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listStreams: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StreamList"];
                };
            };
            /** @description `VALIDATION`: The request is not valid */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTasks: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before */
                cursor?: string;
                /** @description Only tasks with this label: `name=value`, or `name` for any value */
                label?: string;
                /** @description Entries of a page at most */
                limit?: number;
                /** @description developer, pm, qa, devops, specialist or any other name */
                role?: string;
                status?: "blocked" | "scheduled" | "ready" | "assigned" | "running" | "verifying" | "completed" | "failed" | "cancelled" | "expired";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskPage"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `CURSOR_INVALID`: The cursor is not one of ours */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    submitTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeating safe: the same key with the same body is the same request */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TaskSpecInput"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcceptedTask"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DEPENDENCY_UNKNOWN`: A dependency does not exist; `TASK_LOOP`: The task would go round in circles; `IDEMPOTENCY_CONFLICT`: The idempotency key was used with another body */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time; `JOURNAL_UNAVAILABLE`: The task cannot be written to the journal */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTask: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                task_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskView"];
                };
            };
            /** @description `VALIDATION`: The request is not valid */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TASK_UNKNOWN`: There is no such task */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelTask: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                task_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Cancel"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskView"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TASK_UNKNOWN`: There is no such task */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TASK_ENDED`: The task has already ended */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    explainTask: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                task_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskExplanation"];
                };
            };
            /** @description `VALIDATION`: The request is not valid */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TASK_UNKNOWN`: There is no such task */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTaskHistory: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                task_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskHistory"];
                };
            };
            /** @description `VALIDATION`: The request is not valid */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TASK_UNKNOWN`: There is no such task */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retryTask: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                task_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskView"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TASK_UNKNOWN`: There is no such task */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TASK_ENDED`: The task has already ended; `TASK_NOT_ENDED`: The task has not ended yet */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    waitForTask: {
        parameters: {
            query?: {
                /** @description `version` of a former answer */
                after?: string;
                /** @description Seconds to wait at most */
                timeout_s?: number;
            };
            header?: never;
            path: {
                task_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WaitResult"];
                };
            };
            /** @description `VALIDATION`: The request is not valid */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TASK_UNKNOWN`: There is no such task */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyzeTask: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TaskSpecInput"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskAnalysis"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    submitTasks: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeating safe: the same key with the same body is the same request */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TaskBatch"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchResult"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `JOURNAL_UNAVAILABLE`: The task cannot be written to the journal */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTemplates: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TemplateList"];
                };
            };
            /** @description `VALIDATION`: The request is not valid */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    submitWorkflow: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeating safe: the same key with the same body is the same request */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Workflow"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcceptedWorkflow"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DEPENDENCY_UNKNOWN`: A dependency does not exist; `TASK_LOOP`: The task would go round in circles; `WORKFLOW_EXISTS`: There is another workflow of this id; `IDEMPOTENCY_CONFLICT`: The idempotency key was used with another body */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time; `JOURNAL_UNAVAILABLE`: The task cannot be written to the journal */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getWorkflow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                workflow_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowView"];
                };
            };
            /** @description `VALIDATION`: The request is not valid */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `WORKFLOW_UNKNOWN`: There is no such workflow */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelWorkflow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                workflow_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Cancel"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CancelledWorkflow"];
                };
            };
            /** @description `VALIDATION`: The request is not valid; `BODY_NOT_JSON`: The body is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHENTICATED`: No key or token, or a wrong one */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `FORBIDDEN`: The token may not do this */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `WORKFLOW_UNKNOWN`: There is no such workflow */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PAYLOAD_TOO_LARGE`: Something in the request is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `MEDIA_TYPE`: The content type is not supported */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OVERLOADED`: Too much at once */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BROKER_UNAVAILABLE`: The broker cannot be reached; `NO_ANSWER`: The service that owns the answer did not answer in time */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
