// Names that people give: lower-case, so that two spellings are not two roles.
import { z } from 'zod';

export const RoleName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'lower-case letters, digits, - and _; at most 64')
  .describe('developer, pm, qa, devops, specialist or any other name');
export const SkillName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9+#._-]{0,63}$/, 'lower-case letters, digits and + # . _ -; at most 64');
/** A name for agents that belong together: an agent says at its registration of which teams it is. */
export const TeamName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'lower-case letters, digits, - and _; at most 64');
