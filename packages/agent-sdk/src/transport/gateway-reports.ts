// Reports, receipts and acknowledgements over HTTP: one call per report; the end of a task takes its entries along,
// the other entries of a batch are acknowledged in one call.
//
// R1 In order per assignment; different assignments side by side, at most CONCURRENCY at once.
// R2 What is stored but not acknowledged yet is remembered, so a repeat acknowledges it without reporting it twice.
import { type AgentId, type ErrorCode, NovaError } from '@nova-torch/protocol';
import type { Report } from '../domain/reports.ts';
import { AgentGoneError, type Settled, type Settlement } from './agent-transport.ts';

const CONCURRENCY = 16;
const STALE: ReadonlySet<ErrorCode> = new Set([
  'ASSIGNMENT_STALE',
  'TASK_UNKNOWN',
  'TASK_ENDED',
  'AGENT_UNKNOWN',
]);

const ROUTES = {
  'report.started.v1': 'start',
  'report.progress.v1': 'progress',
  'report.completed.v1': 'complete',
  'report.failed.v1': 'fail',
} as const satisfies Record<Report['type'], string>;

/** Entries one report, or one acknowledgement, may name. */
const ENTRIES_WITH_REPORT_MAX = 16;
const ENTRIES_MAX = 1_000;

/** Posts to a path below the agent's own; rejects as the transport does. */
export type PostAsAgent = (
  agentId: AgentId,
  path: string,
  body: unknown,
  traceparent?: string,
) => Promise<unknown>;

export class GatewayReports {
  readonly #post: PostAsAgent;
  readonly #answered = new Map<string, Settled>();

  constructor(post: PostAsAgent) {
    this.#post = post;
  }

  async settle(settlements: readonly Settlement[]): Promise<Settled[]> {
    const results = new Map<Settlement, Settled>();
    const lanes = [...Map.groupBy(settlements, laneOf).values()];
    const workers = Array.from({ length: Math.min(CONCURRENCY, lanes.length) }, async () => {
      for (let lane = lanes.shift(); lane; lane = lanes.shift()) await this.#lane(lane, results);
    });
    await Promise.all(workers);
    await this.#acknowledge(results);
    return settlements.map((one) => results.get(one) ?? { kind: 'later', detail: 'one before it waits' });
  }

  async #lane(lane: readonly Settlement[], results: Map<Settlement, Settled>): Promise<void> {
    for (const settlement of lane) {
      const result = await this.#report(settlement);
      results.set(settlement, result);
      if (result.kind === 'later') return;
    }
  }

  async #report(settlement: Settlement): Promise<Settled> {
    const { report } = settlement;
    if (report === undefined) return { kind: 'stored' };
    const before = this.#answered.get(report.id);
    if (before) return before;
    const { task_id, agent_id, ...fields } = report.payload;
    const lease_until_ms = report.type === 'report.started.v1' ? settlement.leaseUntilMs : undefined;
    const entry_ids = takesEntries(settlement) ? settlement.entryIds : undefined;
    const body = { ...fields, lease_until_ms, entry_ids };
    try {
      await this.#post(agent_id, `/tasks/${task_id}/${ROUTES[report.type]}`, body, report.traceparent);
      return { kind: 'stored' };
    } catch (error) {
      if (error instanceof AgentGoneError) return { kind: 'stale' };
      if (!isRefusal(error)) return later(error);
      return STALE.has(error.code) ? { kind: 'stale' } : { kind: 'refused', detail: error.message };
    }
  }

  async #acknowledge(results: Map<Settlement, Settled>): Promise<void> {
    const due = [...results].filter(([one, { kind }]) => {
      const taken = kind === 'stored' && takesEntries(one);
      return kind !== 'later' && !taken && one.entryIds.length > 0;
    });
    for (const [agentId, own] of Map.groupBy(due, ([{ agentId: id }]) => id)) {
      const entries = own.flatMap(([{ entryIds, expired }]) =>
        entryIds.map((entry_id) => (expired === true ? { entry_id, expired } : { entry_id })),
      );
      try {
        for (let from = 0; from < entries.length; from += ENTRIES_MAX) {
          await this.#post(agentId, '/inbox/ack', { entries: entries.slice(from, from + ENTRIES_MAX) });
        }
        for (const [{ report }] of own) if (report) this.#answered.delete(report.id);
      } catch (error) {
        // The inbox of an agent that is gone is gone too; what is refused for good is given out again and known then.
        if (error instanceof AgentGoneError || isRefusal(error)) continue;
        for (const [one, result] of own) {
          if (one.report) this.#answered.set(one.report.id, result);
          results.set(one, later(error));
        }
      }
    }
  }
}

/** Whether the route of the report acknowledges the entries with it. */
const takesEntries = ({ report, entryIds }: Settlement): boolean =>
  (report?.type === 'report.completed.v1' || report?.type === 'report.failed.v1') &&
  entryIds.length > 0 &&
  entryIds.length <= ENTRIES_WITH_REPORT_MAX;

const laneOf = ({ report, entryIds }: Settlement): string =>
  report ? `${report.payload.task_id} ${report.payload.epoch}` : `entry ${entryIds[0]}`;

/** Refused for good; a token that is not taken may be renewed. */
const isRefusal = (error: unknown): error is NovaError =>
  error instanceof NovaError && error.code !== 'UNAUTHENTICATED';

const later = (error: unknown): Settled => ({
  kind: 'later',
  detail: error instanceof Error ? error.message : String(error),
});
