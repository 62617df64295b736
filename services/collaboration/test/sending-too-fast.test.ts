import { eventually } from '@nova-torch/testing';
import { expect, it } from 'vitest';
import { send, startCollaboration, startRig } from './support/collaboration-rig.ts';

it('refuses what one sender sends too fast, says when to try again, and takes what others send', async () => {
  const rig = await startRig();
  const agent = await rig.registry.join();
  const collaboration = await startCollaboration(rig.server.url, { NOVA_MESSAGES_PER_S: '1' });
  try {
    const from = (name: string) => {
      const message = send(agent, 'x');
      return { ...message, payload: { ...message.payload, from: name } } as typeof message;
    };
    const first = from('hasty');
    const answers = await Promise.all(
      [first, from('hasty'), from('hasty'), from('calm')].map((one) => rig.ask(one)),
    );
    expect(answers.map(({ type }) => type)).toEqual([
      ...Array(2).fill('message.state.v1'),
      'request.refused.v1',
      'message.state.v1',
    ]);
    const refused = answers[2]?.payload as { code: string; retry_after_ms: number };
    expect(refused.code).toBe('OVERLOADED');
    expect(refused.retry_after_ms).toBeGreaterThan(0);
    expect(refused.retry_after_ms).toBeLessThanOrEqual(1_000);
    // Sent again, a message that was taken is not counted.
    expect((await rig.ask(first)).type).toBe('message.state.v1');
    await eventually(async () => expect((await rig.ask(from('hasty'))).type).toBe('message.state.v1'));
  } finally {
    await collaboration.stop();
    await rig.stop();
  }
});
