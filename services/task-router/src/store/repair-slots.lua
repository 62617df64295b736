-- repair-slots
-- Purpose: puts right the slots an agent is counted to use.
-- KEYS: leader (HASH, field `term`), slots (HASH agent id -> slots in use).
-- ARGV: term of the caller, agent, what is counted wrongly, what is right.
-- Returns: 1 when put right, 0 when the count changed meanwhile, -1 when not the leader.
-- Guard: term, and the wrong count itself.
if redis.call('HGET', KEYS[1], 'term') ~= ARGV[1] then
  return -1
end
if (redis.call('HGET', KEYS[2], ARGV[2]) or '0') ~= ARGV[3] then
  return 0
end
if ARGV[4] == '0' then
  redis.call('HDEL', KEYS[2], ARGV[2])
else
  redis.call('HSET', KEYS[2], ARGV[2], ARGV[4])
end
return 1
