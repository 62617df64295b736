// What is relied on in a server, beyond the probe of every start: cases that take longer, or need several connections.
import { createHash } from 'node:crypto';
import { BrokerReplyError, CrossTagError, codeOf } from '../errors.ts';
import {
  asEntries,
  asList,
  asNumber,
  asStreamEntries,
  asString,
  asStrings,
  type Command,
} from '../replies.ts';
import { defineScript } from '../script.ts';
import { becomes, type Case, expectEqual, GROUP, PATIENT_MS } from './scene.ts';

const trimScript = defineScript({
  name: 'trim-acknowledged',
  file: new URL('../scripts/trim-acknowledged.lua', import.meta.url),
  parse: asNumber,
});

const newEntries = (key: string, consumer: string, count: number, blockMs?: number) =>
  [
    'GROUP',
    GROUP,
    consumer,
    'COUNT',
    count,
    ...(blockMs === undefined ? [] : ['BLOCK', blockMs]),
    'STREAMS',
    key,
    '>',
  ] as const;

const idsOf = (reply: unknown): string[] =>
  asStreamEntries(reply).flatMap(({ entries }) => entries.map(({ id }) => id));

const ids = (count: number): string[] => Array.from({ length: count }, (_, i) => `1-${i + 1}`);

/** Cases by name; what each relies on is its name and what it finds. */
export const SERVER_CASES: Readonly<Record<string, Case>> = {
  async 'group at 0 on a stream that does not exist'({ broker, tag }) {
    const key = `${tag}.stream`;
    await broker.call('XGROUP', 'CREATE', key, GROUP, '0', 'MKSTREAM');
    expectEqual('length', asNumber(await broker.call('XLEN', key)), 0);
    const again = await broker.call('XGROUP', 'CREATE', key, GROUP, '0', 'MKSTREAM').catch((error) => error);
    expectEqual('the second time', codeOf(again), 'BUSYGROUP');
    await broker.call('XADD', key, '1-1', 'm', 'a');
    const read = await broker.call('XREADGROUP', ...newEntries(key, 'one', 10));
    expectEqual('entries read', idsOf(read), ['1-1']);
    return 'made with its stream; made twice answers BUSYGROUP';
  },

  async 'COUNT on a blocked wake-up'({ broker, tag }) {
    const key = `${tag}.stream`;
    await broker.call('XGROUP', 'CREATE', key, GROUP, '0', 'MKSTREAM');
    const reader = broker.openReader('case');
    try {
      const waiting = reader.read('XREADGROUP', newEntries(key, 'one', 2, PATIENT_MS), PATIENT_MS);
      await becomes('the reader blocks', async () => (await blockedClients(broker)) !== 0);
      const adds = ids(5).map((id) => ['XADD', key, id, 'm', id] as const);
      await broker.batch([['MULTI'], ...adds, ['EXEC']]);
      const woken = idsOf(await waiting);
      if (woken.length === 0 || woken.length > 2)
        throw new Error(`asked for at most 2 entries, got ${woken.length}`);
      const rest = idsOf(await broker.call('XREADGROUP', ...newEntries(key, 'one', 10)));
      expectEqual('both reads', [...woken, ...rest], ids(5));
      return `woken with ${woken.length} of 5 entries for COUNT 2; the others stay unread`;
    } finally {
      await reader.close();
    }
  },

  async 'several blocked readers'({ broker, tag }) {
    const key = `${tag}.stream`;
    await broker.call('XGROUP', 'CREATE', key, GROUP, '0', 'MKSTREAM');
    const readers = Array.from({ length: 4 }, (_, n) => broker.openReader(`case ${n}`));
    const seen: string[] = [];
    let done = false;
    const loops = readers.map(async (reader, n) => {
      while (!done)
        seen.push(...idsOf(await reader.read('XREADGROUP', newEntries(key, `c${n}`, 1, 200), 200)));
    });
    try {
      for (const id of ids(40)) await broker.call('XADD', key, id, 'm', id);
      await becomes('all 40 entries are read', () => seen.length >= 40);
      expectEqual('entries, each once', [...new Set(seen)].length, seen.length);
      return '40 entries, one at a time, to 4 readers: each to exactly one, none left asleep';
    } finally {
      done = true;
      await Promise.allSettled(loops);
      for (const reader of readers) await reader.close();
    }
  },

  async 'one blocked read of two streams'({ broker, tag }) {
    const [a, b] = [`${tag}.a`, `${tag}.b`];
    for (const key of [a, b]) await broker.call('XGROUP', 'CREATE', key, GROUP, '0', 'MKSTREAM');
    const reader = broker.openReader('case');
    try {
      for (const key of [b, a]) {
        const args = [
          'GROUP',
          GROUP,
          'one',
          'COUNT',
          5,
          'BLOCK',
          PATIENT_MS,
          'STREAMS',
          a,
          b,
          '>',
          '>',
        ] as const;
        const waiting = reader.read('XREADGROUP', args, PATIENT_MS);
        await broker.call('XADD', key, '1-1', 'm', 'x');
        expectEqual(
          'woken by',
          asStreamEntries(await waiting).map(({ stream }) => stream),
          [key],
        );
      }
      return 'woken by either of them';
    } finally {
      await reader.close();
    }
  },

  async 'XAUTOCLAIM to the end'({ broker, tag }) {
    const key = `${tag}.stream`;
    const all = ids(250);
    await broker.batch(all.map((id) => ['XADD', key, id, 'm', id] as const));
    await broker.call('XGROUP', 'CREATE', key, GROUP, '0');
    await broker.call('XREADGROUP', ...newEntries(key, 'gone', 250));
    const removed = all.filter((_, i) => i % 12 === 5);
    await broker.call('XDEL', key, ...removed);
    const [claimed, deleted]: [string[], string[]] = [[], []];
    let cursor = '0-0';
    let calls = 0;
    do {
      const reply = await broker.call('XAUTOCLAIM', key, GROUP, 'heir', 0, cursor, 'COUNT', 60);
      const [next, entries, gone] = asList(reply);
      cursor = asString(next);
      claimed.push(...asEntries(entries).flatMap(({ id, fields }) => ('m' in fields ? [id] : [])));
      deleted.push(...asStrings(gone));
      calls += 1;
      if (calls > 50) throw new Error('the cursor never comes back to 0-0');
    } while (cursor !== '0-0');
    expectEqual('claimed', claimed.length, all.length - removed.length);
    expectEqual('deleted ids', deleted.toSorted(), removed.toSorted());
    const [pending] = asList(await broker.call('XPENDING', key, GROUP));
    expectEqual('pending after it', asNumber(pending), claimed.length);
    return `${claimed.length} claimed in ${calls} calls, ${deleted.length} deleted ids told and dropped`;
  },

  async 'pending entries after a lost connection'({ broker, tag, open }) {
    const key = `${tag}.stream`;
    await broker.batch(ids(20).map((id) => ['XADD', key, id, 'm', id] as const));
    await broker.call('XGROUP', 'CREATE', key, GROUP, '0');
    const other = await open('lost');
    await other.call('XREADGROUP', ...newEntries(key, 'one', 20));
    await other.close();
    const reply = await broker.call('XREADGROUP', 'GROUP', GROUP, 'one', 'COUNT', 50, 'STREAMS', key, '0');
    expectEqual('entries of the same consumer', idsOf(reply), ids(20));
    const rows = asList(await broker.call('XPENDING', key, GROUP, '-', '+', 1, 'one'));
    expectEqual('deliveries', asNumber(asList(rows[0])[3]), 2);
    return 'another connection reads all of them under the same consumer name';
  },

  async 'XPENDING of one entry and one consumer'({ broker, tag }) {
    const key = `${tag}.stream`;
    await broker.batch(ids(2).map((id) => ['XADD', key, id, 'm', id] as const));
    await broker.call('XGROUP', 'CREATE', key, GROUP, '0');
    await broker.call('XREADGROUP', ...newEntries(key, 'one', 1));
    await broker.call('XREADGROUP', ...newEntries(key, 'two', 1));
    const owner = async (id: string, ...consumer: string[]): Promise<string> =>
      asString(asList(asList(await broker.call('XPENDING', key, GROUP, id, id, 1, ...consumer))[0])[1]);
    expectEqual('owners', [await owner('1-1'), await owner('1-2', 'two')], ['one', 'two']);
    expectEqual('of the other one', await owner('1-1', 'two'), '');
    return 'tells whose an entry is';
  },

  async 'a missing group is told'({ broker, tag }) {
    const key = `${tag}.stream`;
    await broker.call('XADD', key, '1-1', 'm', 'a');
    const commands: Command[] = [
      ['XREADGROUP', ...newEntries(key, 'one', 1)],
      ['XPENDING', key, GROUP],
      ['XAUTOCLAIM', key, GROUP, 'one', 0, '0-0'],
    ];
    for (const command of commands) {
      const error = await broker.call(...command).catch((failure: unknown) => failure);
      if (!(error instanceof BrokerReplyError)) throw new Error(`${command[0]} answered without an error`);
      if (error.code !== 'NOGROUP' && !/no such key/i.test(error.message)) throw error;
    }
    expectEqual('XACK', asNumber(await broker.call('XACK', key, GROUP, '1-1')), 0);
    return 'reading, looking and claiming are refused; acknowledging does nothing';
  },

  async 'MULTI with stream writes'({ broker, tag }) {
    const [a, b] = [`${tag}.a`, `${tag}.b`];
    await broker.call('XADD', a, '1-1', 'm', 'x');
    await broker.call('XGROUP', 'CREATE', a, GROUP, '0');
    await broker.call('XREADGROUP', ...newEntries(a, 'one', 1));
    const commands = [
      ['MULTI'],
      ['XADD', b, '5-1', 'm', 'y'],
      ['XACK', a, GROUP, '1-1'],
      ['XTRIM', a, 'MINID', '=', '2-0'],
      ['EXEC'],
    ] as const;
    const replies = await broker.batch(commands);
    expectEqual('EXEC', asList(replies.at(-1)).map(asString), ['5-1', '1', '1']);
    const refused = await broker
      .batch([['MULTI'], ['XADD', b, '5-2', 'm', 'z'], ['XADD', b], ['EXEC']])
      .catch((error: unknown) => error);
    if (!(refused instanceof BrokerReplyError)) throw new Error('a wrong command in MULTI was accepted');
    expectEqual('entries written', asNumber(await broker.call('XLEN', b)), 1);
    return 'all of them, or none when one is wrong';
  },

  async 'scripts on one tag'({ broker, tag }) {
    const key = `${tag}.stream`;
    await broker.batch(ids(3).map((id) => ['XADD', key, id, 'm', id] as const));
    await broker.call('XGROUP', 'CREATE', key, GROUP, '0');
    await broker.call('XREADGROUP', ...newEntries(key, 'one', 2));
    await broker.call('XACK', key, GROUP, '1-1');
    // A text no server has seen: the first call by its digest is refused, and the text is sent.
    const source = `${trimScript.source}\n-- ${tag}\n`;
    const unknown = { ...trimScript, source, sha: createHash('sha1').update(source).digest('hex') };
    const removed = await broker.run(unknown, { keys: [key], args: [100, GROUP] });
    expectEqual('known to the server now', asStrings(await broker.call('SCRIPT', 'EXISTS', unknown.sha)), [
      '1',
    ]);
    expectEqual('entries trimmed', removed, 1);
    expectEqual('entries left', asNumber(await broker.call('XLEN', key)), 2);
    return 'run by their digest; one the server does not know is sent';
  },

  async 'scripts on two tags are refused'({ broker, tag }) {
    const keys = [`${tag}.stream`, '{another}.stream'];
    const error = await broker.run(trimScript, { keys, args: [1, GROUP] }).catch((failure) => failure);
    if (!(error instanceof CrossTagError)) throw new Error(`not refused: ${String(error)}`);
    return 'refused by us before anything is sent';
  },

  async 'expired keys'({ broker, tag }) {
    const [lease, stream] = [`${tag}:lease`, `${tag}.stream`];
    await broker.batch([
      ['SET', lease, 'a', 'NX', 'PX', 40],
      ['XADD', stream, '1-1', 'm', 'x'],
      ['PEXPIRE', stream, 40],
    ]);
    await becomes('the lease is gone', async () => (await broker.call('GET', lease)) === null);
    expectEqual('taken again', await broker.call('SET', lease, 'b', 'NX', 'PX', 60_000), 'OK');
    await becomes('the stream is gone', async () => asNumber(await broker.call('EXISTS', stream)) === 0);
    expectEqual('XADD NOMKSTREAM', await broker.call('XADD', stream, 'NOMKSTREAM', '*', 'm', 'x'), null);
    expectEqual('time left', asNumber(await broker.call('PTTL', stream)), -2);
    return 'gone for reads, for SET NX and for XADD NOMKSTREAM';
  },

  async RESP2({ broker, tag }) {
    const [hash, stream] = [`${tag}:hash`, `${tag}.stream`];
    await broker.batch([
      ['HSET', hash, 'f', 'v'],
      ['XADD', stream, '1-1', 'm', 'x'],
    ]);
    expectEqual('HGETALL', await broker.call('HGETALL', hash), ['f', 'v']);
    const read = await broker.call('XREAD', 'COUNT', 1, 'STREAMS', stream, '0');
    expectEqual('XREAD', read, [[stream, [['1-1', ['m', 'x']]]]]);
    const empty = await broker.call('XREAD', 'COUNT', 1, 'STREAMS', stream, '1-1');
    expectEqual('XREAD with nothing to read', asStreamEntries(empty), []);
    return 'flat lists, as the older protocol has them';
  },
};

