// What to do next about one spawn, from its record and what is seen of its process. The spawner is level-triggered:
// whatever happened, whoever died in between, looking at these facts again gives the right next step.
import { isLive, type StoredSpawn } from './spawn.ts';

export interface SpawnFacts {
  /** `unknown`: no process is attached yet. `alive`, `exited`: what is seen of the attached one. */
  readonly process: 'unknown' | 'alive' | 'exited';
  /** The agent registered under this spawn id. */
  readonly joined: boolean;
  /** The registry was asked after the deadline and does not know the agent. */
  readonly askedRegistry: boolean;
  readonly nowMs: number;
  readonly readyTimeoutMs: number;
}

export type SpawnStep =
  /** Nothing to do before something happens, or before `untilMs`. */
  | { readonly kind: 'wait'; readonly untilMs?: number }
  /** Attach to its process: the recorded one, one that carries its mark, or a new one if `mayStart`. */
  | { readonly kind: 'attach'; readonly mayStart: boolean }
  /** A process is attached, the record does not name it yet. */
  | { readonly kind: 'record-process' }
  | { readonly kind: 'mark-running' }
  | { readonly kind: 'ask-registry' }
  /** It did not register in time: stop it, and let it end as failed. */
  | { readonly kind: 'give-up' }
  /** Force its end: the polite time is over. */
  | { readonly kind: 'end-processes' }
  /** Its process is gone: report it, sweep what is left of it, end the record. */
  | { readonly kind: 'settle' }
  /** The record has ended; nothing of it may live. */
  | { readonly kind: 'forget' };

/** Decides. A spawn is started at most once, and only while its requester may still be waiting for it. */
export function nextStep({ record, stop }: StoredSpawn, facts: SpawnFacts): SpawnStep {
  if (!isLive(record.state)) return { kind: 'forget' };
  const readyByMs = record.requested_at_ms + facts.readyTimeoutMs;
  if (facts.process === 'unknown') {
    const neverStarted = record.pid === undefined && record.state === 'starting';
    return { kind: 'attach', mayStart: neverStarted && facts.nowMs < readyByMs };
  }
  if (facts.process === 'exited') return { kind: 'settle' };
  if (record.pid === undefined) return { kind: 'record-process' };
  if (record.state === 'stopping') {
    const politeUntilMs = stop?.polite_until_ms ?? facts.nowMs;
    return facts.nowMs < politeUntilMs ? { kind: 'wait', untilMs: politeUntilMs } : { kind: 'end-processes' };
  }
  if (record.state === 'running') return { kind: 'wait' };
  if (facts.joined) return { kind: 'mark-running' };
  if (facts.nowMs < readyByMs) return { kind: 'wait', untilMs: readyByMs };
  return facts.askedRegistry ? { kind: 'give-up' } : { kind: 'ask-registry' };
}
