-- repair-slots
--
-- Purpose: puts right the slots an agent is counted to use.
-- KEYS[1]  leader  HASH, field `term`
-- KEYS[2]  slots   HASH agent id -> slots in use
-- ARGV[1]  term of the caller
-- ARGV[2]  agent
-- ARGV[3]  what is counted wrongly
-- ARGV[4]  what is right
-- Returns: 1 when put right, 0 when the count changed meanwhile, -1 when not the leader.
-- Guard:   term, and the wrong count itself.
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
