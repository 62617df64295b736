import { asHash, asList, type Reply } from './replies.ts';

/** What an answer of XINFO GROUPS says of one group; undefined if it is not among them. */
export function groupFacts(groups: Reply | undefined, group: string): Record<string, string> | undefined {
  return asList(groups)
    .map((reply) => asHash(reply))
    .find((facts) => facts?.name === group);
}
