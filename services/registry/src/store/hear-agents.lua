-- hear-agents
-- Purpose: notes when unchanged agents were heard, and when they are judged next.
-- KEYS: due; then the agents.
-- ARGV: for each agent: agent id, expected version ('' = there is no record: nothing falls due), heard ms, due ms.
-- Returns: for each agent 1 if it was noted or is known to be heard later, 0 if it has another version.
-- Guard: the expected version, and time only moves forward.

local due = KEYS[1]
local answer = {}
for i = 1, #KEYS - 1 do
  local agent = KEYS[1 + i]
  local id, expected, heard_ms, due_ms = ARGV[4 * i - 3], ARGV[4 * i - 2], ARGV[4 * i - 1], ARGV[4 * i]
  local known = redis.call('HMGET', agent, 'version', 'heard_ms')
  local same = (known[1] or '') == expected
  if same and expected == '' then
    redis.call('ZREM', due, id)
  elseif same and tonumber(heard_ms) >= tonumber(known[2]) then
    redis.call('HSET', agent, 'heard_ms', heard_ms)
    redis.call('ZADD', due, due_ms, id)
  end
  answer[i] = same and 1 or 0
end
return answer
