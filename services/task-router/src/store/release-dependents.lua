-- release-dependents
-- Purpose: strikes off dependents of an ended task that were seen to, and the task itself when none is left.
-- KEYS: leader (HASH, field `term`), resolve (SET of ended tasks that have dependents), dependents of the task (SET),
--   record of the task (HASH, field `state`).
-- ARGV: term of the caller, id of the ended task, ids of the dependents that were seen to.
-- Returns: 1 when the ended task is done with, 0 when dependents are left (added meanwhile), -1 when not the leader.
-- Guard: term; what was added since it was read stays. A task that was given another try has not ended any more: it
--   keeps its dependents, and is noted again at its next end.
local ENDED = { completed = true, failed = true, cancelled = true, expired = true }
if redis.call('HGET', KEYS[1], 'term') ~= ARGV[1] then
  return -1
end
local state = redis.call('HGET', KEYS[4], 'state')
if state and not ENDED[state] then
  redis.call('SREM', KEYS[2], ARGV[2])
  return 1
end
for i = 3, #ARGV do
  redis.call('SREM', KEYS[3], ARGV[i])
end
if redis.call('EXISTS', KEYS[3]) == 1 then
  return 0
end
redis.call('SREM', KEYS[2], ARGV[2])
return 1
