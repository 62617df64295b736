export const SKILL = 'fleet';

/** What a process with a part of the fleet is told, as JSON in its first argument. */
export interface FleetPart {
  readonly agents: number;
  /** Over the streams, or else over HTTP. */
  readonly brokerUrl?: string;
  readonly apiUrl?: string;
  readonly adminKey?: string;
}
