// The model's part in the analysis of tasks: what it picked in the place of what the rules found, or why it did not.
import { LLM_METRICS } from '@nova-torch/metrics';
import { mayTakeTasks, type TaskSpec } from '@nova-torch/protocol';
import type { AgentIndex } from '../domain/agent-index.ts';
import type { Analyser, FoundWishes, TaskAnalysers } from '../domain/analysis/analyse.ts';
import { wishesOfPick, withPick } from '../domain/analysis/model-pick.ts';
import { type KnownNames, modelQuestion, namesToOffer } from '../domain/analysis/model-question.ts';
import type { Taxonomy } from '../domain/analysis/taxonomy.ts';
import type { RouterBase } from '../env.ts';
import type { LlmMetrics } from './llm-metrics.ts';
import { ModelAnalyst, type Outcome } from './model-analyst.ts';

/** What the model makes of a waiting task; `wishes` is undefined when it knows no role or skill for it. */
export type Advice =
  | { readonly kind: 'advised'; readonly wishes: FoundWishes | undefined; readonly reason: string }
  | { readonly kind: 'none'; readonly outcome: Outcome };

export interface LlmAnalyser {
  /** The rules' analysis with the model's picks; the rules' alone, and why, when there are none. */
  readonly analyse: Analyser;
  readonly advise: (task: TaskSpec) => Promise<Advice>;
  /** Whether submitted tasks are to be advised on. */
  readonly advisesSubmissions: boolean;
  readonly metrics: LlmMetrics;
  /** Breaks off the calls under way: what waits for them gets the rules' analysis. */
  stop(): Promise<void>;
}

/** Agents looked at for the names that are offered. */
const AGENTS_LOOKED_AT_MAX = 10_000;

/** The analyser that asks a model; undefined unless NOVA_LLM_URL is set. */
export function createLlmAnalyser(
  base: RouterBase,
  rules: TaskAnalysers['analyse'],
  taxonomy: Taxonomy,
  agents: AgentIndex,
): LlmAnalyser | undefined {
  const { env, logger, flow, broker } = base;
  const { NOVA_LLM_URL: url, NOVA_LLM_MODEL: model, NOVA_LLM_KEY: key } = env;
  if (url === undefined || model === undefined) return undefined;
  const metrics = base.metrics.make(LLM_METRICS);
  const analyst = new ModelAnalyst({
    endpoint: { url, model, key, timeoutMs: env.NOVA_LLM_TIMEOUT_MS },
    concurrency: env.NOVA_LLM_CONCURRENCY,
    limits: { calls: env.NOVA_LLM_CALLS_PER_HOUR, tokens: env.NOVA_LLM_TOKENS_PER_HOUR },
    ...{ metrics, flow, logger },
    nowMs: () => broker.serverNowMs(),
  });
  const ofTaxonomy: KnownNames = {
    skills: new Set(taxonomy.skills.keys()),
    roles: new Set(taxonomy.roles.keys()),
  };
  const ask = async (task: TaskSpec) => {
    const names = namesToOffer(ofTaxonomy, namesOf(agents));
    return { names, answer: await analyst.ask(modelQuestion(task, names, env.NOVA_LLM_TEXT_CHARS)) };
  };
  return {
    metrics,
    advisesSubmissions: env.NOVA_LLM_APPLY === 'submissions',
    async analyse(task, known) {
      const found = rules(task, known);
      const { names, answer } = await ask(task);
      const { reason } = answer;
      if (answer.kind === 'nothing') return { ...found, by_reason: reason };
      return withPick(found, answer.pick, { task, names, taxonomy, reason, history: known.history });
    },
    async advise(task) {
      const { names, answer } = await ask(task);
      if (answer.kind === 'nothing') return { kind: 'none', outcome: answer.outcome };
      return { kind: 'advised', wishes: wishesOfPick(answer.pick, names), reason: answer.reason };
    },
    stop: () => analyst.stop(),
  };
}

/** Those of agents that may be given tasks: one that is gone is nobody's choice. */
function namesOf(agents: AgentIndex): KnownNames {
  const names = { skills: new Set<string>(), roles: new Set<string>() };
  let looked = 0;
  for (const { record, skills } of agents.agents()) {
    if (looked >= AGENTS_LOOKED_AT_MAX) break;
    looked += 1;
    if (!mayTakeTasks(record.status)) continue;
    names.roles.add(record.role);
    for (const name of skills.keys()) names.skills.add(name);
  }
  return names;
}
