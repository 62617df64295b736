// What the operators tell all instances: the feed `control`. So far that is the level of the log.
import type { LogLevelSetV1, Message } from '@nova-torch/protocol';
import { asEntries, createFeedReader, FIELD, FIRST_ID } from '@nova-torch/streams';
import type { BaseEnv } from './env.ts';
import { createService, type Service } from './service.ts';
import type { ServiceBase } from './service-base.ts';

/** Entries looked at when reading begins: the newest change that fits an instance holds, and changes are few. */
const LOOK_BACK = 1_000;

/** Follows the feed, and begins with what still holds of it: a restarted instance does as it was told before. */
export function createControlFeed<E extends BaseEnv>(base: ServiceBase<E>): Service {
  const { broker, codec, logger, streams } = base;
  const take = (message: Message): void => {
    if (message.type === 'log-level.set.v1') onLogLevelSet(base, message);
  };
  const takeWhatHolds = async (): Promise<string> => {
    const reply = await broker.call('XREVRANGE', streams.control, '+', '-', 'COUNT', LOOK_BACK);
    const entries = asEntries(reply).reverse();
    for (const { fields } of entries) {
      const decoded = codec.decode(fields[FIELD.message] ?? '');
      if (decoded.ok) take(decoded.message);
    }
    return entries.at(-1)?.id ?? FIRST_ID;
  };
  let reader: Service | undefined;
  return createService({
    name: 'control feed',
    async start() {
      reader = createFeedReader<Message>({
        ...{ broker, codec, logger },
        feeds: [
          {
            key: streams.control,
            from: await takeWhatHolds(),
            onMessages(messages) {
              for (const { message } of messages) take(message);
            },
            onGap: takeWhatHolds,
          },
        ],
      });
      await reader.start();
    },
    async stop() {
      await reader?.stop();
      base.logLevels.stop();
    },
  });
}

function onLogLevelSet<E extends BaseEnv>(
  { service, instance, logLevels, logger }: ServiceBase<E>,
  { payload }: LogLevelSetV1,
): void {
  const { service: onlyService = service, instance: onlyInstance = instance, level, until_ms, by } = payload;
  if (onlyService !== service || onlyInstance !== instance) return;
  logLevels.change({ level, until_ms });
  if (logLevels.changed === undefined) return;
  // A warning, so that it is seen at either level that people use.
  logger.warn({ log_level: level, until: new Date(until_ms).toISOString(), by }, 'the log level was changed');
}
