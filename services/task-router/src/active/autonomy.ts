// What the active router sees of the fleet's autonomy, as metrics and as the figures of the last hour. A batch costs a few
// additions; nothing is kept of a single task.

import { Adaptations } from '../domain/adaptations.ts';
import type { AgentIndex } from '../domain/agent-index.ts';
import type { AutonomyHour } from '../domain/autonomy-hour.ts';
import { type End, endOf } from '../domain/hands.ts';
import type { WaitingLines } from '../domain/waiting-lines.ts';
import type { RouterMetrics } from '../metrics.ts';
import type { Entry } from './ledger.ts';

export interface AutonomyOptions {
  readonly hour: AutonomyHour;
  readonly metrics: RouterMetrics;
  readonly lines: WaitingLines;
  readonly agents: AgentIndex;
  readonly nowMs: () => number;
}

/** A longer pause between two looks is not counted: nobody knows who lived in it. */
const LOOK_PAUSE_MAX_MS = 10_000;

export class Autonomy {
  readonly #options: AutonomyOptions;
  readonly #adaptations = new Adaptations();
  #lookedAtMs: number | undefined;

  constructor(options: AutonomyOptions) {
    this.#options = options;
  }

  /** Whether tasks wait that nobody alive can do: then a look is due when an agent comes. */
  get lacksAgents(): boolean {
    return this.#adaptations.lacksAgents;
  }

  /** Decisions were written: counts the ends among them. */
  wrote(entries: readonly Entry[]): void {
    const counts = new Map<string, { readonly end: End; count: number }>();
    for (const { draft, isRestored } of entries) {
      const end = isRestored ? undefined : endOf(draft);
      if (end === undefined) continue;
      const key = `${end.state} ${end.hand}`;
      const known = counts.get(key);
      if (known === undefined) counts.set(key, { end, count: 1 });
      else known.count += 1;
    }
    if (counts.size === 0) return;
    const { hour, metrics, nowMs } = this.#options;
    const atMs = nowMs();
    for (const { end, count } of counts.values()) {
      const { state, hand } = end;
      metrics.ends.inc({ end: state, hand }, count);
      hour.ended(count, { alone: hand === 'none', completed: state === 'completed' }, atMs);
    }
  }

  /** Once a second, and when tasks may have found or lost their agents: who lives, and which demand has no free agent. */
  look(): void {
    const { hour, metrics, lines, agents, nowMs } = this.#options;
    const atMs = nowMs();
    const pauseMs = Math.max(0, atMs - (this.#lookedAtMs ?? atMs));
    this.#lookedAtMs = atMs;
    const lived = pauseMs > LOOK_PAUSE_MAX_MS ? 0 : (pauseMs / 1000) * agents.living;
    metrics.agentSeconds.inc(lived);
    hour.agentsLived(lived, atMs);
    for (const { lack, outcome, seconds } of this.#adaptations.look(lines.lines(), agents, atMs)) {
      metrics.adaptDuration.observe({ lack, outcome }, seconds);
      if (lack === 'agent' && outcome === 'adapted') hour.adapted(seconds, atMs);
    }
  }
}
