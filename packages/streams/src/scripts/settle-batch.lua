-- settle-batch
-- Purpose: settles messages of one consumer group: acknowledges each entry together with what follows from it,
--   messages to publish, a next attempt in the delayed set, or a dead letter.
-- KEYS: for each source stream four keys: the stream, its delayed set, its delayed bodies, its dead letters;
--   then every stream that is published to.
-- ARGV: group, consumer, number of source streams, most dead letters a stream keeps, number of operations; then the
--   operations one after the other:
--     'P' source n id*n                                             plain acknowledgements
--     'A' source id n (target onlyIfExists message)*n               acknowledge and publish
--     'R' source id afterMs message history onlyGroup               next attempt in afterMs of server time
--     'D' source id message history reason error                    dead letter
--   `source` counts the source streams from 0; `target` is an index into KEYS.
-- Returns: {settled, skipped, (source, earliest due ms or '', dead letters dropped)*}: entries acknowledged, entries that
--   were not pending any more, and for each source with a new delayed message when the first of them is due, and how many
--   of its oldest dead letters had to go.
-- Guard: an operation is done only while its entry is pending for the group (retries and dead letters: pending for
--   this very consumer), and the acknowledgement comes last, so a repeat finds nothing pending and changes nothing.

local group, consumer = ARGV[1], ARGV[2]
local source_count = tonumber(ARGV[3])
local dead_letters_max = ARGV[4]
local operations = tonumber(ARGV[5])
local settled, skipped = 0, 0
local earliest, dropped = {}, {}
local at = 6

local unpack = table.unpack or unpack

local function take()
  local value = ARGV[at]
  at = at + 1
  return value
end

local now_ms
local function server_now_ms()
  if not now_ms then
    local time = redis.call('TIME')
    now_ms = math.floor(tonumber(time[1])) * 1000 + math.floor(tonumber(time[2]) / 1000)
  end
  return now_ms
end

-- The consumer an entry is pending for, or nil.
local function owner_of(stream, id)
  local rows = redis.call('XPENDING', stream, group, id, id, 1)
  local row = rows and rows[1]
  return row and row[2] or nil
end

local function acknowledge(stream, id)
  settled = settled + tonumber(redis.call('XACK', stream, group, id))
end

local operation = {}

function operation.P(stream)
  local count = tonumber(take())
  local call = { 'XACK', stream, group }
  for i = 1, count do call[3 + i] = take() end
  local done = tonumber(redis.call(unpack(call)))
  settled = settled + done
  skipped = skipped + count - done
end

function operation.A(stream)
  local id = take()
  local count = tonumber(take())
  local pending = owner_of(stream, id) ~= nil
  for _ = 1, count do
    local target, only_if_exists, message = KEYS[tonumber(take())], take(), take()
    if pending then
      if only_if_exists == '1' then
        redis.call('XADD', target, 'NOMKSTREAM', '*', 'm', message)
      else
        redis.call('XADD', target, '*', 'm', message)
      end
    end
  end
  if pending then acknowledge(stream, id) else skipped = skipped + 1 end
end

function operation.R(stream, source)
  local id, after_ms, message, history, only_group = take(), tonumber(take()), take(), take(), take()
  if owner_of(stream, id) ~= consumer then
    skipped = skipped + 1
    return
  end
  local delayed, bodies = KEYS[source * 4 + 2], KEYS[source * 4 + 3]
  local member = group .. '|' .. id
  local due_ms = server_now_ms() + after_ms
  redis.call('HSET', bodies, member .. '|m', message, member .. '|h', history, member .. '|g', only_group)
  redis.call('ZADD', delayed, string.format('%.0f', due_ms), member)
  if not earliest[source] or due_ms < earliest[source] then earliest[source] = due_ms end
  acknowledge(stream, id)
end

function operation.D(stream, source)
  local id, message, history, reason, failure = take(), take(), take(), take(), take()
  if owner_of(stream, id) ~= consumer then
    skipped = skipped + 1
    return
  end
  local dead_letters = KEYS[source * 4 + 4]
  local before = tonumber(redis.call('XLEN', dead_letters))
  redis.call('XADD', dead_letters, 'MAXLEN', '~', dead_letters_max, '*', 'm', message, 'h', history,
    'reason', reason, 'error', failure, 'source', stream, 'entry', id, 'group', group)
  local gone = before + 1 - tonumber(redis.call('XLEN', dead_letters))
  if gone > 0 then dropped[source] = (dropped[source] or 0) + gone end
  acknowledge(stream, id)
end

for _ = 1, operations do
  local kind, source = take(), tonumber(take())
  operation[kind](KEYS[source * 4 + 1], source)
end

local answer = { settled, skipped }
for source = 0, source_count - 1 do
  if earliest[source] or dropped[source] then
    answer[#answer + 1] = source
    answer[#answer + 1] = earliest[source] and string.format('%.0f', earliest[source]) or ''
    answer[#answer + 1] = dropped[source] or 0
  end
end
return answer
