export { type Backlog, LAG_MAX, readBacklogs } from './backlog.ts';
export { type Backoff, type ExponentialBackoffOptions, exponentialBackoff } from './backoff.ts';
export {
  type Broker,
  type BrokerEvent,
  type BrokerOptions,
  type BrokerStatus,
  openBroker,
} from './broker.ts';
export {
  type BrokerIdentity,
  type BrokerIdentityOptions,
  brokerIdentityKey,
  createBrokerIdentity,
} from './broker-identity.ts';
export {
  type Consumer,
  type ConsumerFailure,
  type ConsumerOptions,
  createConsumer,
  type Service,
} from './consumer.ts';
export {
  type ClaimedEntry,
  type ConsumerSlot,
  type ConsumerSlotOptions,
  leaseConsumerSlot,
} from './consumer-slot.ts';
export {
  createDeadLetterTrimmer,
  type DeadLetterTrimmer,
  type DeadLetterTrimmerOptions,
} from './dead-letter-trimmer.ts';
export {
  type DeadLetter,
  type DeadLetterFilter,
  type DeadLetterPage,
  type DeadLetterQuery,
  type DeadLetters,
  deadLetterArgs,
  deadLetters,
  type NewDeadLetter,
  type Replayed,
  type ReplayOptions,
} from './dead-letters.ts';
export {
  createDelayedPromoter,
  type DelayedPromoter,
  type DelayedPromoterOptions,
} from './delayed-promoter.ts';
export { announceDelayed } from './delayed-wakeups.ts';
export { MESSAGE_BYTES_MAX } from './encode.ts';
export { compareEntryIds, FIRST_ID } from './entry-id.ts';
export {
  BrokerAuthError,
  BrokerClosedError,
  BrokerReplyError,
  BrokerTimeoutError,
  BrokerUnavailableError,
  CrossTagError,
  codeOf,
  NoAnswerError,
  PayloadTooLargeError,
  ProbeFailedError,
} from './errors.ts';
export { createFeedReader, type Feed, type FeedMessage, type FeedReaderOptions } from './feed-reader.ts';
export type { BatchHandler, Handler, Handlers } from './handlers.ts';
export { groupByTag, hashTag, sharedTag } from './hash-tag.ts';
export type { StreamsLogger } from './logger.ts';
export {
  type Attempt,
  type Codec,
  type Decoded,
  type Delivered,
  FIELD,
  type MessageHead,
  type Outgoing,
} from './message.ts';
export {
  noMetrics,
  type StreamCounterName,
  type StreamHistogramName,
  type StreamLabels,
  type StreamMetrics,
} from './metrics.ts';
export { ack, deadLetter, type Outcome, retry } from './outcome.ts';
export { assertServerUsable, type ProbeCheck, type ProbeResult, probeServer } from './probe.ts';
export { createProducer, type Producer } from './producer.ts';
export type { Reader } from './reader.ts';
export { createReclaimer, type Reclaimed, type Reclaimer, type ReclaimerOptions } from './reclaimer.ts';
export {
  type Arg,
  asEntries,
  asHash,
  asList,
  asNumber,
  asStreamEntries,
  asString,
  asStrings,
  asTimeMs,
  type Command,
  type Reply,
  type StreamEntries,
  type StreamEntry,
} from './replies.ts';
export { replyOutgoing, replyTo } from './reply-stream.ts';
export { createRequester, type Requester, type RequesterOptions } from './requester.ts';
export { defineScript, SCRIPT_HEADER_PARTS, type Script, type ScriptInput } from './script.ts';
export { DEAD_LETTERS_MAX, type Settlement, settleBatch } from './scripts/settle-batch.ts';
export { parseServerLoad, type ServerLoad } from './server-load.ts';
export {
  type Bounds,
  consumerLeaseKey,
  deadLetterKey,
  delayedBodyKey,
  delayedKey,
  replyStreamKey,
  type StreamDeclaration,
} from './stream-declaration.ts';
export { createTrimmer, type Trimmer, type TrimmerOptions } from './trimmer.ts';
export { countWaiting, oldestDelayedMs, oldestUnsettledMs } from './waiting.ts';
