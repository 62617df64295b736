-- write-schedule
-- Purpose: makes, changes or deletes one schedule, and submits the task of a run in the same step.
-- KEYS: leader (HASH, field `term`), schedules (HASH id -> JSON), due (ZSET id by due time), tasks.queue (STREAM).
-- ARGV: term of the caller, id, the schedule as it was read ('' for a new one), as it is to be ('' to delete it), its next
--   due time in ms ('' for none), the message that submits the task ('' for none), how many schedules there may be.
-- Returns: applied, changed (it is not as it was read), full, not-leader.
-- Guard: term, then the whole former JSON, the due time in it. A repeat finds what it wrote and changes nothing.
local leader, schedules, due, queue = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local term, id, before, after, dueMs, message, max = unpack(ARGV)
if redis.call('HGET', leader, 'term') ~= term then
  return 'not-leader'
end
local have = redis.call('HGET', schedules, id) or ''
if have == after then
  return 'applied'
elseif have ~= before then
  return 'changed'
elseif have == '' and redis.call('HLEN', schedules) >= tonumber(max) then
  return 'full'
end
if after == '' then
  redis.call('HDEL', schedules, id)
else
  redis.call('HSET', schedules, id, after)
end
if dueMs == '' then
  redis.call('ZREM', due, id)
else
  redis.call('ZADD', due, dueMs, id)
end
if message ~= '' then
  redis.call('XADD', queue, '*', 'm', message)
end
return 'applied'
