-- expire-messages
-- Purpose: settles queued messages whose time is over as expired.
-- KEYS: expiring, holders, events feed; then for each message two keys: its receipts, the agent's queued messages.
-- ARGV: for each message: message id, agent id, receipt, event.
-- Returns: how many were settled.
-- Guard: the receipt's state: only one that says queued is settled, so a repeat settles nothing.

local expiring, holders, events = KEYS[1], KEYS[2], KEYS[3]
local settled = 0
for i = 1, (#KEYS - 3) / 2 do
  local receipts, queued = KEYS[2 + 2 * i], KEYS[3 + 2 * i]
  local id, agent_id, receipt, event = ARGV[4 * i - 3], ARGV[4 * i - 2], ARGV[4 * i - 1], ARGV[4 * i]
  local known = redis.call('HGET', receipts, agent_id)
  if known and string.sub(known, 1, 7) == 'queued|' then
    redis.call('HSET', receipts, agent_id, receipt)
    redis.call('XADD', events, '*', 'm', event)
    settled = settled + 1
  end
  redis.call('ZREM', queued, id)
  if redis.call('ZCARD', queued) == 0 then redis.call('ZREM', holders, agent_id) end
  redis.call('ZREM', expiring, id .. '|' .. agent_id)
end
return settled
