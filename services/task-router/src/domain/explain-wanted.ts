import type { Demand } from './waiting.ts';
import { mayBeWanted, type WantedAgent } from './wanted-agent.ts';

/** What is done about a demand that nobody alive can serve, in half a sentence. */
export function explainWanted(demand: Demand, wanted: WantedAgent | undefined, nowMs: number): string {
  if (demand.labels !== undefined) return 'it demands labels, so none is started for it';
  if (!mayBeWanted(demand)) return 'it names neither a role nor a skill, so none is started for it';
  if (wanted === undefined) return 'register one, or let the spawner start one (a template that covers it)';
  const { state, askedAtMs = nowMs, template, reason, dueMs, attempts } = wanted;
  const ago = `${seconds(nowMs - askedAtMs)} s ago`;
  const before = reason === undefined ? '' : `; the last time: ${reason}`;
  const again = `the spawner is asked again in ${seconds(dueMs - nowMs)} s (${attempts} so far)`;
  switch (state) {
    case 'noticed':
      return 'the spawner is about to be asked for one';
    case 'asked':
      return `the spawner was asked for one ${ago} and has not answered yet${before}`;
    case 'starting':
      return `an agent of the template ${template} was asked for ${ago} and starts${before}`;
    case 'running':
      return `an agent of the template ${template} was asked for ${ago} and has registered`;
    case 'refused':
      return `the spawner refused to start one: ${reason}; register an agent or change the templates or limits; ${again}`;
    case 'failed':
      return `${reason}; ${again}`;
  }
}

const seconds = (ms: number): number => Math.max(0, Math.round(ms / 1000));
