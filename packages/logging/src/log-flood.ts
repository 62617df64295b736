/** How often lines of one kind are let through. */
export interface FloodLimits {
  /** Lines of one message, level and part in one second; further ones are counted and left out. */
  readonly perSecond: number;
}

/** Kinds of lines remembered within a second; when there are more, further ones are let through uncounted. */
const KINDS_MAX = 1_000;
const SECOND_MS = 1_000;

/** Lines that were left out. */
export interface Suppressed {
  readonly level: number;
  readonly message: string;
  readonly part: string | undefined;
  readonly count: number;
}

/** Decides which lines of a flood are written. The first ones of each second always are. */
export interface LogFlood {
  /** Whether this line is written. `nowMs` is monotonic. */
  admits(level: number, message: string, part: string | undefined, nowMs: number): boolean;
  /** What was left out since the last call; for once a second. */
  drain(): Suppressed[];
}

interface Kind {
  readonly level: number;
  readonly message: string;
  readonly part: string | undefined;
  written: number;
  suppressed: number;
}

/** Nothing was seen yet. */
export function createLogFlood({ perSecond }: FloodLimits): LogFlood {
  const kinds = new Map<string, Kind>();
  let endsMs = 0;
  let left: Kind[] = [];
  const nextSecond = (nowMs: number): void => {
    left.push(...[...kinds.values()].filter(({ suppressed }) => suppressed > 0));
    kinds.clear();
    endsMs = nowMs + SECOND_MS;
  };
  return {
    admits(level, message, part, nowMs) {
      if (nowMs >= endsMs) nextSecond(nowMs);
      const key = part === undefined ? `${level} ${message}` : `${level} ${part} ${message}`;
      let kind = kinds.get(key);
      if (kind === undefined) {
        if (kinds.size >= KINDS_MAX) return true;
        kind = { level, message, part, written: 0, suppressed: 0 };
        kinds.set(key, kind);
      }
      if (kind.written < perSecond) {
        kind.written += 1;
        return true;
      }
      kind.suppressed += 1;
      return false;
    },
    drain() {
      left.push(...[...kinds.values()].filter(({ suppressed }) => suppressed > 0));
      const drained = left.map(({ level, message, part, suppressed }) => ({
        ...{ level, message, part },
        count: suppressed,
      }));
      left = [];
      for (const kind of kinds.values()) kind.suppressed = 0;
      return drained;
    },
  };
}
