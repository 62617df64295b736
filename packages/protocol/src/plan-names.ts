/** One name of the original plans and what carries it here. docs/PLAN_NAMES.md is checked against this table. */
export interface PlanName {
  readonly plan: string;
  readonly kind: 'stream' | 'message' | 'key' | 'class' | 'method' | 'field' | 'target';
  readonly here: string;
  /** File that has it, and a text in that file: a test checks that both exist. */
  readonly file: string;
  readonly text: string;
}

export const PLAN_NAMES: readonly PlanName[] = [];
