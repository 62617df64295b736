import { MessagePostedV1, newAgentId, newMessage, newMessageId } from '@nova-torch/protocol';
import { eventually } from '@nova-torch/testing';
import { describe, expect, it } from 'vitest';
import { silentLogger } from './logger.ts';
import { MessageLoop } from './message-loop.ts';
import { Outbox } from './outbox.ts';
import type { MessageHandler } from './task-context.ts';

const agent_id = newAgentId(0, 1);
let count = 0;

function posted(body: unknown, over: Partial<MessagePostedV1> = {}): MessagePostedV1 {
  count += 1;
  const message = newMessage(
    MessagePostedV1,
    { message_id: newMessageId(0, count), agent_id, from: 'a test', to: agent_id, body },
    { sender: 'collaboration', target: agent_id, nowMs: 1 },
  );
  return { ...message, ...over };
}

/** A loop with this handler, and the entries it settled. */
function loopWith(handler: MessageHandler | undefined, deadlineMs = 1_000) {
  const settled: string[] = [];
  const outbox = new Outbox({
    logger: silentLogger,
    settle: async (batch) =>
      batch.map(({ entryIds, delivered }) => {
        settled.push(`${entryIds[0]} ${delivered?.type}`);
        return { kind: 'stored' };
      }),
  });
  const loop = new MessageLoop({ handler, deadlineMs, outbox, nowMs: () => 7, logger: silentLogger });
  return { loop, settled };
}

describe('the message loop', () => {
  it('hands out one after the other and settles each when it was taken', async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const taken: unknown[] = [];
    const { loop, settled } = loopWith(({ body }) => {
      taken.push(body);
      return gates[taken.length - 1]?.promise;
    });
    loop.take(posted('one'), '1-0');
    loop.take(posted('two'), '2-0');
    await eventually(() => expect(taken).toEqual(['one']));
    expect(settled).toEqual([]);
    gates[0]?.resolve();
    await eventually(() => expect(taken).toEqual(['one', 'two']));
    gates[1]?.resolve();
    await eventually(() => expect(settled).toEqual(['1-0 message.delivered.v1', '2-0 message.delivered.v1']));
  });

  it('hands out the most urgent of what waits, and none whose time is over', async () => {
    const first = Promise.withResolvers<void>();
    const taken: unknown[] = [];
    const { loop, settled } = loopWith(({ body }) => {
      taken.push(body);
      return first.promise;
    });
    loop.take(posted('first'), '1-0');
    loop.take(posted('low', { priority: 'low' }), '2-0');
    loop.take(posted('over', { priority: 'critical', expires_at: 0.007 }), '3-0');
    loop.take(posted('urgent', { priority: 'urgent', expires_at: 0.008 }), '4-0');
    loop.take(posted('normal'), '5-0');
    first.resolve();
    await eventually(() => expect(settled).toHaveLength(5));
    expect(taken).toEqual(['first', 'urgent', 'normal', 'low']);
    expect(settled).toContain('3-0 undefined');
  });

  it('hands a message out once, however often it comes', async () => {
    let calls = 0;
    const { loop, settled } = loopWith(() => {
      calls += 1;
    });
    const message = posted('one');
    loop.take(message, '1-0');
    loop.take(message, '1-0');
    await eventually(() => expect(settled).toHaveLength(1));
    loop.take(message, '2-0');
    await eventually(() => expect(settled).toEqual(['1-0 message.delivered.v1', '2-0 message.delivered.v1']));
    expect(calls).toBe(1);
  });

  it('tries a handler three times, then goes on', async () => {
    const calls: unknown[] = [];
    const { loop, settled } = loopWith(({ body }) => {
      calls.push(body);
      if (body === 'bad') throw new Error('no');
    });
    loop.take(posted('bad'), '1-0');
    loop.take(posted('good'), '2-0');
    await eventually(() => expect(settled).toHaveLength(2));
    expect(calls).toEqual(['bad', 'bad', 'bad', 'good']);
  });

  it('does not wait for a handler for ever', async () => {
    const never = new Promise<void>(() => {});
    const { loop, settled } = loopWith(() => never, 10);
    loop.take(posted('one'), '1-0');
    await eventually(() => expect(settled).toHaveLength(1));
  });

  it('asks for a pause when too many wait, until one is taken or it is stopped', async () => {
    const gate = Promise.withResolvers<void>();
    let calls = 0;
    const { loop } = loopWith(() => {
      calls += 1;
      return gate.promise;
    });
    for (let n = 0; n < 257; n += 1) loop.take(posted(n), `${n}-0`);
    let room = false;
    const waiting = loop.room().then(() => {
      room = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(room).toBe(false);
    gate.resolve();
    await waiting;
    for (let n = 300; n < 600; n += 1) loop.take(posted(n), `${n}-0`);
    loop.stop();
    await loop.room();
    expect(calls).toBeLessThan(600);
  });
});
