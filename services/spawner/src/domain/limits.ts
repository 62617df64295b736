/** How many agents may live, and how many do. A spawn counts from the moment it is accepted until it has ended. */
export interface SpawnCounts {
  readonly liveTotal: number;
  readonly liveOfTemplate: number;
}

export interface SpawnLimits {
  readonly totalMax: number;
  readonly templateMax: number;
}

/**
 * Why one more agent of this template cannot be started, in words for the requester; undefined when it can. The
 * script that stores a new spawn makes the same comparison with the same numbers, atomically.
 */
export function spawnRefusal(template: string, counts: SpawnCounts, limits: SpawnLimits): string | undefined {
  if (counts.liveOfTemplate >= limits.templateMax) {
    return `${counts.liveOfTemplate} agents of the template ${template} live already; its max_instances is ${limits.templateMax}`;
  }
  if (counts.liveTotal >= limits.totalMax) {
    return `${counts.liveTotal} agents live already; the limit of the spawner (SPAWNER_AGENTS_MAX) is ${limits.totalMax}`;
  }
  return undefined;
}
