-- take-over-dead
-- Purpose: takes over what is pending for a consumer whose lease is gone, and removes the consumer once nothing is.
-- KEYS: stream, lease of the consumer's name.
-- ARGV: group, consumer, heir, most entries to take over.
-- Returns: {(id, ms since it was delivered, deliveries)* of the entries taken over, ids whose entry was deleted, 1 if
--   the consumer was removed}. Taking over is not a delivery: it is counted when the heir comes to the entry.
-- Guard: nothing is done while the lease exists; a consumer is removed only with nothing pending; a repeat takes over
--   what is left.

local stream, lease = KEYS[1], KEYS[2]
local group, consumer, heir, limit = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local unpack = table.unpack or unpack
if redis.call('EXISTS', lease) == 1 then return { {}, {}, 0 } end

local pending = {}
for _, row in ipairs(redis.call('XPENDING', stream, group, '-', '+', limit, consumer)) do
  -- Dragonfly lists everybody's entries for a consumer it does not know.
  if row[2] == consumer then pending[#pending + 1] = row end
end

local taken, deleted = {}, {}
if #pending > 0 then
  local call = { 'XCLAIM', stream, group, heir, 0 }
  for _, row in ipairs(pending) do call[#call + 1] = row[1] end
  call[#call + 1] = 'JUSTID'
  local present = {}
  for _, id in ipairs(redis.call(unpack(call))) do present[id] = true end
  for _, row in ipairs(pending) do
    if present[row[1]] then
      taken[#taken + 1] = row[1]
      taken[#taken + 1] = row[3]
      taken[#taken + 1] = row[4]
    else
      redis.call('XACK', stream, group, row[1])
      deleted[#deleted + 1] = row[1]
    end
  end
end

local removed = 0
if #pending < limit then
  redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer)
  removed = 1
end
return { taken, deleted, removed }
