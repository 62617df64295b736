-- prune-messages
-- Purpose: deletes records of messages.
-- KEYS: messages; then for each message two keys: the message, its receipts.
-- ARGV: the message ids.
-- Returns: how many records there were.
-- Guard: deleting again deletes nothing.

local pruned = 0
for i = 1, #ARGV do
  pruned = pruned + redis.call('ZREM', KEYS[1], ARGV[i])
  redis.call('DEL', KEYS[2 * i], KEYS[2 * i + 1])
end
return pruned
