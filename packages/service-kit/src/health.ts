/** Whether something is there: true, or false, or the reason why it is not. */
export type HealthCheck = () => boolean | string;

/** What a process is ready for. */
export interface HealthReport {
  ready: boolean;
  /** What is missing, `name` or `name: reason`. */
  missing: string[];
}

/** The checks of one process. All must hold for it to be ready; none means ready. */
export interface Health {
  /** Adds a check; one of the same name is replaced. It must answer at once: it is asked at each probe. */
  check(name: string, check: HealthCheck): void;
  report(): HealthReport;
}

/** Makes an empty set of checks. A check that throws counts as missing, with its error as the reason. */
export function createHealth(): Health {
  const checks = new Map<string, HealthCheck>();
  return {
    check: (name, check) => void checks.set(name, check),
    report() {
      const missing = [...checks].flatMap(([name, check]) => missingPart(name, check));
      return { ready: missing.length === 0, missing };
    },
  };
}

function missingPart(name: string, check: HealthCheck): string[] {
  try {
    const answer = check();
    if (answer === true) return [];
    return [typeof answer === 'string' && answer !== '' ? `${name}: ${answer}` : name];
  } catch (error) {
    return [`${name}: ${error instanceof Error ? error.message : String(error)}`];
  }
}
