-- deliver-claimed
-- Purpose: delivers entries that were claimed for a consumer, and counts the delivery.
-- KEYS: stream.
-- ARGV: group, consumer, entry ids.
-- Returns: the entries still pending for the consumer, those that were deleted meanwhile without fields.
-- Guard: entries that another consumer has claimed are left to it; a repeat delivers, and counts, once more.

local stream, group, consumer = KEYS[1], ARGV[1], ARGV[2]
local unpack = table.unpack or unpack
local call, own = { 'XCLAIM', stream, group, consumer, 0 }, {}
for i = 3, #ARGV do
  local row = redis.call('XPENDING', stream, group, ARGV[i], ARGV[i], 1)[1]
  if row and row[2] == consumer then
    call[#call + 1] = ARGV[i]
    own[#own + 1] = ARGV[i]
  end
end
if #own == 0 then return {} end

local found = {}
for _, entry in ipairs(redis.call(unpack(call))) do
  if entry and entry[2] then found[entry[1]] = entry end
end
local answer = {}
for _, id in ipairs(own) do answer[#answer + 1] = found[id] or { id, {} } end
return answer
