// The consumer against a model of a stream: what becomes of each message is told by its script and the policy alone,
// whatever the batches, the concurrency, the handler's form, and the restarts and lost connections in between.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  ack,
  asEntries,
  type Broker,
  createConsumer,
  createDelayedPromoter,
  createProducer,
  type Delivered,
  deadLetter,
  deadLetterKey,
  deadLetters,
  delayedKey,
  type Handlers,
  type Outcome,
  retry,
  type StreamDeclaration,
} from '../src/index.ts';
import { modelRig } from './support/model-rig.ts';
import { eventually } from './support/redis-server.ts';
import { type ToyMessage, toyCodec, toyMessage, toyStream } from './support/toy-catalog.ts';

type Step = 'ack' | 'publish' | 'retry' | 'throw' | 'dead';
interface Planned {
  /** What the handler does at each attempt; the last one is repeated. */
  readonly steps: readonly Step[];
  readonly entry: 'good' | 'garbage' | 'expired' | 'unknown_type';
}
interface Plan {
  readonly messages: readonly Planned[];
  readonly maxDeliveries: number;
  readonly batch: number;
  readonly concurrency: number;
  readonly inBatches: boolean;
  /** What is done to the consumer after the first half of the messages: in the midst of them, or when it waits for more. */
  readonly harm: 'nothing' | 'restart' | 'cut';
}
/** How a message ends: handled so often, then acknowledged (and published) or dead for a reason. */
interface End {
  readonly attempts: number;
  readonly end: string;
}

const rig = modelRig();
const isEnd = (step: Step): boolean => step === 'ack' || step === 'publish' || step === 'dead';

/** The model: nothing but the message's plan and the policy. */
function endOf({ steps, entry }: Planned, { maxDeliveries, inBatches }: Plan): End {
  if (entry === 'garbage') return { attempts: 0, end: 'invalid' };
  if (entry === 'expired') return { attempts: 0, end: 'expired' };
  if (entry === 'unknown_type' && !inBatches) return { attempts: 0, end: 'unknown_type' };
  for (let attempt = 1; attempt <= maxDeliveries; attempt += 1) {
    const step = steps[Math.min(attempt, steps.length) - 1] ?? 'ack';
    if (isEnd(step)) return { attempts: attempt, end: step === 'dead' ? 'unwanted' : step };
  }
  return { attempts: maxDeliveries, end: 'max_deliveries' };
}

function outcomeOf(plan: Plan, { message, attempt }: Delivered<ToyMessage>, outbox: string): Outcome {
  const steps = plan.messages[message.payload.n]?.steps ?? [];
  const step = steps[Math.min(attempt, steps.length) - 1];
  if (step === 'throw') throw new Error('as planned');
  if (step === 'retry') return retry({ afterMs: 0 });
  if (step === 'dead') return deadLetter('unwanted');
  return ack(step === 'publish' ? [{ stream: outbox, message: toyMessage(message.payload.n) }] : []);
}

const plans = fc.record<Plan>({
  messages: fc.array(
    fc.record<Planned>({
      steps: fc.array(fc.constantFrom<Step>('ack', 'publish', 'retry', 'retry', 'throw', 'dead'), {
        minLength: 1,
        maxLength: 4,
      }),
      entry: fc.constantFrom('good', 'good', 'good', 'good', 'garbage', 'expired', 'unknown_type'),
    }),
    { minLength: 1, maxLength: 25 },
  ),
  maxDeliveries: fc.integer({ min: 1, max: 4 }),
  batch: fc.integer({ min: 1, max: 9 }),
  concurrency: fc.integer({ min: 1, max: 3 }),
  inBatches: fc.boolean(),
  harm: fc.constantFrom('nothing', 'restart', 'cut'),
});

async function publish(stream: StreamDeclaration, plan: Plan, from: number, to: number): Promise<void> {
  const { broker } = rig;
  const nowS = broker.serverNowMs() / 1000;
  for (const [n, { entry }] of plan.messages.entries()) {
    if (n < from || n >= to) continue;
    if (entry === 'garbage') {
      await broker.call('XADD', stream.key, '*', 'm', `garbage ${n}`);
      continue;
    }
    const fields = {
      ...(entry === 'expired' && { expires_at: nowS - 1 }),
      ...(entry === 'unknown_type' && { type: 'toy.lost.v1' }),
    };
    await createProducer(broker, toyCodec).publish(stream.key, toyMessage(n, fields));
  }
}

/** Nothing waits: not read, taken, or put off. */
async function isQuiet({ key }: StreamDeclaration): Promise<boolean> {
  const { broker, pendingOf } = rig;
  const [groups, delayed, pending] = await Promise.all([
    broker.call('XINFO', 'GROUPS', key),
    broker.call('ZCARD', delayedKey(key)),
    pendingOf(key),
  ]);
  return JSON.stringify(groups).includes('"lag",0') && delayed === 0 && pending === 0;
}

