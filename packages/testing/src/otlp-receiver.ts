import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A value of an attribute as it came over the wire; a 64-bit number comes as a text. */
interface WireValue {
  stringValue?: string;
  intValue?: string | number;
  doubleValue?: number;
  boolValue?: boolean;
}

interface WireAttribute {
  key: string;
  value: WireValue;
}

/** A span as it came over the wire. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status?: { code?: number; message?: string };
  attributes: WireAttribute[];
  links?: { traceId: string; spanId: string }[];
  /** The `service.name` of its resource. */
  service: string;
}

interface TracesBody {
  resourceSpans: {
    resource: { attributes: WireAttribute[] };
    scopeSpans: { spans: Omit<ReceivedSpan, 'service'>[] }[];
  }[];
}

/** The attributes of a span by name. */
export function attributesOf({ attributes }: Pick<ReceivedSpan, 'attributes'>) {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.boolValue ?? value.doubleValue ?? Number(value.intValue),
    ]),
  );
}

/** A collector that takes OTLP over HTTP in JSON and keeps what it got. `status` is what it answers, unless it `hangs`. */
export async function startOtlpReceiver() {
  const spans: ReceivedSpan[] = [];
  const services = new Set<string>();
  const resources: ReturnType<typeof attributesOf>[] = [];
  const receiver = { status: 200, hangs: false, requests: 0, headers: {} as NodeJS.Dict<string | string[]> };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      receiver.requests += 1;
      receiver.headers = request.headers;
      if (receiver.hangs) return;
      if (receiver.status === 200 && request.url === '/v1/traces')
        keep(JSON.parse(Buffer.concat(chunks).toString()));
      response.writeHead(receiver.status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  const keep = (body: TracesBody): void => {
    for (const { resource, scopeSpans } of body.resourceSpans) {
      const of = attributesOf(resource);
      const service = String(of['service.name'] ?? 'unknown');
      if (!services.has(service)) resources.push(of);
      services.add(service);
      for (const scope of scopeSpans) spans.push(...scope.spans.map((span) => ({ ...span, service })));
    }
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    spans,
    services,
    /** The attributes of the resource of each service. */
    resources,
    receiver,
    async stop(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
