-- touch-pending
-- Purpose: tells that a consumer still works on entries, so that nobody claims them for being idle.
-- KEYS: stream.
-- ARGV: group, consumer, entry ids.
-- Returns: number of entries still pending for the consumer.
-- Guard: entries that another consumer has claimed are left to it; a repeat resets the idle time once more.

local stream, group, consumer = KEYS[1], ARGV[1], ARGV[2]
local unpack = table.unpack or unpack
local call = { 'XCLAIM', stream, group, consumer, 0 }
for i = 3, #ARGV do
  local row = redis.call('XPENDING', stream, group, ARGV[i], ARGV[i], 1)[1]
  if row and row[2] == consumer then call[#call + 1] = ARGV[i] end
end
local held = #call - 5
if held > 0 then
  call[#call + 1] = 'JUSTID'
  redis.call(unpack(call))
end
return held