/** Ends the connections the consumer reads with, as a broken network does. */
async function cutReaders(broker: Broker): Promise<void> {
  const lines = String(await broker.call('CLIENT', 'LIST')).split('\n');
  for (const line of lines.filter((one) => one.includes('cmd=xreadgroup'))) {
    const id = /^id=(\d+)/.exec(line)?.[1];
    if (id !== undefined) await broker.call('CLIENT', 'KILL', 'ID', id).catch(() => 0);
  }
}

async function play(plan: Plan): Promise<void> {
  const { broker, slot } = rig;
  const { maxDeliveries, batch, concurrency } = plan;
  const backoff = { baseMs: 1, maxMs: 2 };
  const stream = { ...toyStream(), maxDeliveries, batch, concurrency, backoff };
  const outbox = `${stream.key}.out`;
  const handled: { n: number; attempt: number }[] = [];
  const handle = (delivered: Delivered<ToyMessage>): Outcome => {
    handled.push({ n: delivered.message.payload.n, attempt: delivered.attempt });
    return outcomeOf(plan, delivered, outbox);
  };
  /** One that throws fails its whole batch: in a batch it is put off instead. */
  const inBatch = (delivered: Delivered<ToyMessage>): Outcome => {
    try {
      return handle(delivered);
    } catch {
      return retry({ afterMs: 0 });
    }
  };
  const handlers: Handlers<ToyMessage> = plan.inBatches
    ? { batch: async (messages) => messages.map(inBatch) }
    : { 'toy.made.v1': handle };
  const options = { broker, codec: toyCodec, group: 'toys', consumer: slot, streams: [stream], handlers };
  const consumer = createConsumer(options);
  const promoter = createDelayedPromoter({ broker, streams: [stream] });
  const half = Math.floor(plan.messages.length / 2);
  await publish(stream, plan, 0, half);
  await promoter.start();
  await consumer.start();
  try {
    if (plan.harm === 'restart') {
      await consumer.stop();
      await consumer.start();
    }
    if (plan.harm === 'cut') {
      await eventually(() => isQuiet(stream));
      await cutReaders(broker);
    }
    await publish(stream, plan, half, plan.messages.length);
    await eventually(() => isQuiet(stream));
  } finally {
    await consumer.stop();
    await promoter.stop();
  }
  await compare(plan, stream, outbox, handled);
  await broker.call('DEL', stream.key, outbox, deadLetterKey(stream.key));
}

async function compare(
  plan: Plan,
  stream: StreamDeclaration,
  outbox: string,
  handled: readonly { n: number; attempt: number }[],
): Promise<void> {
  const { broker, pendingOf } = rig;
  const expected = plan.messages.map((message) => endOf(message, plan));
  const numbered = (end: string) => expected.flatMap((one, n) => (one.end === end ? [n] : []));
  const letters = await deadLetters(broker, toyCodec, stream.key).list({ limit: 1000 });
  const deadOf = letters.map(({ message, json, reason }) => [
    message?.payload.n ?? Number(json.split(' ')[1]),
    reason,
  ]);
  const dead = expected.flatMap(({ end }, n) => (end === 'ack' || end === 'publish' ? [] : [[n, end]]));
  expect(deadOf.toSorted(([a], [b]) => Number(a) - Number(b))).toEqual(dead);
  const published = asEntries(await broker.call('XRANGE', outbox, '-', '+'));
  const numbers = published.map(({ fields }) => JSON.parse(fields.m ?? '{}').payload.n as number);
  expect(numbers.toSorted((a, b) => a - b)).toEqual(numbered('publish'));
  expect(await pendingOf(stream.key)).toBe(0);
  const attempts = plan.messages.map((_, n) =>
    handled.filter((one) => one.n === n).map(({ attempt }) => attempt),
  );
  expect(attempts).toEqual(
    expected.map(({ attempts: count }) => Array.from({ length: count }, (_, i) => i + 1)),
  );
  if (plan.concurrency === 1 || plan.inBatches) {
    const first = handled.filter(({ attempt }) => attempt === 1).map(({ n }) => n);
    expect(first).toEqual(first.toSorted((a, b) => a - b));
  }
  for (const { message, history, reason } of letters) {
    const n = message?.payload.n;
    if (n === undefined || reason === 'expired' || reason === 'unknown_type') continue;
    expect(history).toHaveLength(expected[n]?.attempts ?? 0);
  }
}

it('every message ends once, as its script and the policy of its stream say', {
  timeout: 60_000,
}, async () => {
  await fc.assert(fc.asyncProperty(plans, play), { numRuns: 40, interruptAfterTimeLimit: 20_000 });
});
