import { NovaError, newAgentId, newMessage, newTaskId, TaskAssignedV1, TaskSpec } from '@nova-torch/protocol';
import { describe, expect, it } from 'vitest';
import { endReport, progressReport, startedReport } from '../domain/reports.ts';
import { AgentGoneError, type Settlement, TransportUnavailableError } from './agent-transport.ts';
import { GatewayReports } from './gateway-reports.ts';

const agentId = newAgentId(0, 1);

function assigned(): TaskAssignedV1 {
  const spec = TaskSpec.parse({ title: 'a task' });
  const task_id = newTaskId(0, 1);
  const payload = { task_id, agent_id: agentId, epoch: 1, lease: 'l', lease_until_ms: 5, attempt: 1, spec };
  return newMessage(
    TaskAssignedV1,
    { ...payload, dependency_results: {} },
    { sender: 'task-router', target: agentId, nowMs: 1 },
  );
}

/** Reports posted to `answer`, which may throw; the paths posted, shortened. */
function reportsAnswered(answer: (path: string) => void) {
  const posts: string[] = [];
  const reports = new GatewayReports(async (_agent, path, body) => {
    const short = path.split('/').at(-1) ?? '';
    posts.push(short === 'ack' ? `ack ${JSON.stringify(body)}` : short);
    answer(short);
  });
  return { reports, posts };
}

const ending = { kind: 'completed', result: 1, exitCode: undefined } as const;
const entries = (...ids: string[]) => ({ agentId, entryIds: ids });

describe('reports over HTTP', () => {
  it('go in order per assignment; what comes after one that waits, waits', async () => {
    const task = assigned();
    const batch: Settlement[] = [
      { ...entries('1-0'), report: startedReport(task, 1) },
      { ...entries(), report: progressReport(task, {}, 1) },
      { ...entries('2-0'), report: endReport(assigned(), ending, 1, 1) },
      entries('3-0'),
    ];
    const away = reportsAnswered((path) => {
      if (path === 'start') throw new TransportUnavailableError('away');
    });
    expect((await away.reports.settle(batch)).map(({ kind }) => kind)).toEqual([
      'later',
      'later',
      'stored',
      'stored',
    ]);
    expect(away.posts).toEqual(['start', 'complete', 'ack {"entries":[{"entry_id":"3-0"}]}']);
  });

  it.each([
    [new AgentGoneError('gone'), 'stale'],
    [new NovaError('ASSIGNMENT_STALE', 'another has it'), 'stale'],
    [new NovaError('TASK_UNKNOWN', 'never heard'), 'stale'],
    [new NovaError('VALIDATION', 'odd'), 'refused'],
    [new NovaError('UNAUTHENTICATED', 'who'), 'later'],
    [new Error('odd'), 'later'],
  ])('are %s: %s', async (error, kind) => {
    const { reports, posts } = reportsAnswered((path) => {
      if (path === 'complete') throw error;
    });
    const settlement = { ...entries('1-0'), report: endReport(assigned(), ending, 1, 1) };
    expect((await reports.settle([settlement]))[0]?.kind).toBe(kind);
    expect(posts.some((post) => post.startsWith('ack'))).toBe(kind !== 'later');
  });

  it('are not posted twice when only their acknowledgement failed', async () => {
    let acks = 0;
    const { reports, posts } = reportsAnswered((path) => {
      if (path !== 'ack') return;
      acks += 1;
      if (acks === 1) throw new TransportUnavailableError('away');
    });
    const settlement = { ...entries('1-0'), report: startedReport(assigned(), 1) };
    expect((await reports.settle([settlement]))[0]?.kind).toBe('later');
    expect((await reports.settle([settlement]))[0]?.kind).toBe('stored');
    expect(posts.filter((post) => post === 'start')).toHaveLength(1);
    expect(acks).toBe(2);
  });

  it('do not wait for the acknowledgement of an inbox that is gone', async () => {
    const { reports } = reportsAnswered((path) => {
      if (path === 'ack') throw new AgentGoneError('gone');
    });
    expect(await reports.settle([entries('1-0')])).toEqual([{ kind: 'stored' }]);
  });
});
