-- settle-inbox
-- Purpose: stores what an agent has to say and acknowledges the inbox entries whose effect it is, together.
-- KEYS: the inbox, its dead letters, then every stream that is published to.
-- ARGV: group, number of operations; then the operations one after the other:
--     'P' target message        publish; `target` is an index into KEYS
--     'D' entry error reason    copy the entry, if it still exists, to the dead letters
--     'K' n entry*n             acknowledge
-- Returns: the number of entries acknowledged.
-- Guard: none is needed. A repeat publishes the same message again, under the same message id; reports are fenced by
--   epoch and lease at the task-router, receipts are idempotent, and a second dead letter names the same entry.

local inbox, dead_letters = KEYS[1], KEYS[2]
local group, operations = ARGV[1], tonumber(ARGV[2])
local unpack = table.unpack or unpack
local acknowledged = 0
local at = 3

local function take()
  local value = ARGV[at]
  at = at + 1
  return value
end

local operation = {}

function operation.P()
  local target, message = KEYS[tonumber(take())], take()
  redis.call('XADD', target, '*', 'm', message)
end

function operation.D()
  local id, failure, reason = take(), take(), take()
  local found = redis.call('XRANGE', inbox, id, id)
  if not found[1] then return end
  redis.call('XADD', dead_letters, '*', 'm', found[1][2][2], 'h', '[]', 'reason', reason, 'error', failure,
    'source', inbox, 'entry', id, 'group', group)
end

function operation.K()
  local count = tonumber(take())
  local call = { 'XACK', inbox, group }
  for i = 1, count do call[3 + i] = take() end
  acknowledged = acknowledged + tonumber(redis.call(unpack(call)))
end

for _ = 1, operations do operation[take()]() end
return acknowledged
