import { type Message, newMessage, type StreamKeys, TemplateListV1 } from '@nova-torch/protocol';
import type { Logger } from '@nova-torch/service-kit';
import type { Requester } from '@nova-torch/streams';

/** Whoever waits for an analysis waits no longer than this for a spawner that is not there. */
const ANSWER_TIMEOUT_MS = 500;

export interface TemplateAsker {
  readonly requester: Requester<Message>;
  readonly streams: StreamKeys;
  readonly instance: string;
  /** The broker's clock, Unix milliseconds. */
  readonly nowMs: () => number;
  readonly logger: Logger;
}

/** Roles of the agents the spawner could start. Empty when it does not answer within half a second: it is advice only. */
export async function askTemplateRoles(asker: TemplateAsker): Promise<readonly string[]> {
  const { requester, streams, instance, nowMs, logger } = asker;
  const atMs = nowMs();
  const fields = {
    ...{ sender: instance, target: 'spawner', nowMs: atMs },
    expires_at: (atMs + ANSWER_TIMEOUT_MS) / 1000,
  };
  try {
    const question = newMessage(TemplateListV1, {}, fields);
    const options = { timeoutMs: ANSWER_TIMEOUT_MS };
    const answer = await requester.request(streams.agentsSpawning, question, options);
    return answer.type === 'template.page.v1' ? answer.payload.templates.map(({ role }) => role) : [];
  } catch (error) {
    logger.info({ err: error }, 'the spawner did not say which templates there are');
    return [];
  }
}
