-- begin-spawn
-- Purpose: stores a new spawn before anything of it is started, within the limits, and tells the feed.
-- KEYS: spawn, all spawns, live, live of its template, live of its owner, agents, feed agents.scaling.
-- ARGV: spawn id, agent id, version, state, body, most live in all, most live of the template, spawn.changed message.
-- Returns: {'created', ''}, {'exists', body of the stored one}, or {'limit', live in all, live of the template}.
-- Guard: a spawn id that is known changes nothing, whatever the limits say now.

local spawn, spawns, live, live_template, live_owner = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local agents, feed = KEYS[6], KEYS[7]
local spawn_id, agent_id, version, state, body = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local total_max, template_max, changed = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]

local known = redis.call('HGET', spawn, 'body')
if known then
  return {'exists', known}
end
local total, of_template = redis.call('SCARD', live), redis.call('SCARD', live_template)
if total >= total_max or of_template >= template_max then
  return {'limit', total, of_template}
end
redis.call('HSET', spawn, 'version', version, 'state', state, 'body', body)
redis.call('ZADD', spawns, 0, spawn_id)
redis.call('SADD', live, spawn_id)
redis.call('SADD', live_template, spawn_id)
redis.call('SADD', live_owner, spawn_id)
redis.call('HSET', agents, agent_id, spawn_id)
redis.call('XADD', feed, '*', 'm', changed)
return {'created', ''}
