-- note-heartbeats
-- Purpose: notes heartbeats that say nothing but what is known; the usual case, decided without reading the records.
-- KEYS: due; then the agents.
-- ARGV: for each agent: agent id, digest of what it says, heard ms, due ms.
-- Returns: for each agent when it was heard before (ms, as text) if there is nothing more to do, '' if it says something
--   else than what is known.
-- Guard: the digest, which is empty while the agent is suspected, closed or gone; and time only moves forward.

local due = KEYS[1]
local answer = {}
for i = 1, #KEYS - 1 do
  local agent = KEYS[1 + i]
  local known = redis.call('HMGET', agent, 'digest', 'heard_ms')
  local same = known[1] == ARGV[4 * i - 2]
  if same and tonumber(ARGV[4 * i - 1]) > tonumber(known[2]) then
    redis.call('HSET', agent, 'heard_ms', ARGV[4 * i - 1])
    redis.call('ZADD', due, ARGV[4 * i], ARGV[4 * i - 3])
  end
  answer[i] = same and known[2] or ''
end
return answer
