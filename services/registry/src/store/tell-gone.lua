-- tell-gone
-- Purpose: tells agents that are taken for gone and yet speak, through their inboxes if those still exist.
-- KEYS: doorbell feed; then the inboxes.
-- ARGV: for each inbox: the message, the ring.
-- Returns: how many inboxes got the message.
-- Guard: none is needed: no inbox is made, and an agent told twice does the same once.

local told = 0
for i = 1, #KEYS - 1 do
  if redis.call('EXISTS', KEYS[1 + i]) == 1 then
    redis.call('XADD', KEYS[1 + i], '*', 'm', ARGV[2 * i - 1])
    redis.call('XADD', KEYS[1], '*', 'm', ARGV[2 * i])
    told = told + 1
  end
end
return told
