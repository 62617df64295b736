-- forget-spawn
-- Purpose: removes the record of a spawn that ended long ago.
-- KEYS: spawn, all spawns, ended, agents.
-- ARGV: spawn id, agent id, most recent end that may be forgotten, ms.
-- Returns: 1 if it was removed, 0 if it lives, ended later or is unknown.
-- Guard: only what stands in the index of ended spawns, with an end that is old enough.

local spawn, spawns, ended, agents = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local spawn_id, agent_id, until_ms = ARGV[1], ARGV[2], tonumber(ARGV[3])

local ended_at_ms = redis.call('ZSCORE', ended, spawn_id)
if not ended_at_ms or tonumber(ended_at_ms) > until_ms then
  return 0
end
redis.call('DEL', spawn)
redis.call('ZREM', spawns, spawn_id)
redis.call('ZREM', ended, spawn_id)
redis.call('HDEL', agents, agent_id)
return 1
