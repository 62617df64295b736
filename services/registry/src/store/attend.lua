-- attend
-- Purpose: notes that somebody listens for heartbeats now, and finds out since when without a break.
-- KEYS: attendance.
-- ARGV: server ms, the longest silence that is no break (ms).
-- Returns: since when (server ms, as text) somebody has been listening.
-- Guard: time only moves forward; a repeat at the same time changes nothing.

local attendance, now_ms, break_ms = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local known = redis.call('HMGET', attendance, 'at_ms', 'floor_ms')
local at_ms, floor_ms = tonumber(known[1] or ''), tonumber(known[2] or '')
if not at_ms or now_ms - at_ms > break_ms then floor_ms = now_ms end
if not at_ms or now_ms > at_ms then
  redis.call('HSET', attendance, 'at_ms', string.format('%.0f', now_ms), 'floor_ms', string.format('%.0f', floor_ms))
end
return string.format('%.0f', floor_ms)
