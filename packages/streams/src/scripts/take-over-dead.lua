-- take-over-dead
-- Purpose: takes over what is pending for a consumer whose lease is gone, and removes the consumer once nothing is.
-- KEYS: stream, lease of the consumer's name.
-- ARGV: group, consumer, heir, most entries to take over.
-- Returns: {entries taken over, (id, deliveries)* of all that were pending, ids whose entry was deleted, 1 if the
--   consumer was removed}.
-- Guard: nothing is done while the lease exists; a consumer is removed only with nothing pending; a repeat takes over
--   what is left.

local stream, lease = KEYS[1], KEYS[2]
local group, consumer, heir, limit = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local unpack = table.unpack or unpack
if redis.call('EXISTS', lease) == 1 then return { {}, {}, {}, 0 } end

local deliveries, pending = {}, {}
for _, row in ipairs(redis.call('XPENDING', stream, group, '-', '+', limit, consumer)) do
  -- Dragonfly lists everybody's entries for a consumer it does not know.
  if row[2] == consumer then
    pending[#pending + 1] = row[1]
    deliveries[#deliveries + 1] = row[1]
    deliveries[#deliveries + 1] = tonumber(row[4]) + 1
  end
end

local taken, deleted = {}, {}
if #pending > 0 then
  local call = { 'XCLAIM', stream, group, heir, 0 }
  for _, id in ipairs(pending) do call[#call + 1] = id end
  local present = {}
  for _, entry in ipairs(redis.call(unpack(call))) do
    if entry and entry[2] and #entry[2] > 0 then
      taken[#taken + 1] = entry
      present[entry[1]] = true
    end
  end
  for _, id in ipairs(pending) do
    if not present[id] then
      redis.call('XACK', stream, group, id)
      deleted[#deleted + 1] = id
    end
  end
end

local removed = 0
if #pending < limit then
  redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer)
  removed = 1
end
return { taken, deliveries, deleted, removed }
