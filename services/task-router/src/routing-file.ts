import { AssignmentMode, RoutingStrategy } from '@nova-torch/protocol';
import { loadConfigFile } from '@nova-torch/service-kit';
import { z } from 'zod';
import { DEFAULT_ROUTING, type Routing } from './domain/routing.ts';

const { weights, prior, strategy, assignment, candidatesMax } = DEFAULT_ROUTING;
const weight = (given: number) => z.number().min(0).max(1).default(given);

/** What deploy/config/routing.yaml may say; everything may be absent. */
const RoutingFile = z.strictObject({
  strategy: RoutingStrategy.default(strategy),
  assignment: AssignmentMode.default(assignment),
  weights: z
    .strictObject({
      skill: weight(weights.skill),
      performance: weight(weights.performance),
      availability: weight(weights.availability),
      context: weight(weights.context),
    })
    .refine((given) => Object.values(given).some((one) => one > 0), 'one of the weights must be above 0')
    .prefault({}),
  prior: z
    .strictObject({
      attempts: z.number().min(0).max(10_000).default(prior.attempts),
      success: z.number().min(0).max(1).default(prior.success),
    })
    .prefault({}),
  candidates_max: z.int().min(1).max(1_024).default(candidatesMax),
});

/** How agents are chosen, as a file says. Throws ConfigFileError. `random` draws a number in [0, 1). */
export function loadRouting(file: string | undefined, random: () => number): Routing {
  const { candidates_max, ...rest } = loadConfigFile(file, RoutingFile);
  return { ...rest, candidatesMax: candidates_max, random };
}
