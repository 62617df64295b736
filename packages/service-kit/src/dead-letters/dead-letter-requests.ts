import {
  DeadLetterPageV1,
  DeadLetterSettledV1,
  DeadLetterStateV1,
  type Message,
  type MessageOfType,
  type StreamField,
} from '@nova-torch/protocol';
import {
  type Consumer,
  createConsumer,
  type Delivered,
  type Handler,
  type Outcome,
} from '@nova-torch/streams';
import { withMessageSpan } from '@nova-torch/tracing';
import { type Answerer, answer, refuse } from '../answer.ts';
import type { BaseEnv } from '../env.ts';
import type { ServiceBase } from '../service-base.ts';
import { createDeadLetterDesk, type DeadLetterChoice, type SettledPage } from './dead-letter-desk.ts';

/** Characters of an original in one answer: with its attempts it stays below the limit of a message. */
const PART_CHARS = 40_000;

type Request<T extends 'list' | 'get' | 'replay' | 'discard'> = Delivered<
  MessageOfType<`dead-letter.${T}.v1`>
>;

/** The consumer of what a service is asked about its dead letters, on its stream `upkeep.<service>`. */
export function createDeadLetterConsumer<E extends BaseEnv>(
  base: ServiceBase<E>,
  field: StreamField,
): Consumer {
  const { broker, codec, logger, service, slot, instance, streams, tracing } = base;
  const desk = createDeadLetterDesk({ broker, codec, service, instance, streams, tracing });
  const answerer: Answerer = { instance, serverNowMs: () => broker.serverNowMs() };
  const settled = base.serviceMetrics.deadLettersSettled;

  const answerSettled = (request: Request<'replay' | 'discard'>, page: SettledPage): Outcome => {
    const { type, payload } = request.message;
    const counts: Record<string, number> = {};
    for (const { outcome } of page.results) {
      settled.inc({ outcome });
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    }
    logger.info({ by: payload.by, request: type, ...counts }, 'dead letters settled');
    return answer(answerer, request, DeadLetterSettledV1, page);
  };
  return createConsumer<Message>({
    ...{ broker, codec, group: service, consumer: slot, logger, metrics: base.streamMetrics },
    streams: [base.declare(field)],
    handlers: Object.fromEntries([
      on(base, 'dead-letter.list.v1', async (request: Request<'list'>) =>
        answer(answerer, request, DeadLetterPageV1, await desk.list(request.message.payload)),
      ),
      on(base, 'dead-letter.get.v1', async (request: Request<'get'>) => {
        const { dead_letter_id: id, from } = request.message.payload;
        const shown = await desk.get(id);
        if (shown === undefined) {
          return refuse(answerer, request, 'DEAD_LETTER_UNKNOWN', `there is no dead letter ${id}`);
        }
        const { summary, history, original } = shown;
        return answer(answerer, request, DeadLetterStateV1, {
          dead_letter: summary,
          history: [...history],
          original: original.slice(from, from + PART_CHARS),
          original_chars: original.length,
        });
      }),
      on(base, 'dead-letter.replay.v1', async (request: Request<'replay'>) => {
        const { payload } = request.message;
        return answerSettled(request, await desk.replay(choiceOf(payload), payload.by));
      }),
      on(base, 'dead-letter.discard.v1', async (request: Request<'discard'>) =>
        answerSettled(request, await desk.discard(choiceOf(request.message.payload))),
      ),
    ]),
  });
}

function choiceOf(payload: Request<'replay' | 'discard'>['message']['payload']): DeadLetterChoice {
  const { dead_letter_ids: ids, filter = {}, cursor, limit } = payload;
  return ids === undefined ? { filter, cursor, limit } : { ids };
}

/** One request type and its handler, in a span of the request's trace. The codec has checked that its payload fits. */
function on<E extends BaseEnv, T extends Delivered<Message>>(
  { tracing }: ServiceBase<E>,
  type: Message['type'],
  handle: (request: T) => Promise<Outcome>,
): [string, Handler<Message>] {
  return [type, (request) => withMessageSpan(tracing, request, () => handle(request as T))];
}
