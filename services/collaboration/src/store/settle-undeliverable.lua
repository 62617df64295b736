-- settle-undeliverable
-- Purpose: settles messages that an agent will not take any more as undeliverable, with a dead letter for each.
-- KEYS: the agent's queued messages, holders, events feed, dead letters; then the receipts of each message.
-- ARGV: agent id, most dead letters, group, source stream; then for each message: message id, receipt, event,
--   dead letter ('' = the record is gone, there is nothing to keep), reason, error, entry id of the request.
-- Returns: how many messages were settled.
-- Guard: the receipt's state: only one that says queued is settled, so a repeat settles nothing.

local queued, holders, events, dead_letters = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local agent_id, dead_letters_max, group, source = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local settled = 0
for i = 1, #KEYS - 4 do
  local receipts, at = KEYS[4 + i], 7 * i - 3
  local id, dead_letter = ARGV[at + 1], ARGV[at + 4]
  local known = redis.call('HGET', receipts, agent_id)
  if known and dead_letter ~= '' and string.sub(known, 1, 7) == 'queued|' then
    redis.call('HSET', receipts, agent_id, ARGV[at + 2])
    redis.call('XADD', events, '*', 'm', ARGV[at + 3])
    redis.call('XADD', dead_letters, 'MAXLEN', '~', dead_letters_max, '*', 'm', dead_letter, 'h', '[]',
      'reason', ARGV[at + 5], 'error', ARGV[at + 6], 'source', source, 'entry', ARGV[at + 7], 'group', group)
    settled = settled + 1
  end
  redis.call('ZREM', queued, id)
end
if redis.call('ZCARD', queued) == 0 then redis.call('ZREM', holders, agent_id) end
return settled
