// The real disk, on which writes and syncs can be made to fail.
import { type Disk, realDisk, type SegmentFile } from '../src/index.ts';

export interface FaultyDisk extends Disk {
  /** Bytes that still fit; Infinity for a disk with room. */
  room: number;
  /** Syncs fail while this is set. */
  syncError: Error | undefined;
  /** How often something was synced. */
  syncs: number;
}

export function createFaultyDisk(): FaultyDisk {
  const disk: FaultyDisk = {
    ...realDisk,
    room: Number.POSITIVE_INFINITY,
    syncError: undefined,
    syncs: 0,
    create: async (dir, name) => wrap(await realDisk.create(dir, name)),
  };
  const wrap = (file: SegmentFile): SegmentFile => ({
    ...file,
    async write(data, position) {
      const fits = data.subarray(0, Math.min(data.length, disk.room));
      // A full disk takes what fits and refuses the rest.
      if (fits.length > 0) await file.write(fits, position);
      disk.room -= fits.length;
      if (fits.length < data.length) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    },
    async sync() {
      disk.syncs += 1;
      if (disk.syncError !== undefined) throw disk.syncError;
      await file.sync();
    },
  });
  return disk;
}
