-- hold-turn
-- Purpose: takes, or keeps, the turn of the one instance that handles messages, so that they keep their order.
-- KEYS: active.
-- ARGV: instance, ttl ms (0 = give it back).
-- Returns: 1 if the instance has the turn now, else 0.
-- Guard: the turn of another instance is never touched; a repeat finds the own one and extends it.

local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[1])
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
