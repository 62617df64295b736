/** How the words of one skill are told from other words. */
export interface SkillWords {
  /** Found in any spelling of capitals. */
  readonly synonyms: readonly string[];
  /**
   * Also words of the language (React, Swift, REST): found only spelled like this, inside a sentence or all in capitals;
   * at the beginning of a sentence only in context.
   */
  readonly proper_names: readonly string[];
  /** Hardly ever the skill when alone (Go, C, R): found only spelled like this and in context. */
  readonly only_in_context: readonly string[];
  /** Endings of file names, without the dot. */
  readonly file_endings: readonly string[];
}

export interface RoleWords {
  /** Words that name the role or its work. */
  readonly synonyms: readonly string[];
  /** Skills that are typical of it. */
  readonly skills: readonly string[];
}

/** What the analysis knows, defaults and additions put together. Weights are shares of the complexity, 0 to 1. */
export interface Taxonomy {
  readonly skills: ReadonlyMap<string, SkillWords>;
  readonly roles: ReadonlyMap<string, RoleWords>;
  readonly harder: ReadonlyMap<string, number>;
  readonly easier: ReadonlyMap<string, number>;
  readonly parallelisable: readonly string[];
  readonly sequential: readonly string[];
  readonly team: readonly string[];
  /** Words right before or after an ambiguous name that show what is meant: "in Go", "Go service". */
  readonly context: { readonly before: readonly string[]; readonly after: readonly string[] };
}
