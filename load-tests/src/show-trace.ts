// pnpm show:trace: one task on the whole platform, and its trace as a tree with times.
//
// The platform, the agent and the collector are started here and ended again. `--fail-once` lets the first attempt fail;
// `--ratio 0` shows what is left of a task that is not sampled.
import { NovaClient } from '@nova-torch/client';
import { scriptOptions, startOtlpReceiver, startPlatform } from '@nova-torch/testing';
import { startAgent } from '../../test/support/agents.ts';
import { traceLines } from './trace-tree.ts';

const { values } = scriptOptions({
  name: 'pnpm show:trace',
  about: 'One task on the whole platform, and its trace as a tree with times.',
  options: {
    ratio: { about: 'share of traces that are sampled, 0 to 1', default: 1 },
    'fail-once': { about: 'the first attempt fails', default: false },
  },
});
const collector = await startOtlpReceiver();
const tracing = {
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
  OTEL_TRACES_SAMPLER_ARG: String(values.ratio),
};
const platform = await startPlatform({ env: tracing });
const script = values['fail-once'] ? 'sleep 0.1; test "$NOVA_TASK_ATTEMPT" = 2' : 'sleep 0.1';
const agent = await startAgent(platform, {
  skills: ['shown'],
  command: ['sh', '-c', script],
  env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint },
});
const client = new NovaClient({ baseUrl: platform.gatewayUrl, key: platform.adminKey });
const { task_id } = await client.submitTask({
  title: 'Shown',
  required_skills: ['shown'],
  retry_backoff: { initial_s: 0.2 },
});
const task = await client.waitForTask(task_id);
// What is not sent yet is sent when a process ends.
await agent.stop();
await platform.stop();
const spans = collector.spans.filter(({ traceId }) => traceId === task.trace_id);
const title = `${task_id}: ${task.status}, trace ${task.trace_id}, ${spans.length} spans`;
process.stdout.write(`${[title, '', ...traceLines(spans)].join('\n')}\n`);
await collector.stop();
