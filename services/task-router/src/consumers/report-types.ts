import type { Message } from '@nova-torch/protocol';
import type { Report } from '../domain/settle-report.ts';

const REPORTS: ReadonlySet<string> = new Set([
  'report.started.v1',
  'report.progress.v1',
  'report.completed.v1',
  'report.failed.v1',
] satisfies Report['type'][]);

/** Whether a message is one of the four reports. */
export const isReport = (message: Message): message is Report => REPORTS.has(message.type);
