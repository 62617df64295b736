/** The pages of docs/runbooks the doctor may name. */
export const DOCTORS_RUNBOOKS = [
  'agents-lost',
  'assignment-budget-burn',
  'breaker-open',
  'broker-connection-lost',
  'broker-data-lost',
  'broker-memory-full',
  'broker-memory-high',
  'broker-memory-unbounded',
  'broker-persistence-failed',
  'broker-snapshot-old',
  'clock-skew',
  'dead-letters-growing',
  'journal-refusing',
  'limit-near',
  'no-active-collaboration',
  'no-active-router',
  'no-consumer',
  'pending-stuck',
  'queue-backlog',
  'queue-stale',
  'service-absent',
  'service-not-ready',
  'tasks-without-candidate',
] as const;

export type Runbook = (typeof DOCTORS_RUNBOOKS)[number];

/** What one check of the doctor found, and what to type when it is not well. */
export interface Finding {
  check: string;
  state: 'ok' | 'warning' | 'problem';
  detail: string;
  /** A command or an action. Set unless the state is ok. */
  fix?: string;
  /** The page that says more: a path from the root of the repository. */
  runbook?: string;
}

const page = (runbook: Runbook | undefined) =>
  runbook === undefined ? {} : { runbook: `docs/runbooks/${runbook}.md` };

export const ok = (check: string, detail: string, runbook?: Runbook): Finding => ({
  ...{ check, state: 'ok', detail },
  ...page(runbook),
});
export const warning = (check: string, detail: string, fix: string, runbook?: Runbook): Finding => ({
  ...{ check, state: 'warning', detail, fix },
  ...page(runbook),
});
export const problem = (check: string, detail: string, fix: string, runbook?: Runbook): Finding => ({
  ...{ check, state: 'problem', detail, fix },
  ...page(runbook),
});
