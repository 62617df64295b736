import { codec, LogLevelSetV1, newMessage, streamKeys } from '@nova-torch/protocol';
import { createProducer, openBroker } from '@nova-torch/streams';
import type { Contender } from '../contest.ts';
import { type RunningServices, startServices } from '../services.ts';
import { joinContest, overStreams } from './nova.ts';
import { startSpanSink } from './span-sink.ts';

/** What is looked at while the tasks run. */
export interface Observed {
  readonly name: string;
  /** Lines of the log are written from this level on. */
  readonly logLevel: 'error' | 'info' | 'debug';
  /** Whether metrics are collected, and those of each service fetched every second. */
  readonly metrics: boolean;
  /** The share of traces that is sampled and sent to a collector, by services and agents; none: no exporter at all. */
  readonly ratio?: number;
}

const SCRAPE_EVERY_MS = 1_000;
/** Longer than any measurement takes. */
const LEVEL_FOR_MS = 3_600_000;

/** Nova-Torch over the streams, with its metrics, traces and log switched as told. */
export function novaObserved(agents: number, { name, logLevel, metrics, ratio }: Observed): Contender {
  const traced = ratio === undefined ? 'no exporter' : `${ratio} of the traces sent to a collector`;
  return {
    name,
    settings: `${agents} agents, log from ${logLevel} on, metrics ${metrics ? 'fetched every second' : 'off'}, ${traced}`,
    async start(brokerUrl) {
      const sink = ratio === undefined ? undefined : await startSpanSink();
      const spansTo = sink?.endpoint;
      const env: Record<string, string> = {
        NOVA_METRICS: metrics ? 'on' : 'off',
        ...(spansTo && { OTEL_EXPORTER_OTLP_ENDPOINT: spansTo, OTEL_TRACES_SAMPLER_ARG: String(ratio) }),
      };
      const services = await startServices(brokerUrl, ['registry', 'task-router'], [], env);
      await setLogLevel(brokerUrl, logLevel);
      const scraper = metrics ? scrape(services) : undefined;
      return joinContest({
        ...{ brokerUrl, agents, spansTo, submitBy: overStreams },
        pids: { ...services.pids, ...(sink && { collector: sink.pid }) },
        logs: services.logs,
        async stop() {
          clearInterval(scraper);
          await services.stop();
          await sink?.stop();
        },
      });
    },
  };
}

/** The services start at info, for they tell their address at that level. */
async function setLogLevel(brokerUrl: string, level: Observed['logLevel']): Promise<void> {
  if (level === 'info') return;
  const broker = await openBroker({ url: brokerUrl, name: 'bench-log-level' });
  const nowMs = broker.serverNowMs();
  const payload = { level, until_ms: nowMs + LEVEL_FOR_MS, by: 'bench' };
  const message = newMessage(LogLevelSetV1, payload, { sender: 'bench', target: 'all', nowMs });
  await createProducer(broker, codec).publish(streamKeys(0).control, message);
  await broker.close();
}

function scrape({ addresses }: RunningServices): NodeJS.Timeout {
  return setInterval(() => {
    for (const address of Object.values(addresses)) {
      fetch(`${address}/metrics`).then(
        (answer) => answer.text(),
        () => undefined,
      );
    }
  }, SCRAPE_EVERY_MS);
}
