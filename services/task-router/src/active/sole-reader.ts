import type { ConsumerSlot } from '@nova-torch/streams';

/**
 * A consumer name whose reclaimer takes over whatever any other consumer of the group has pending, at once: for
 * streams that only the active router reads, so that nobody else has anything to do with them any more.
 *
 * @param absentKey a key that never exists, of the streams' tag
 */
export function soleReader(slot: ConsumerSlot, absentKey: string): ConsumerSlot {
  return {
    get name() {
      return slot.name;
    },
    start: () => slot.start(),
    stop: () => slot.stop(),
    leaseKeyOf: () => absentKey,
    room: (stream) => slot.room(stream),
    handOver: (stream, entries) => slot.handOver(stream, entries),
    onHandOver: (stream, receiver) => slot.onHandOver(stream, receiver),
  };
}

/**
 * The same before its consumer reads: what is taken over stays pending for the name, where the consumer finds it first,
 * in its order and before anything new.
 */
export function heir(slot: ConsumerSlot, absentKey: string): ConsumerSlot {
  return {
    ...soleReader(slot, absentKey),
    get name() {
      return slot.name;
    },
    room: () => Number.POSITIVE_INFINITY,
    handOver: () => undefined,
  };
}
