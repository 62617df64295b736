// Several task-routers on one broker: which is the active one, and what it holds in memory.
import { ownedKeys } from '@nova-torch/protocol';
import { asStrings, type Broker } from '@nova-torch/streams';
import { eventually, type InstanceName, type Platform, type ServiceUnderTest } from '@nova-torch/testing';
import { memoryMib } from '../usage.ts';

const ACTIVE_WITHIN_MS = 60_000;
const HEAP_ANSWER_WITHIN_MS = 60_000;
const MIB = 2 ** 20;

/** Lets a router's heap be measured after a full collection: see `memoryOf`. */
export const INSPECTABLE = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

/** A router and the name under which it signs what it writes. */
export interface NamedRouter {
  readonly router: ServiceUnderTest;
  readonly instance: string;
}

/** Names of `count` routers, as `startPlatform` takes them. */
export const routerNames = (count: number): InstanceName[] =>
  Array.from({ length: count }, (_, i) => (i === 0 ? 'task-router' : (`task-router#${i + 1}` as const)));

export interface Routers {
  readonly platform: Platform;
  readonly broker: Broker;
  readonly routers: readonly InstanceName[];
}

/** The router that holds the lease and runs. */
export function activeRouter({ platform, broker, routers }: Routers): Promise<NamedRouter> {
  const find = async (): Promise<NamedRouter | false> => {
    const key = `${ownedKeys(0, 'task-router')}:leader`;
    const [instance, until] = asStrings(await broker.call('HMGET', key, 'instance', 'until_ms'));
    const router = routers.map((name) => platform.service(name)).find((one) => instanceOf(one) === instance);
    if (instance === undefined || router?.pid === undefined || Number(until) < broker.serverNowMs())
      return false;
    return { router, instance };
  };
  return eventually(find, { timeoutMs: ACTIVE_WITHIN_MS, everyMs: 10, what: 'a router to be active' });
}

/** The name it gave itself at its last start. */
function instanceOf({ logs }: ServiceUnderTest): string | undefined {
  const line = logs.findLast(({ instance }) => typeof instance === 'string');
  return line?.instance as string | undefined;
}

export interface RouterMemory {
  readonly instance: string;
  readonly rss_mib: number | undefined;
  readonly heap_mib: number;
}

/** Resident memory of a router, and what of its heap is left after a full collection. */
export async function memoryOf({ router, instance }: NamedRouter): Promise<RouterMemory> {
  const rss = router.pid === undefined ? undefined : memoryMib(router.pid);
  return { instance, rss_mib: rss, heap_mib: Math.round((await heapAfterCollection(router)) / MIB) };
}

/** Bytes, over the inspector of a process that was started with INSPECTABLE. */
async function heapAfterCollection({ logs }: ServiceUnderTest): Promise<number> {
  const line = logs.findLast(({ msg }) => msg?.startsWith('Debugger listening on ') === true);
  const url = /ws:\S+/.exec(line?.msg ?? '')?.[0];
  if (url === undefined) throw new Error('the router does not say where its inspector listens');
  const socket = new WebSocket(url);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const timer = setTimeout(() => reject(new Error(`${url} does not answer`)), HEAP_ANSWER_WITHIN_MS);
  // What the first collection finds to be finalised goes with the second.
  const collect = 'HeapProfiler.collectGarbage';
  const methods = ['HeapProfiler.enable', collect, collect, 'Runtime.getHeapUsage'];
  socket.addEventListener('open', () => {
    for (const [id, method] of methods.entries()) socket.send(JSON.stringify({ id, method }));
  });
  socket.addEventListener('error', () => reject(new Error(`${url} cannot be reached`)));
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result?: { usedSize?: number } };
    if (id === methods.length - 1) resolve(result?.usedSize ?? Number.NaN);
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}
