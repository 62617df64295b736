import type { AgentId } from '@nova-torch/protocol';

/** What the gateway remembers of one agent that pulls here, beside what the broker has. */
export interface Door {
  /** The agent's own word for its run; another one means it may have lost what it was given. */
  session: string | undefined;
  /** Entries given out and not acknowledged yet, with the broker's time of it; oldest first. */
  readonly handedOut: Map<string, number>;
  /** Whether entries may be pending that the agent does not have. */
  rereadPending: boolean;
  /** Entries given out so far, for their order. */
  given: number;
  open: OpenPull | undefined;
  usedAtMs: number;
}

export type PullEnd = 'rang' | 'deadline' | 'superseded' | 'closed' | 'stopping';

/** One pull that waits. A ring between two waits is kept. */
export class OpenPull {
  #rang = false;
  #end: Exclude<PullEnd, 'rang' | 'deadline'> | undefined;
  #check: (() => void) | undefined;

  get end(): PullEnd | undefined {
    return this.#end;
  }

  ring(): void {
    this.#rang = true;
    this.#check?.();
  }

  /** Ends the pull; the first reason stays. */
  finish(end: Exclude<PullEnd, 'rang' | 'deadline'>): void {
    this.#end ??= end;
    this.#check?.();
  }

  /** Forgets rings so far: what they announced is about to be read. */
  beginRead(): void {
    this.#rang = false;
  }

  /** Resolves at the next ring, the end of the pull or the deadline, whichever is first. */
  wait(timeoutMs: number): Promise<PullEnd> {
    return new Promise((resolve) => {
      const settle = (end: PullEnd): void => {
        clearTimeout(timer);
        this.#check = undefined;
        resolve(end);
      };
      const timer = setTimeout(() => settle('deadline'), Math.max(0, timeoutMs));
      this.#check = () => {
        if (this.#end !== undefined) settle(this.#end);
        else if (this.#rang) settle('rang');
      };
      this.#check();
    });
  }
}

/** The doors of all agents that pull from this gateway. */
export interface Doors {
  /** The door of an agent, made at its first use. */
  of(agentId: AgentId): Door;
  find(agentId: AgentId): Door | undefined;
  remove(agentId: AgentId): void;
  all(): Iterable<Door>;
  /** Removes doors nobody used for a while; returns how many. */
  sweep(): number;
  readonly size: number;
}

/** A door unused for so long is forgotten: at its next pull the agent is given all that is pending again. */
const UNUSED_MAX_MS = 10 * 60_000;

export function createDoors(nowMs: () => number): Doors {
  const doors = new Map<AgentId, Door>();
  return {
    get size() {
      return doors.size;
    },
    of(agentId) {
      let door = doors.get(agentId);
      if (door === undefined) {
        door = {
          session: undefined,
          handedOut: new Map(),
          rereadPending: true,
          given: 0,
          open: undefined,
          usedAtMs: 0,
        };
        doors.set(agentId, door);
      }
      door.usedAtMs = nowMs();
      return door;
    },
    find: (agentId) => doors.get(agentId),
    remove: (agentId) => void doors.delete(agentId),
    all: () => doors.values(),
    sweep() {
      let removed = 0;
      for (const [agentId, door] of doors) {
        if (door.open !== undefined || nowMs() - door.usedAtMs < UNUSED_MAX_MS) continue;
        doors.delete(agentId);
        removed += 1;
      }
      return removed;
    },
  };
}
