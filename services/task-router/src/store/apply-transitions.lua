-- apply-transitions
-- Purpose: writes a batch of task transitions. Each item is written whole (record, history, indexes, slots, outgoing
--   messages) or not at all, independently of the others.
-- KEYS: leader (HASH, field `term`), slots (HASH agent id -> slots in use), resolve (SET of ended tasks that have
--   dependents), then whatever the items name, by position.
-- ARGV: term of the caller, number of items; each item is then
--     record     position of its record's key, 0 for none
--     state      expected state; 'none': must not exist; '': not looked at
--     epoch      expected epoch
--     seq        expected sequence number
--     op         what the record will remember as its last write; '' for a write that leaves no mark
--     inbox      position of a stream that must exist, 0 for none
--     taker      agent that gets a slot taken, '' for none
--     capacity   slots the taker has
--     giver      agent that gets a slot back, '' for none
--     effects    number of effects; each is: command, position of its key, number of arguments, arguments.
--   COUNT <record> (field, number) adds to a number of a record that exists;
--   RING <doorbell> (agent, message) rings once per agent and call;
--   LINK <dependents> (position of the dependency's record, its id, id of the waiting task) adds a dependent;
--   SETTLED <dependents> (id) notes an ended task that has dependents; CLOSE <waiting> (position of the set of
--   classes, class) forgets a class without waiting tasks. Every other effect is a command of the server.
-- Returns: one verdict per item: applied, unblocks (applied, and others wait for it), duplicate (a new task that
--   exists), stale (not in the expected state), no-slot, no-inbox; or the single verdict not-leader.
-- Guard: term, then (state, epoch, seq), then inbox and slots. A repeated item finds its own `op` on the record and
--   answers `applied` again without writing.
local unpack = table.unpack or unpack
local leader, slots, resolve = KEYS[1], KEYS[2], KEYS[3]
local TERMINAL = { completed = true, failed = true, cancelled = true, expired = true }

if redis.call('HGET', leader, 'term') ~= ARGV[1] then
  return { 'not-leader' }
end

local function judge(record, state, epoch, seq, op, inbox, taker, capacity)
  if state ~= '' then
    local have = redis.call('HMGET', KEYS[record], 'state', 'epoch', 'seq', 'op')
    if op ~= '' and have[4] == op then
      return 'repeated'
    elseif state == 'none' then
      if have[1] then
        return 'duplicate'
      end
    elseif have[1] ~= state or have[2] ~= epoch or have[3] ~= seq then
      return 'stale'
    end
  end
  if inbox ~= 0 and redis.call('EXISTS', KEYS[inbox]) == 0 then
    return 'no-inbox'
  end
  if taker ~= '' then
    local used = tonumber(redis.call('HGET', slots, taker) or '0') or 0
    if used >= capacity then
      return 'no-slot'
    end
  end
  return 'applied'
end

local function giveBack(agent)
  if redis.call('HINCRBY', slots, agent, -1) <= 0 then
    redis.call('HDEL', slots, agent)
  end
end

local function link(dependents, record, dependency, waiter)
  redis.call('SADD', dependents, waiter)
  local state = redis.call('HGET', record, 'state')
  if not state or TERMINAL[state] then
    redis.call('SADD', resolve, dependency)
    return true
  end
end

local rung = {}

local function ring(doorbell, agent, message)
  if not rung[agent] then
    rung[agent] = true
    redis.call('XADD', doorbell, '*', 'm', message)
  end
end

-- Returns true when a dependent can be seen to.
local function perform(command, key, from, to)
  if command == 'COUNT' then
    if redis.call('EXISTS', key) == 1 then
      redis.call('HINCRBY', key, ARGV[from], ARGV[from + 1])
    end
  elseif command == 'RING' then
    ring(key, ARGV[from], ARGV[from + 1])
  elseif command == 'LINK' then
    return link(key, KEYS[tonumber(ARGV[from])], ARGV[from + 1], ARGV[from + 2])
  elseif command == 'SETTLED' then
    if redis.call('EXISTS', key) == 1 then
      redis.call('SADD', resolve, ARGV[from])
      return true
    end
  elseif command == 'CLOSE' then
    if redis.call('EXISTS', key) == 0 then
      redis.call('SREM', KEYS[tonumber(ARGV[from])], ARGV[from + 1])
    end
  else
    redis.call(command, key, unpack(ARGV, from, to))
  end
end

local verdicts = {}
local at = 3
for item = 1, tonumber(ARGV[2]) do
  local record, state, epoch, seq, op, inbox, taker, capacity, giver, effects = unpack(ARGV, at, at + 9)
  at = at + 10
  local verdict =
    judge(tonumber(record), state, epoch, seq, op, tonumber(inbox), taker, tonumber(capacity))
  local write = verdict == 'applied'
  for _ = 1, tonumber(effects) do
    local count = tonumber(ARGV[at + 2])
    if write and perform(ARGV[at], KEYS[tonumber(ARGV[at + 1])], at + 3, at + 2 + count) then
      verdict = 'unblocks'
    end
    at = at + 3 + count
  end
  if write and giver ~= '' then
    giveBack(giver)
  end
  if write and taker ~= '' then
    redis.call('HINCRBY', slots, taker, 1)
  end
  verdicts[item] = verdict == 'repeated' and 'applied' or verdict
end
return verdicts
