/** How many agents may live, and how many do. A spawn counts from the moment it is accepted until it has ended. */
export interface SpawnCounts {
  readonly liveTotal: number;
  readonly liveOfTemplate: number;
}

export interface SpawnLimits {
  readonly totalMax: number;
  readonly templateMax: number;
}

/** Which limit keeps one more agent from being started: of its template, or of all; undefined when none does. */
export function limitHit(counts: SpawnCounts, limits: SpawnLimits): 'template' | 'total' | undefined {
  if (counts.liveOfTemplate >= limits.templateMax) return 'template';
  return counts.liveTotal >= limits.totalMax ? 'total' : undefined;
}

/**
 * Why one more agent of this template cannot be started, in words for the requester; undefined when it can. The
 * script that stores a new spawn makes the same comparison with the same numbers, atomically.
 */
export function spawnRefusal(template: string, counts: SpawnCounts, limits: SpawnLimits): string | undefined {
  const hit = limitHit(counts, limits);
  if (hit === 'template') {
    return `${counts.liveOfTemplate} agents of the template ${template} live already; its max_instances is ${limits.templateMax}`;
  }
  if (hit === 'total') {
    return `${counts.liveTotal} agents live already; the limit of the spawner (SPAWNER_AGENTS_MAX) is ${limits.totalMax}`;
  }
  return undefined;
}
