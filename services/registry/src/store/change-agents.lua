-- change-agents
-- Purpose: writes changes of agents, each with its index entries, its event and the attempts it counted.
-- KEYS: due, closings, events feed; then for each change two keys: the agent, its counted attempts.
-- ARGV: number of changes, most counted attempts an agent keeps, ms a closing is remembered; then for each change:
--   agent id, expected version, new version, record, state, digest, heard ms, due ms ('' = never), closed ms ('' = open),
--   event ('' = none), server ms, number of attempts, attempt*.
-- Returns: for each change 1 if it was written, 0 if the agent has another version or is not there.
-- Guard: the expected version; every written change raises it, so a repeat finds another one and writes nothing.

local due, closings, events = KEYS[1], KEYS[2], KEYS[3]
local changes, counted_max, closings_kept_ms = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local at = 4

local function take()
  local value = ARGV[at]
  at = at + 1
  return value
end


local answer = {}
for i = 1, changes do
  local agent, counted = KEYS[2 + 2 * i], KEYS[3 + 2 * i]
  local id, expected, version = take(), take(), take()
  local record, state, digest, heard_ms, due_ms, closed_ms = take(), take(), take(), take(), take(), take()
  local event, now_ms, attempts = take(), take(), tonumber(take())
  local written = redis.call('HGET', agent, 'version') == expected
  if written then
    redis.call('HSET', agent, 'version', version, 'record', record, 'state', state, 'digest', digest,
      'heard_ms', heard_ms)
    if due_ms == '' then redis.call('ZREM', due, id) else redis.call('ZADD', due, due_ms, id) end
    if closed_ms ~= '' then
      redis.call('ZADD', closings, closed_ms, id)
      redis.call('ZREMRANGEBYSCORE', closings, '-inf', string.format('%.0f', tonumber(closed_ms) - closings_kept_ms))
    end
    if event ~= '' then redis.call('XADD', events, '*', 'm', event) end
  end
  for _ = 1, attempts do
    local attempt = take()
    if written then redis.call('ZADD', counted, now_ms, attempt) end
  end
  if written and attempts > 0 then redis.call('ZREMRANGEBYRANK', counted, 0, -counted_max - 1) end
  answer[i] = written and 1 or 0
end
return answer
