-- promote-delayed
-- Purpose: moves the delayed messages that are due back to their streams.
-- KEYS: for each stream three keys: the stream, its delayed set, its delayed bodies.
-- ARGV: most messages to move per stream.
-- Returns: for each stream three values: messages moved, messages whose body was missing, when the next one is due
--   (server ms, '' if there is none); then the server time in ms.
-- Guard: a message leaves the delayed set in the same run that appends it, so a repeat moves only what is left.

local limit = ARGV[1]
local time = redis.call('TIME')
local now_ms = string.format('%.0f', math.floor(tonumber(time[1])) * 1000 + math.floor(tonumber(time[2]) / 1000))
local answer = {}
for i = 1, #KEYS, 3 do
  local stream, delayed, bodies = KEYS[i], KEYS[i + 1], KEYS[i + 2]
  local moved, missing = 0, 0
  local due = redis.call('ZRANGEBYSCORE', delayed, '-inf', now_ms, 'LIMIT', 0, limit)
  for _, member in ipairs(due) do
    local body = redis.call('HMGET', bodies, member .. '|m', member .. '|h', member .. '|g')
    if body[1] then
      if body[3] and body[3] ~= '' then
        redis.call('XADD', stream, '*', 'm', body[1], 'h', body[2] or '', 'g', body[3])
      else
        redis.call('XADD', stream, '*', 'm', body[1], 'h', body[2] or '')
      end
      moved = moved + 1
    else
      missing = missing + 1
    end
    redis.call('ZREM', delayed, member)
    redis.call('HDEL', bodies, member .. '|m', member .. '|h', member .. '|g')
  end
  local head = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
  answer[#answer + 1] = moved
  answer[#answer + 1] = missing
  answer[#answer + 1] = head[2] and string.format('%.0f', tonumber(head[2])) or ''
end
answer[#answer + 1] = now_ms
return answer
