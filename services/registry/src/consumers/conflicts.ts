/** How often a change is decided anew because another replica changed the agent in between. */
export const CONFLICTS_MAX = 8;
