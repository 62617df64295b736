/** A member of a JSON value: its path (`inputs.document`, `tasks.3.context`) and how long it is as JSON, in UTF-16 units. */
export interface Member {
  path: string;
  size: number;
}

/** How deep the search goes: below, the path no longer helps the reader. */
const DEPTH_MAX = 6;

/**
 * The member to blame when a JSON value is too large: follows the largest member downwards as long as it holds more
 * than half of what its parent holds. Undefined when the value has no members.
 */
export function largestMember(value: unknown): Member | undefined {
  let found: Member | undefined;
  let parent = value;
  for (let depth = 0; depth < DEPTH_MAX; depth += 1) {
    const largest = largestOf(parent);
    if (largest === undefined) break;
    if (found !== undefined && largest.size * 2 <= found.size) break;
    found = {
      path: found === undefined ? largest.name : `${found.path}.${largest.name}`,
      size: largest.size,
    };
    parent = largest.value;
  }
  return found;
}

function largestOf(value: unknown): { name: string; size: number; value: unknown } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  let largest: { name: string; size: number; value: unknown } | undefined;
  for (const [name, member] of Object.entries(value)) {
    const size = JSON.stringify(member)?.length ?? 0;
    if (largest === undefined || size > largest.size) largest = { name, size, value: member };
  }
  return largest;
}
