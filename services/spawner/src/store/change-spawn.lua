-- change-spawn
-- Purpose: stores the next version of a spawn, moves it between the indexes, tells the feed, and writes to its agent.
-- KEYS: spawn, live, live of its template, live of its owner, ended, feed agents.scaling, inbox of its agent, doorbell.
-- ARGV: spawn id, version it was decided from, new version, state, body, ended at ms or '' while it lives,
--   spawn.changed message or '', message for the inbox or '', inbox.rang message.
-- Returns: 1 if stored, 0 if the spawn is unknown or has another version.
-- Guard: the version. The inbox belongs to the registry: it is written only if it exists, and rung only if written.

local spawn, live, live_template, live_owner, ended = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local feed, inbox, doorbell = KEYS[6], KEYS[7], KEYS[8]
local spawn_id, expected, version, state, body = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local ended_at_ms, changed, posted, rang = ARGV[6], ARGV[7], ARGV[8], ARGV[9]

if redis.call('HGET', spawn, 'version') ~= expected then
  return 0
end
redis.call('HSET', spawn, 'version', version, 'state', state, 'body', body)
if ended_at_ms == '' then
  redis.call('SADD', live, spawn_id)
  redis.call('SADD', live_template, spawn_id)
  redis.call('SADD', live_owner, spawn_id)
  redis.call('ZREM', ended, spawn_id)
else
  redis.call('SREM', live, spawn_id)
  redis.call('SREM', live_template, spawn_id)
  redis.call('SREM', live_owner, spawn_id)
  redis.call('ZADD', ended, ended_at_ms, spawn_id)
end
if changed ~= '' then
  redis.call('XADD', feed, '*', 'm', changed)
end
if posted ~= '' and redis.call('XADD', inbox, 'NOMKSTREAM', '*', 'm', posted) then
  redis.call('XADD', doorbell, '*', 'm', rang)
end
return 1
