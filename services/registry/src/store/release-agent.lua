-- release-agent
-- Purpose: notes that a service holds nothing any more for an agent that is gone; when all have said so, deletes the
--   agent's record and inbox.
-- KEYS: the agent, its counted attempts, its inbox, index, due, closings, events feed.
-- ARGV: agent id, expected version, who releases, reaped event; then every service that must release.
-- Returns: 2 if the agent was reaped, 1 if the release was noted, 0 if the agent has another version or is not there.
-- Guard: the expected version, which a return of the agent raises; a repeat notes the same again.

local agent, counted, inbox, index, due, closings, events =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local id, expected, by = ARGV[1], ARGV[2], ARGV[3]

if redis.call('HGET', agent, 'version') ~= expected then return 0 end
redis.call('HSET', agent, 'released:' .. by, '1')
for i = 5, #ARGV do
  if redis.call('HEXISTS', agent, 'released:' .. ARGV[i]) == 0 then return 1 end
end
redis.call('XADD', events, '*', 'm', ARGV[4])
redis.call('ZREM', index, id)
redis.call('ZREM', due, id)
redis.call('ZREM', closings, id)
redis.call('DEL', inbox, counted, agent)
return 2
