import type { AgentDemand, AgentTemplate } from '@nova-torch/protocol';

/** Whether agents of this template can do what is demanded. */
export const covers = ({ role, skills }: AgentTemplate, demand: AgentDemand): boolean =>
  (demand.role === undefined || demand.role === role) &&
  demand.skills.every((skill) => skills.includes(skill));

/**
 * Templates whose agents can do what is demanded, in the order of their file: whoever writes it puts first what is to
 * be started first.
 */
export const coveringTemplates = (templates: Iterable<AgentTemplate>, demand: AgentDemand): AgentTemplate[] =>
  [...templates].filter((template) => covers(template, demand));

/** A demand in words: `the role qa and the skills x, y`. */
export function sayDemand({ role, skills }: AgentDemand): string {
  const words = [
    ...(role === undefined ? [] : [`the role ${role}`]),
    ...(skills.length === 0 ? [] : [`the skill${skills.length === 1 ? '' : 's'} ${skills.join(', ')}`]),
  ];
  return words.join(' and ');
}
