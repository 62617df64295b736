// From the pauses in what stations handled, and the moments of the faults, to how long each took to go on. Pure.

/** A stretch of time, Unix ms with fractions. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A station handled nothing for a while although there was something to handle. */
export interface Pause extends Stretch {
  readonly station: number;
}

/** A fault that struck a connection, or everybody. */
export interface Strike {
  readonly kind: string;
  /** Whose connection; undefined: everybody's. */
  readonly station: number | undefined;
  /** What the connection was for; '' when it had not said yet. */
  readonly purpose: string;
  readonly atMs: number;
  /** From when on the station could go on: at once, when the fault is over, or when a silence must be noticed. */
  readonly readyMs: number;
}

export interface Recovery {
  readonly kind: string;
  /** How long the station took after it could go on, in ms, less the time the machine kept us from running. */
  readonly ms: number;
  readonly pause: Pause;
}

/** What was taken before a fault is still handled after it, for so long. */
const AFTERGLOW_MS = 300;

/** How much of a stretch lies in any of the others, which do not overlap. */
export function overlapMs({ fromMs, toMs }: Stretch, others: readonly Stretch[]): number {
  return others.reduce(
    (sum, other) => sum + Math.max(0, Math.min(toMs, other.toMs) - Math.max(fromMs, other.fromMs)),
    0,
  );
}

/**
 * For each pause: which fault's end (or need to be noticed) was the last before the station went on, and how long it
 * took from there. A pause without a fault counts from its beginning, as `none`.
 */
export function recoveries(
  pauses: readonly Pause[],
  strikes: readonly Strike[],
  heldUp: readonly Stretch[],
): Recovery[] {
  return pauses.map((pause) => {
    const involved = strikes.filter(
      ({ station, atMs, readyMs }) =>
        (station === undefined || station === pause.station) &&
        atMs <= pause.toMs &&
        Math.max(atMs, readyMs) >= pause.fromMs - AFTERGLOW_MS,
    );
    const last = involved.toSorted((a, b) => a.readyMs - b.readyMs).at(-1);
    const from = Math.max(pause.fromMs, last?.readyMs ?? 0);
    const ms = Math.max(0, pause.toMs - from - overlapMs({ fromMs: from, toMs: pause.toMs }, heldUp));
    return { kind: last?.kind ?? 'none', ms: Math.round(ms), pause };
  });
}

/** Stretches, of several origins, as one list in which none overlaps another. */
export function merged(stretches: readonly Stretch[]): Stretch[] {
  const all: { fromMs: number; toMs: number }[] = [];
  for (const { fromMs, toMs } of stretches.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = all.at(-1);
    if (last && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else all.push({ fromMs, toMs });
  }
  return all;
}

/** A message that was handled long after it was appended. */
export interface LateMessage extends Stretch {
  readonly station: number;
  readonly n: number;
}

/** How soon a station has to go on once it can, in ms. */
export const GO_ON_WITHIN_MS = 1_000;

/**
 * How much of a message's wait is not explained: neither by a silence of the station's own connections that it could
 * not notice earlier, nor by faults of everybody, nor by a server or machine that was not ready, nor by the second
 * after each of these in which the station has to go on.
 */
export function unexplainedMs(
  late: LateMessage,
  strikes: readonly Strike[],
  notReady: readonly Stretch[],
): number {
  const lasting = strikes
    .filter(
      ({ station, purpose, atMs, readyMs }) =>
        readyMs > atMs &&
        (station === undefined || (station === late.station && /main|consumer/.test(purpose))),
    )
    .map(({ atMs, readyMs }) => ({ fromMs: atMs, toMs: readyMs }));
  const reasons = [...lasting, ...notReady].map(({ fromMs, toMs }) => ({
    fromMs,
    toMs: toMs + GO_ON_WITHIN_MS,
  }));
  return Math.round(late.toMs - late.fromMs - overlapMs(late, merged(reasons)));
}
