import { z } from 'zod';

/** The levels a service can be told to log at, from the quietest on. */
export const CHANGEABLE_LOG_LEVELS = ['error', 'warn', 'info', 'debug', 'trace'] as const;
export const LogLevelName = z.enum(CHANGEABLE_LOG_LEVELS);
export type LogLevelName = z.infer<typeof LogLevelName>;

/** The longest a changed level holds, in seconds, and how long unless told. */
export const LOG_LEVEL_FOR_MAX_S = 86_400;
export const LOG_LEVEL_FOR_S = 600;
