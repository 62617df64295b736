-- save-durations
-- Purpose: stores how long completed tasks ran, for the task types that changed.
-- KEYS: leader (HASH, field `term`), durations (HASH task type -> JSON of its run record).
-- ARGV: term of the caller, number of types to store, their types and records in turn, then types to forget.
-- Returns: 1, or -1 when not the leader.
-- Guard: term; each record is whole, so storing it again changes nothing.
if redis.call('HGET', KEYS[1], 'term') ~= ARGV[1] then
  return -1
end
local stored = tonumber(ARGV[2])
for i = 1, stored do
  redis.call('HSET', KEYS[2], ARGV[1 + 2 * i], ARGV[2 + 2 * i])
end
for i = 3 + 2 * stored, #ARGV do
  redis.call('HDEL', KEYS[2], ARGV[i])
end
return 1
