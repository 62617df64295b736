import { newAgentId, newTaskId, TaskSpec } from '@nova-torch/protocol';
import { describe, expect, it } from 'vitest';
import { commandEnvironment, scrubEnvironment, taskDocument } from './child-environment.ts';

const task = { ...TaskSpec.parse({ title: 'a\0b', inputs: { n: 1 } }), task_id: newTaskId(0, 1) };
const context = {
  agentId: newAgentId(0, 1),
  attempt: 2,
  lastError: { code: 'REVIEW_REJECTED', message: 'no tests' },
  epoch: 7,
  dependencyResults: {},
  traceparent: undefined,
  access: { apiUrl: 'http://127.0.0.1:7400', token: 'the-token' },
};
const input = { host: {}, secrets: [], task, context, runId: 'run.1' };

describe('the environment of a command', () => {
  it('has nothing of the host’s that begins with NOVA_ or contains a secret', () => {
    const host = {
      PATH: '/bin',
      NOVA_BROKER_URL: 'redis://:password@broker',
      NOVA_ADMIN_KEY: 'the-admin-key',
      NOVA_ANYTHING: 'x',
      REDIS: 'see redis://:password@broker/0',
      SHORT: 'abc',
      NOTHING: undefined,
    };
    const secrets = ['redis://:password@broker', 'the-admin-key', 'abc'];
    expect(scrubEnvironment(host, secrets)).toEqual({ PATH: '/bin', SHORT: 'abc' });
  });

  it('tells bash that it is not the outermost shell, so that it runs no ~/.bashrc', () => {
    expect(commandEnvironment(input).SHLVL).toBe('1');
    expect(commandEnvironment({ ...input, host: { ...input.host, SHLVL: '3' } }).SHLVL).toBe('3');
  });

  it('tells the task, the agent and its access', () => {
    expect(commandEnvironment(input)).toMatchObject({
      NOVA_TASK_ID: task.task_id,
      NOVA_TASK_TITLE: 'ab',
      NOVA_TASK_ATTEMPT: '2',
      NOVA_TASK_LAST_ERROR: 'no tests',
      NOVA_TASK_EPOCH: '7',
      NOVA_TASK_INPUTS: '{"n":1}',
      NOVA_AGENT_ID: context.agentId,
      NOVA_API_URL: 'http://127.0.0.1:7400',
      NOVA_AGENT_TOKEN: 'the-token',
      NOVA_RUN_ID: 'run.1',
    });
    expect(commandEnvironment(input)).not.toHaveProperty('TRACEPARENT');
  });

  it('marks the runs a command is in, and the spawn', () => {
    const host = { NOVA_RUN_ID: 'outer.1', NOVA_SPAWN_ID: 'spawn', TRACEPARENT: 'of the host' };
    const environment = commandEnvironment({ ...input, host });
    expect(environment).toMatchObject({ NOVA_RUN_ID: 'outer.1/run.1', NOVA_SPAWN_ID: 'spawn' });
    expect(environment).not.toHaveProperty('TRACEPARENT');
  });

  it('leaves out what is too large for it; the document on standard input has all', () => {
    const large = { ...context, dependencyResults: { a: 'x'.repeat(70_000) }, traceparent: '00-a' };
    const environment = commandEnvironment({ ...input, context: large });
    expect(environment).not.toHaveProperty('NOVA_TASK_DEPENDENCY_RESULTS');
    expect(environment.TRACEPARENT).toBe('00-a');
    expect(taskDocument(task, large)).toMatchObject({
      task_id: task.task_id,
      agent_id: context.agentId,
      dependency_results: large.dependencyResults,
      traceparent: '00-a',
    });
  });
});
