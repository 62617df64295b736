import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 4_096;
const pool = Buffer.alloc(POOL_BYTES);
let drawn = POOL_BYTES;

/**
 * `count` random bytes (at most 4,096), each given out once. They are drawn from the system thousands at a time: one
 * draw costs many times what it takes to hand them out.
 */
export function drawRandom(count: number): Buffer {
  if (count > POOL_BYTES) throw new RangeError(`at most ${POOL_BYTES} bytes at once`);
  if (drawn + count > POOL_BYTES) {
    randomFillSync(pool);
    drawn = 0;
  }
  const bytes = Buffer.from(pool.subarray(drawn, drawn + count));
  pool.fill(0, drawn, drawn + count);
  drawn += count;
  return bytes;
}
