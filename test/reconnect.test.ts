// Hundreds of forced disconnects under load, and that the comparison afterwards would have found what must not be.
import {
  type Broker,
  createProducer,
  deadLetterKey,
  delayedKey,
  openBroker,
  type Producer,
} from '@nova-torch/streams';
import { startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Book, Sequence } from '../load-tests/src/reconnect/book.ts';
import { merged, overlapMs, recoveries, unexplainedMs } from '../load-tests/src/reconnect/recovery.ts';
import { runSoak } from '../load-tests/src/reconnect/soak.ts';
import {
  doneStream,
  GROUP,
  type SoakMessage,
  soakCodec,
  soakMessage,
  WORK,
  workStream,
} from '../load-tests/src/reconnect/soak-message.ts';
import { verifyStreams } from '../load-tests/src/reconnect/verify.ts';

const DISCONNECTS = 300;
const SEED = 20_261_121;

it('the client library keeps its promises through hundreds of disconnects of every kind', {
  timeout: 240_000,
}, async () => {
  const { disconnects, checks, clients } = await runSoak({
    disconnects: DISCONNECTS,
    seed: SEED,
    stations: 8,
    print: () => undefined,
  });
  expect(checks.filter(({ found }) => found > 0)).toEqual([]);
  expect(disconnects.total).toBeGreaterThanOrEqual(DISCONNECTS);
  const kinds = Object.values(disconnects.by_kind).filter((count) => count > 0);
  expect(kinds.length).toBeGreaterThanOrEqual(6);
  expect(clients.handled).toBeGreaterThan(500);
});

describe('what is compared after the disconnects', () => {
  let server: TestBroker;
  let broker: Broker;
  let producer: Producer<SoakMessage>;
  let book: Book;
  let followed: Sequence;

  beforeAll(async () => {
    server = await startTestBroker();
    broker = await openBroker({ url: server.url, name: 'test' });
    producer = createProducer(broker, soakCodec);
  });
  beforeEach(async () => {
    await server.flush();
    await broker.call('XGROUP', 'CREATE', workStream(0), GROUP, '$', 'MKSTREAM');
    book = new Book();
    followed = new Sequence();
  });
  afterAll(async () => {
    await broker.close();
    await server.stop();
  });

  /** One message as it should be: appended, read, done, followed. */
  async function done(): Promise<number> {
    const n = book.open();
    await append(n);
    book.appended(n);
    await effect(n);
    return n;
  }
  const append = async (n: number): Promise<void> => {
    await producer.publish(workStream(0), soakMessage(WORK, n));
    const read = ['GROUP', GROUP, 'one', 'NOACK', 'STREAMS', workStream(0), '>'];
    await broker.call('XREADGROUP', ...read);
  };
  const effect = async (n: number): Promise<void> => {
    followed.add(await producer.publish(doneStream(0), soakMessage(WORK, n)));
  };
  const found = async (): Promise<string[]> =>
    (await verifyStreams(broker, [{ followed }], [book]))
      .filter((check) => check.found > 0)
      .map(({ what }) => what);

  it('finds nothing when all is well, unknown answers included', async () => {
    await done();
    const [applied] = [book.open(), book.open()];
    await append(applied ?? 0);
    await effect(applied ?? 0);
    expect(await found()).toEqual([]);
  });

  it('finds a message that is gone', async () => {
    await done();
    book.appended(book.open());
    expect(await found()).toEqual([expect.stringMatching(/the broker said it had/)]);
  });

  it('finds a message appended twice', async () => {
    await append(await done());
    expect(await found()).toEqual(['messages appended twice by one call']);
  });

  it('finds a message that nobody sent', async () => {
    await append(7);
    expect(await found()).toEqual(['messages on a stream that nobody sent']);
  });

  it('finds a message without effect, and one with two', async () => {
    await append(book.open());
    expect(await found()).toEqual(['messages on the stream that had no effect']);
    await effect(0);
    await effect(0);
    expect(await found()).toEqual(['messages that had their effect twice']);
  });

  it('finds a dead letter, and what is still waiting', async () => {
    await done();
    await producer.publish(deadLetterKey(workStream(0)), soakMessage(WORK, 0));
    expect(await found()).toEqual(['good messages among the dead letters']);
    await broker.call('ZADD', delayedKey(workStream(0)), 1, 'x');
    expect(await found()).toContainEqual(expect.stringMatching(/still pending or waiting/));
  });

  it('finds a feed that missed an entry, or had one twice', async () => {
    await done();
    followed.add('1-1');
    expect(await found()).toEqual([expect.stringMatching(/feeds not followed exactly/)]);
  });
});

describe('how long it took to go on', () => {
  const strike = { kind: 'cut', station: 1, purpose: 'main', atMs: 1_000, readyMs: 1_000 };
  const pause = { station: 1, fromMs: 990, toMs: 1_600 };

  it('counts from the last fault of the station, or the end of one that befell all', () => {
    expect(recoveries([pause], [strike], [])).toMatchObject([{ kind: 'cut', ms: 600 }]);
    const outage = { kind: 'freeze', station: undefined, purpose: '', atMs: 1_100, readyMs: 1_500 };
    expect(recoveries([pause], [strike, outage], [])).toMatchObject([{ kind: 'freeze', ms: 100 }]);
    const silence = { ...strike, kind: 'half-open', readyMs: 3_500 };
    expect(recoveries([pause], [strike, silence], [])).toMatchObject([{ kind: 'half-open', ms: 0 }]);
  });

  it('leaves out faults of others, and counts a pause without a fault whole', () => {
    expect(recoveries([pause], [{ ...strike, station: 2 }], [])).toMatchObject([{ kind: 'none', ms: 610 }]);
  });

  it('does not count the time in which nobody got to run', () => {
    const heldUp = [
      { fromMs: 900, toMs: 1_050 },
      { fromMs: 1_100, toMs: 1_200 },
    ];
    expect(recoveries([pause], [strike], heldUp)).toMatchObject([{ ms: 450 }]);
    expect(overlapMs({ fromMs: 0, toMs: 10 }, [{ fromMs: 20, toMs: 30 }])).toBe(0);
  });

  it('explains a wait by silences that could not be noticed earlier, and by a server that was not ready', () => {
    const late = { station: 1, n: 5, fromMs: 0, toMs: 6_000 };
    const silence = { ...strike, kind: 'half-open', atMs: 1_000, readyMs: 3_000 };
    const others = { ...silence, station: 2, readyMs: 9_000 };
    expect(unexplainedMs(late, [strike, others], [])).toBe(6_000);
    expect(unexplainedMs(late, [silence, { ...silence, purpose: 'replies', readyMs: 9_000 }], [])).toBe(
      3_000,
    );
    expect(unexplainedMs(late, [silence], [{ fromMs: 2_000, toMs: 4_500 }])).toBe(1_500);
    expect(
      merged([
        { fromMs: 5, toMs: 6 },
        { fromMs: 1, toMs: 3 },
        { fromMs: 2, toMs: 4 },
      ]),
    ).toEqual([
      { fromMs: 1, toMs: 4 },
      { fromMs: 5, toMs: 6 },
    ]);
  });
});
