-- register-agent
-- Purpose: writes the record of an agent that registers, makes its inbox, and says that it joined.
-- KEYS: the agent, its inbox, index, due, events feed.
-- ARGV: agent id, expected version ('' = no record), new version, record, state, digest, heard ms, due ms,
--   event, inbox group, most agents.
-- Returns: 1 if it was written, 0 if the agent has another version, -1 if there is no room for another agent.
-- Guard: the expected version. The inbox and its group exist before the event; an inbox that exists is kept.

local agent, inbox, index, due, events = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local id, expected, agents_max = ARGV[1], ARGV[2], tonumber(ARGV[11])

local version = redis.call('HGET', agent, 'version') or ''
if version ~= expected then return 0 end
if version == '' and redis.call('ZCARD', index) >= agents_max then return -1 end

local made = redis.pcall('XGROUP', 'CREATE', inbox, ARGV[10], '0', 'MKSTREAM')
if type(made) == 'table' and made.err and not string.find(made.err, 'BUSYGROUP', 1, true) then
  return redis.error_reply(made.err)
end
redis.call('HSET', agent, 'version', ARGV[3], 'record', ARGV[4], 'state', ARGV[5], 'digest', ARGV[6],
  'heard_ms', ARGV[7])
redis.call('HDEL', agent, 'released:task-router', 'released:collaboration')
redis.call('ZADD', index, 0, id)
redis.call('ZADD', due, ARGV[8], id)
redis.call('XADD', events, '*', 'm', ARGV[9])
return 1
