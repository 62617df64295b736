/** The version of every package of the repository. A constant, because a bundle has no package.json; a test compares. */
export const VERSION = '0.1.0';
