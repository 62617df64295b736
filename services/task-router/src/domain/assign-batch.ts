// The assignment of a batch: which of its tasks are served, and which agent gets which.
//
// A1. Tasks are taken in their order. One that can be served beside all that were taken before is taken; any other is left
//     out. The sets that can be served together are the independent sets of a matroid (Edmonds and Fulkerson 1965), so
//     nobody is left out for the sake of a later one, and yet as many are served as can be.
// A2. Of all assignments that serve the tasks taken, this has the highest sum of scores: each task joins by the cheapest
//     chain of exchanges, which keeps the sum the highest (successive shortest paths; Busacker and Gowen 1960).
// A3. Scores are compared in millionths. Whole numbers add up exactly, so no chain of exchanges turns in a circle.

/** An agent as a batch sees it: compared by identity. */
export interface BatchAgent {
  /** Tasks it can take, 1 or more. */
  readonly slots: number;
  /** What the score of a task loses for each one that the agent gets beside it; 0 or more. */
  readonly step: number;
}

export interface BatchOption<A extends BatchAgent> {
  readonly agent: A;
  /** 0 to 1: how well the agent suits the task, before anything of the batch is given to it. */
  readonly score: number;
}

/** Tasks assigned together, at most. */
export const BATCH_MAX = 64;
const MILLIONTHS = 1e6;

interface Desk<A> {
  readonly agent: A;
  readonly slots: number;
  readonly step: number;
  readonly seated: Set<Sitter<A>>;
  /** Of the search under way: what it costs to bring somebody here, who that is, and from which desk. */
  cost: number;
  comer: Sitter<A> | undefined;
  from: Desk<A> | undefined;
  queued: boolean;
}

interface Sitter<A> {
  options: readonly { readonly desk: Desk<A>; readonly score: number }[];
  desk: Desk<A> | undefined;
  /** At its desk. */
  score: number;
}

/**
 * Assigns the tasks of a batch, given by the agents each can go to; of equal ones the first is preferred. Answers with the
 * agent of each, undefined for one that is left out. Throws RangeError for more than BATCH_MAX tasks. With n tasks of m
 * options each it takes time of the order of n²m in practice, n³m at worst.
 */
export function assignBatch<A extends BatchAgent>(
  tasks: readonly (readonly BatchOption<A>[])[],
): (A | undefined)[] {
  if (tasks.length > BATCH_MAX) throw new RangeError(`${tasks.length} tasks, more than ${BATCH_MAX}`);
  const desks = new Map<A, Desk<A>>();
  const sitters = tasks.map((options): Sitter<A> => {
    const known = options.map(({ agent, score }) => {
      const desk = desks.get(agent) ?? newDesk(agent);
      desks.set(agent, desk);
      return { desk, score: Math.round(score * MILLIONTHS) };
    });
    return { options: known, desk: undefined, score: 0 };
  });
  for (const sitter of sitters) seat(sitter);
  return sitters.map(({ desk }) => desk?.agent);
}

const newDesk = <A extends BatchAgent>(agent: A): Desk<A> => ({
  ...{ agent, slots: agent.slots, step: Math.round(agent.step * MILLIONTHS), seated: new Set() },
  ...{ cost: Number.POSITIVE_INFINITY, comer: undefined, from: undefined, queued: false },
});

/** Seats one more, moving others if need be; nobody moves when there is no place. */
function seat<A>(sitter: Sitter<A>): void {
  const best = bestOf(sitter);
  // Any other way costs at least as much: exchanges among those seated gain nothing (A2).
  if (best?.seated.size === 0) {
    move(sitter, best);
    return;
  }
  const reached = reach(sitter);
  let end: Desk<A> | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const desk of reached) {
    if (desk.seated.size >= desk.slots) continue;
    const cost = desk.cost + desk.step * desk.seated.size;
    if (cost < lowest) [end, lowest] = [desk, cost];
  }
  for (let desk = end; desk !== undefined; desk = desk.from) {
    if (desk.comer !== undefined) move(desk.comer, desk);
  }
  for (const desk of reached) {
    desk.cost = Number.POSITIVE_INFINITY;
    desk.comer = undefined;
    desk.from = undefined;
  }
}

/** Where it scores the highest; of equals the first. */
function bestOf<A>({ options }: Sitter<A>): Desk<A> | undefined {
  let [best] = options;
  for (const option of options) if (best === undefined || option.score > best.score) best = option;
  return best?.desk;
}

/** Finds for every desk the cheapest chain of moves that begins with the newcomer; in the order they were first reached. */
function reach<A>(newcomer: Sitter<A>): Desk<A>[] {
  const reached: Desk<A>[] = [];
  const queue: Desk<A>[] = [];
  const offer = (sitter: Sitter<A>, from: Desk<A> | undefined, base: number): void => {
    for (const { desk, score } of sitter.options) {
      const cost = base - score;
      if (cost >= desk.cost) continue;
      if (desk.comer === undefined) reached.push(desk);
      desk.cost = cost;
      desk.comer = sitter;
      desk.from = from;
      if (desk.queued) continue;
      desk.queued = true;
      queue.push(desk);
    }
  };
  offer(newcomer, undefined, 0);
  for (const desk of queue) {
    desk.queued = false;
    for (const sitter of desk.seated) offer(sitter, desk, desk.cost + sitter.score);
  }
  return reached;
}

function move<A>(sitter: Sitter<A>, to: Desk<A>): void {
  sitter.desk?.seated.delete(sitter);
  sitter.desk = to;
  sitter.score = sitter.options.find(({ desk }) => desk === to)?.score ?? 0;
  to.seated.add(sitter);
}
