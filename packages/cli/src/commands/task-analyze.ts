import type { TaskAnalysis, TaskSpecInput } from '@nova-torch/protocol';
import type { Command } from 'commander';
import { type CommandContext, openClient } from '../context.ts';
import { collect } from '../option-values.ts';
import { duration } from '../output.ts';
import { type TaskOptions, taskOf } from './task-options.ts';

const yesOrNo = ({ value, reason }: TaskAnalysis['team_needed']): string =>
  `${value ? 'yes' : 'no'} (${reason})`;

/** An analysis as a person reads it: each finding with its reason behind it. */
export function analysisLines(analysis: TaskAnalysis): string[] {
  const { skills, role, complexity, duration: time, parallelisable, team_needed, warnings } = analysis;
  const skillLines = skills.map(({ name, matched }) => {
    const words = [
      ...new Set(matched.map(({ word, where }) => `"${word}" in the ${where.replace('_', ' ')}`)),
    ];
    return `${name} (${words.join(', ')})`;
  });
  const p90 = time.p90_seconds === undefined ? '' : `, 9 of 10 within ${duration(time.p90_seconds * 1000)}`;
  const lines = [
    `skills          ${skillLines.join(`\n${' '.repeat(16)}`) || 'none found'}`,
    `role            ${role === undefined ? 'none found' : `${role.name} (${role.reason})`}`,
    `complexity      ${complexity.value} (${complexity.reasons.join('; ')})`,
    `duration        ${duration(time.seconds * 1000)}${p90} (${time.reason})`,
    `parallelisable  ${yesOrNo(parallelisable)}`,
    `team needed     ${yesOrNo(team_needed)}`,
  ];
  for (const { detail, suggestions } of warnings) {
    const meant = suggestions.length === 0 ? '' : `; did you mean ${suggestions.join(' or ')}?`;
    lines.push(`warning         ${detail}${meant}`);
  }
  if (analysis.by_reason !== undefined) {
    lines.push(`analysed by     ${analysis.by === 'llm' ? 'a model' : 'the rules'} (${analysis.by_reason})`);
  }
  if (analysis.truncated) lines.push('note            the description is long: only its beginning was read');
  return lines;
}

/** `nova-torch task analyze` */
export function addTaskAnalyzeCommand(task: Command, context: CommandContext): void {
  task
    .command('analyze')
    .description('show what can be read out of a task, without submitting it')
    .option('-t, --title <text>', 'title')
    .option('-d, --description <text>', 'description')
    .option('--type <name>', 'task type')
    .option('-r, --role <role>', 'only agents of this role')
    .option('-s, --skill <name>', 'a required skill; may be repeated', collect, [])
    .option('-f, --file <file>', 'the whole task as JSON; - is stdin')
    .addHelpText(
      'after',
      '\nExamples:\n  nova-torch task analyze --title "Fix the login form" --description "A React form; add unit tests"\n  nova-torch task analyze --file task.json --json',
    )
    .action(async (options: TaskOptions) => {
      const client = await openClient(context);
      const analysis = await client.analyzeTask(taskOf(options) as TaskSpecInput);
      context.output().result(analysis, () => analysisLines(analysis));
    });
}
