import type { AutonomyFigures } from '@nova-torch/protocol';

const MINUTE_MS = 60_000;
const MINUTES = 60;
/** Times to adapt remembered of one minute: beyond, the median is of the first. */
const ADAPTED_MAX = 200;

interface Minute {
  readonly number: number;
  ended: number;
  endedAlone: number;
  completed: number;
  agentSeconds: number;
  adapted: number[];
  adaptations: number;
}

/** The figures of the last hour, a minute at a time: at most 60 are remembered. Times are Unix milliseconds. */
export class AutonomyHour {
  #minutes: Minute[] = [];

  ended(count: number, end: { readonly alone: boolean; readonly completed: boolean }, nowMs: number): void {
    const minute = this.#at(nowMs);
    minute.ended += count;
    if (end.alone) minute.endedAlone += count;
    if (end.completed) minute.completed += count;
  }

  agentsLived(seconds: number, nowMs: number): void {
    this.#at(nowMs).agentSeconds += seconds;
  }

  adapted(seconds: number, nowMs: number): void {
    const minute = this.#at(nowMs);
    minute.adaptations += 1;
    if (minute.adapted.length < ADAPTED_MAX) minute.adapted.push(seconds);
  }

  /** What was seen in the hour that ends now; undefined when nobody looked. */
  figures(nowMs: number): AutonomyFigures | undefined {
    this.#forget(nowMs);
    const [first] = this.#minutes;
    if (first === undefined) return undefined;
    const sum = (of: (minute: Minute) => number): number =>
      this.#minutes.reduce((total, minute) => total + of(minute), 0);
    const adapted = this.#minutes.flatMap((minute) => minute.adapted).sort((a, b) => a - b);
    const median = adapted[Math.ceil(adapted.length / 2) - 1];
    return {
      window_s: Math.min(MINUTES * MINUTE_MS, nowMs - first.number * MINUTE_MS) / 1000,
      ended: sum(({ ended }) => ended),
      ended_alone: sum(({ endedAlone }) => endedAlone),
      completed: sum(({ completed }) => completed),
      agent_hours: sum(({ agentSeconds }) => agentSeconds) / 3600,
      adaptations: sum(({ adaptations }) => adaptations),
      ...(median === undefined ? {} : { adapt_p50_s: median }),
    };
  }

  #at(nowMs: number): Minute {
    const number = Math.floor(nowMs / MINUTE_MS);
    const last = this.#minutes.at(-1);
    // A clock that went back a little belongs to the minute it had reached.
    if (last !== undefined && last.number >= number) return last;
    this.#forget(nowMs);
    const counts = { ended: 0, endedAlone: 0, completed: 0, agentSeconds: 0, adaptations: 0 };
    const minute: Minute = { number, ...counts, adapted: [] };
    this.#minutes.push(minute);
    return minute;
  }

  #forget(nowMs: number): void {
    const oldest = Math.floor(nowMs / MINUTE_MS) - MINUTES;
    if ((this.#minutes[0]?.number ?? oldest + 1) > oldest) return;
    this.#minutes = this.#minutes.filter(({ number }) => number > oldest);
  }
}
