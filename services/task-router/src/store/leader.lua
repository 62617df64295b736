-- leader
-- Purpose: takes, renews or gives up the lease of the active router. The term rises with every change of hands.
-- KEYS: leader (HASH instance, term, until_ms).
-- ARGV: instance of the caller, term it holds (0 for none), length of the lease in ms (0 gives it up).
-- Returns: {term, ms}: the caller's term and what is left of its lease; or {0, ms}: another's lease has ms left.
-- Guard: a lease that has run out is renewed under its term as long as nobody else took it: then no other router
--   wrote in between. The term also rises over a broker that lost its data, because it is at least its clock.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local have = redis.call('HMGET', KEYS[1], 'instance', 'term', 'until_ms')
local holder, term, untilMs = have[1], tonumber(have[2] or '0'), tonumber(have[3] or '0')
local mine = holder == ARGV[1] and term == tonumber(ARGV[2])
local lease = tonumber(ARGV[3])

if lease == 0 then
  if mine then
    redis.call('HSET', KEYS[1], 'until_ms', '0')
  end
  return { 0, 0 }
end
if not mine then
  if untilMs > now and holder ~= ARGV[1] then
    return { 0, untilMs - now }
  end
  term = math.max(term + 1, now)
end
redis.call('HSET', KEYS[1], 'instance', ARGV[1], 'term', string.format('%.0f', term), 'until_ms', string.format('%.0f', now + lease))
return { term, lease }
