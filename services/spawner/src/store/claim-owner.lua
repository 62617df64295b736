-- claim-owner
-- Purpose: says that the spawner of a home is here; also its renewal.
-- KEYS: owners, owner holders.
-- ARGV: owner, holder (JSON), now ms, ms after which a silent holder has lost the home, JSON of the holder that is
--   known to be gone or ''.
-- Returns: '' if the home is this holder's, else the JSON of the holder that has it.
-- Guard: another holder is replaced only if it was silent for too long or is the one that is known to be gone.

local owners, holders = KEYS[1], KEYS[2]
local owner, holder, now_ms, lost_after_ms, gone = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]

local other = redis.call('HGET', holders, owner)
local seen_ms = redis.call('ZSCORE', owners, owner)
if other and other ~= holder and other ~= gone and seen_ms and tonumber(seen_ms) + lost_after_ms > now_ms then
  return other
end
redis.call('ZADD', owners, now_ms, owner)
redis.call('HSET', holders, owner, holder)
return ''