/** Cases a server may fail because the layer above copes; what it does about it. */
export const TOLERATED_CASES: Readonly<Record<string, { readonly act: Case; readonly cope: string }>> = {
  'XPENDING of an unknown consumer': {
    cope: 'every row is compared with the name asked for',
    async act({ broker, tag }) {
      const key = `${tag}.stream`;
      await broker.call('XADD', key, '1-1', 'm', 'a');
      await broker.call('XGROUP', 'CREATE', key, GROUP, '0');
      await broker.call('XREADGROUP', ...newEntries(key, 'one', 1));
      const rows = asList(await broker.call('XPENDING', key, GROUP, '-', '+', 10, 'nobody'));
      expectEqual('rows', rows.length, 0);
      return 'none';
    },
  },
  'a group destroyed under a blocked reader': {
    cope: 'a read blocks for a second at most, and the next one is told',
    async act({ broker, tag }) {
      const key = `${tag}.stream`;
      await broker.call('XGROUP', 'CREATE', key, GROUP, '0', 'MKSTREAM');
      const reader = broker.openReader('case');
      try {
        const startedAt = performance.now();
        const waiting = reader
          .read('XREADGROUP', newEntries(key, 'one', 2, 3000), 3000)
          .catch((error) => error);
        await becomes('the reader blocks', async () => (await blockedClients(broker)) !== 0);
        await broker.call('XGROUP', 'DESTROY', key, GROUP);
        const told = await waiting;
        const tookMs = performance.now() - startedAt;
        if (!(told instanceof BrokerReplyError) || tookMs > 2500) throw new Error('the reader is not woken');
        return 'the reader is told at once';
      } finally {
        await reader.close();
      }
    },
  },
};

/** Clients blocked at the server; undefined where it does not tell (then a read sent before is read before). */
async function blockedClients(broker: { call(...args: [string, string]): Promise<unknown> }) {
  const info = asString(await broker.call('INFO', 'clients'));
  const found = /^blocked_clients:(\d+)/m.exec(info)?.[1];
  return found === undefined ? undefined : Number(found);
}
