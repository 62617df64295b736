-- put-wanted
-- Purpose: stores where the search for an agent stands, before anything follows from it.
-- KEYS: leader (HASH, field `term`), wanted (HASH class of demand -> JSON).
-- ARGV: term of the caller, class, JSON it was decided from or '', JSON to store or '' to forget it.
-- Returns: 1 when stored, or stored before; 0 when something else is there; -1 when not the leader.
-- Guard: term, and what it was decided from.
if redis.call('HGET', KEYS[1], 'term') ~= ARGV[1] then
  return -1
end
local stored = redis.call('HGET', KEYS[2], ARGV[2]) or ''
if stored == ARGV[4] then
  return 1
end
if stored ~= ARGV[3] then
  return 0
end
if ARGV[4] == '' then
  redis.call('HDEL', KEYS[2], ARGV[2])
else
  redis.call('HSET', KEYS[2], ARGV[2], ARGV[4])
end
return 1
