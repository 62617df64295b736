// What is told of the choice of an agent: the decisions taken on a task, and why a waiting one was given to nobody.
import { z } from 'zod';
import * as bounds from './bounds.ts';
import { AgentId, TaskId } from './ids.ts';
import { SkillName } from './names.ts';
import { TaskState } from './task-state.ts';

/** How one of the agents that could take a task is chosen; ties go to the one used least recently. */
export const ROUTING_STRATEGIES = ['score', 'least-loaded', 'round-robin', 'random', 'best-skilled'] as const;
export const RoutingStrategy = z
  .enum(ROUTING_STRATEGIES)
  .describe(
    '`score`: the highest weighted sum of the factors; `least-loaded`: the largest free share; `round-robin`: the least ' +
      'recently used; `random`: any; `best-skilled`: the best skill match',
  );
export type RoutingStrategy = z.infer<typeof RoutingStrategy>;

/** How tasks that are given away in one go are assigned. */
export const ASSIGNMENT_MODES = ['batch', 'greedy'] as const;
export const AssignmentMode = z
  .enum(ASSIGNMENT_MODES)
  .describe(
    '`batch`: as many served as can be, nobody at the cost of an earlier one, then the highest sum of scores; ' +
      '`greedy`: to each in turn the best agent that is still free',
  );
export type AssignmentMode = z.infer<typeof AssignmentMode>;

/** Why a task got another agent than its best-scored one. */
export const BATCH_REASONS = ['only_agent', 'best_total'] as const;
export const BatchReason = z
  .enum(BATCH_REASONS)
  .describe(
    '`only_agent`: no other could take the task that got it; `best_total`: the tasks given away together are served, and ' +
      'score in sum, best so',
  );
export type BatchReason = z.infer<typeof BatchReason>;

/** Why an agent was not among the candidates. */
export const PASS_OVER_REASONS = [
  'other_role',
  'missing_skill',
  'affinity',
  'anti_affinity',
  'excluded',
  'spread',
  'not_alive',
  'resting',
  'no_free_slot',
] as const;
export const PassOverReason = z.enum(PASS_OVER_REASONS);
export type PassOverReason = z.infer<typeof PassOverReason>;

const Share = z.number().min(0).max(1);

export const ScoreFactors = z.object({
  skill: Share.describe('Mean level of the required skills, and the share of the preferred ones; 3 to 1'),
  performance: Share.describe('Smoothed success rate, and speed against the other candidates; 7 to 3'),
  availability: Share.describe('Free share of its capacity'),
  context: Share.describe(
    'Preferred agent, same workflow, preferred labels; 0 after it failed the last attempt',
  ),
});
export type ScoreFactors = z.infer<typeof ScoreFactors>;

export const ScoredCandidate = z.object({
  agent_id: AgentId,
  score: z
    .number()
    .describe('What the strategy compared: the highest was chosen, unless `batch` says otherwise'),
  factors: ScoreFactors,
});
export type ScoredCandidate = z.infer<typeof ScoredCandidate>;

const Count = z.int().min(0);

/** Why the agents of the fleet were not candidates when a decision was taken. */
export const PassedOver = z
  .object({
    other_role: Count,
    missing_skill: z
      .record(SkillName, Count)
      .describe('Of the agents of the role, how many lack which skill'),
    affinity: Count.describe('Without a label that is required'),
    anti_affinity: Count.describe('With a label that is to be avoided'),
    excluded: Count.describe('Never to get it, such as the agent whose work is to be judged'),
    spread: Count.describe('Candidates that had, on them or their host, a task it is kept apart from'),
    not_alive: Count.describe('Starting, suspect, draining or gone'),
    resting: Count.describe(
      'Given nothing for now: its inbox or its slots are in doubt, or it rests from such tasks',
    ),
    no_free_slot: Count,
  })
  .partial()
  .describe(
    'Counts by reason; a reason that is absent concerned no agent. An agent may be counted under several. The last ' +
      'three are counted among the agents of the role that have the rarest of the required skills',
  );
export type PassedOver = z.infer<typeof PassedOver>;

export const TaskDecision = z.object({
  attempt: z.int().min(1),
  epoch: z.int().min(0),
  at_ms: z.number().describe('Unix milliseconds'),
  agent_id: AgentId.describe('Who got the task'),
  strategy: RoutingStrategy,
  weights: ScoreFactors.describe('Of the factors in the score'),
  scored: z.int().min(1).describe('Candidates that were scored'),
  candidates: z.array(ScoredCandidate).max(bounds.DECISION_CANDIDATES_MAX).describe('The best, in order'),
  passed_over: PassedOver,
  batch: z
    .object({
      tasks: z.int().min(2).describe('Tasks given away together'),
      best_agent_id: AgentId.describe('Its best-scored agent'),
      given_to: TaskId.describe('The task that got that agent'),
      reason: BatchReason,
    })
    .optional()
    .describe('Only when another task of those given away together got its best-scored agent'),
  crowded: z
    .boolean()
    .optional()
    .describe('Every candidate had a task that it should be kept apart from, so it got one all the same'),
});
export type TaskDecision = z.infer<typeof TaskDecision>;

/** The agents that cannot take a waiting task for one reason. */
export const PassedOverGroup = z.object({
  reason: PassOverReason,
  what: z.string().optional().describe('The skill, the label or the status it is about'),
  count: z.int().min(1),
  agent_ids: z.array(AgentId).max(bounds.EXPLAINED_AGENTS_MAX).describe('Some of them'),
});
export type PassedOverGroup = z.infer<typeof PassedOverGroup>;

export const TaskExplanation = z.object({
  task_id: TaskId,
  status: TaskState,
  attempt: z.int().min(0),
  found: z
    .object({ role: z.string().optional(), skills: z.array(z.string()).optional() })
    .optional()
    .describe(
      'What its text asks for, when it names neither role nor required skills: preferred when an agent is chosen',
    ),
  decisions: z
    .array(TaskDecision)
    .max(bounds.DECISIONS_KEPT)
    .describe(`The last assignments, newest first; at most ${bounds.DECISIONS_KEPT} are kept`),
  waiting: z
    .object({
      reason: z.string().describe('What it waits for, in a sentence'),
      dependencies: z
        .array(z.object({ task_id: TaskId, status: z.union([TaskState, z.literal('unknown')]) }))
        .optional()
        .describe('Those that are not completed yet'),
      next_attempt_at_ms: z.number().optional().describe('Unix milliseconds'),
      line: z
        .object({
          ahead: Count.describe('Tasks of the same submitter, priority and demand that go before it'),
          waiting: Count.describe('Tasks in that line; lines of several submitters take turns'),
        })
        .optional(),
      agents_known: Count.optional().describe('Agents the answering router knows'),
      candidates: z
        .array(ScoredCandidate)
        .max(bounds.EXPLAINED_CANDIDATES_MAX)
        .optional()
        .describe('Who could take it now, the best first'),
      passed_over: z
        .array(PassedOverGroup)
        .optional()
        .describe('All others, each under the first reason that holds for it; the largest group first'),
      unknown: z
        .array(
          z.object({
            field: z.enum(['role', 'required_skills']),
            name: z.string(),
            did_you_mean: z.string().optional(),
          }),
        )
        .optional()
        .describe('Roles and skills that no agent has'),
    })
    .optional()
    .describe('Only while it waits; worked out when asked'),
});
export type TaskExplanation = z.infer<typeof TaskExplanation>;
