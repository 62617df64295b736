import { join } from 'node:path';
import { TaskSpec, type TaskSpecInput } from '@nova-torch/protocol';
import { createAnalysers, type KnownToAnalysis } from '../../src/domain/analysis/analyse.ts';
import { loadTaxonomy } from '../../src/taxonomy/load-taxonomy.ts';

export const SHIPPED = join(import.meta.dirname, '../../../../deploy/config/taxonomy.yaml');
export const shipped = createAnalysers(loadTaxonomy(SHIPPED));

/** A platform that knows nothing. */
export const NOTHING_KNOWN: KnownToAnalysis = {
  history: undefined,
  hasAgentWith: () => false,
  skillsLike: () => [],
  hasRole: () => false,
  rolesLike: () => [],
};

/** What the shipped taxonomy makes of a task. */
export const analysed = (spec: Partial<TaskSpecInput>, known: Partial<KnownToAnalysis> = {}) =>
  shipped.analyse(TaskSpec.parse({ title: 'a task', ...spec }), { ...NOTHING_KNOWN, ...known });
