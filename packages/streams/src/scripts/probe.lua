-- probe
-- Purpose: shows what the other scripts rely on: two keys of one tag, the clock, a stream entry with its group.
-- KEYS: stream with the group `probe`, sorted set.
-- ARGV: entry id that is pending.
-- Returns: {server time ms, consumer the entry is pending for, entries read by `XREADGROUP`, length of the set}.
-- Guard: works on scratch keys only.

local time = redis.call('TIME')
local now_ms = math.floor(tonumber(time[1])) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('ZADD', KEYS[2], string.format('%.0f', now_ms), 'member')
local row = redis.call('XPENDING', KEYS[1], 'probe', ARGV[1], ARGV[1], 1)[1]
local read = redis.call('XREADGROUP', 'GROUP', 'probe', 'reader', 'COUNT', 1, 'STREAMS', KEYS[1], '>')
local count = 0
if read and read[1] and read[1][2] then count = #read[1][2] end
return { string.format('%.0f', now_ms), row and row[2] or '', count, redis.call('ZCARD', KEYS[2]) }
