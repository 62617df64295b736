// An agent over HTTP whose inbox is gone: the broker lost its data, or the agent was taken for dead and reaped.
import { INBOX_GROUP, newAgentId, newTaskId, TaskStopV1 } from '@nova-torch/protocol';
import { expect, test } from 'vitest';
import { streams } from './support/other-services.ts';
import { type GatewayRig, useGateway } from './support/use-gateway.ts';

let rig: GatewayRig;
useGateway((opened) => {
  rig = opened;
});

test('its report is sent all the same, its acknowledgement acknowledges nothing, and its pull tells it', async () => {
  const { gateway, others } = rig;
  const agentId = newAgentId(0, Date.now());
  const inbox = streams.agentInbox(agentId);
  const taskId = newTaskId(0, Date.now());
  const call = (what: string, body: object) =>
    gateway.call('POST', `/v1/agents/${agentId}/${what}`, { body });
  await others.broker.call('XGROUP', 'CREATE', inbox, INBOX_GROUP, '0', 'MKSTREAM');
  await others.publish(inbox, TaskStopV1, { task_id: taskId, epoch: 1, reason: 'cancelled' });
  const pulled = await call('inbox/pull', { wait_s: 0 });
  const entry_ids = pulled.body.messages.map(({ entry_id }: { entry_id: string }) => entry_id);
  expect(entry_ids).toHaveLength(1);
  await others.broker.call('DEL', inbox);

  const report = await call(`tasks/${taskId}/complete`, { epoch: 1, lease: 'a-lease', result: 1, entry_ids });
  expect(report.status).toBe(202);
  expect(await others.next('report.completed.v1')).toMatchObject({ sender: agentId, payload: { result: 1 } });
  expect((await call('inbox/ack', { entries: [{ entry_id: entry_ids[0] }] })).body).toEqual({
    acknowledged: 0,
  });
  const refused = await call('inbox/pull', { wait_s: 0 });
  expect([refused.status, refused.body.code]).toEqual([404, 'AGENT_UNKNOWN']);
});
