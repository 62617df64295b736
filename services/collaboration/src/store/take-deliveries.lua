-- take-deliveries
-- Purpose: notes that agents took messages.
-- KEYS: holders, events feed; then for each delivery two keys: the message's receipts, the agent's queued messages.
-- ARGV: for each delivery: message id, agent id, receipt, event.
-- Returns: for each delivery two: 0 = there is no such receipt, 1 = it was noted before, 2 = noted, 3 = noted although the
--   message had been found undeliverable; and the receipt it had, '' if none.
-- Guard: the receipt's state: one that says delivered is not written again.

local holders, events = KEYS[1], KEYS[2]
local answer = {}
for i = 1, (#KEYS - 2) / 2 do
  local receipts, queued = KEYS[1 + 2 * i], KEYS[2 + 2 * i]
  local id, agent_id, receipt, event = ARGV[4 * i - 3], ARGV[4 * i - 2], ARGV[4 * i - 1], ARGV[4 * i]
  local known = redis.call('HGET', receipts, agent_id)
  if not known then
    answer[2 * i - 1] = 0
  elseif string.sub(known, 1, 10) == 'delivered|' then
    answer[2 * i - 1] = 1
  else
    redis.call('HSET', receipts, agent_id, receipt)
    redis.call('XADD', events, '*', 'm', event)
    answer[2 * i - 1] = string.sub(known, 1, 7) == 'queued|' and 2 or 3
  end
  answer[2 * i] = known or ''
  redis.call('ZREM', queued, id)
  if redis.call('ZCARD', queued) == 0 then redis.call('ZREM', holders, agent_id) end
end
return answer
