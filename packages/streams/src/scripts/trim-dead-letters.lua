-- trim-dead-letters
-- Purpose: removes dead letters that are too old by the server's clock; when there are none, the oldest of too many.
-- KEYS: dead letters of a stream.
-- ARGV: most entries to remove (about), greatest age ms, greatest number.
-- Returns: {removed for their age, removed for their number}.
-- Guard: a repeat removes what is left.

local dead_letters, limit, max_age_ms, max_length = KEYS[1], ARGV[1], ARGV[2], ARGV[3]

-- Whole nodes while there are enough of them, then one by one.
local function trim(strategy, threshold)
  local some = tonumber(redis.call('XTRIM', dead_letters, strategy, '~', threshold, 'LIMIT', limit))
  if some > 0 then return some end
  return tonumber(redis.call('XTRIM', dead_letters, strategy, '=', threshold))
end

local time = redis.call('TIME')
local now_ms = math.floor(tonumber(time[1])) * 1000 + math.floor(tonumber(time[2]) / 1000)
local oldest_ms = math.max(0, now_ms - tonumber(max_age_ms))
local aged = trim('MINID', string.format('%.0f', oldest_ms))
if aged > 0 then return { aged, 0 } end
return { 0, trim('MAXLEN', max_length) }
