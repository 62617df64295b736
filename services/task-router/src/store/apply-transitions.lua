-- apply-transitions
-- Purpose: writes a batch of task transitions. Each item is written whole (record, history, indexes, slots, outgoing
--   messages) or not at all, independently of the others.
-- KEYS: leader (HASH, field `term`), slots (HASH agent id -> slots in use), resolve (SET of ended tasks that have
--   dependents), the indexes of all tasks in the order of `places` (ZSETs of task ids), feed of changes (STREAM), completed
--   tasks (STREAM), then whatever the items name, by position.
-- ARGV: term of the caller, number of items, the message for the feed up to its list of changes, what follows the list,
--   the same two for the message of completed tasks; each item is then
--     task       id of the task it is about, '' for none
--     record     position of its record's key, 0 for none
--     state      expected state; 'none': must not exist; '': not looked at
--     epoch      expected epoch
--     seq        expected sequence number
--     op         what the record will remember as its last write; '' for a write that leaves no mark
--     inbox      position of a stream (or another key) that must exist, 0 for none
--     taker      agent that gets a slot taken, '' for none
--     capacity   slots the taker has
--     giver      agent that gets a slot back, '' for none
--     places     four: '' where the task stays as it is, '-' where it is taken out, else its new score
--     changes    JSON objects for the feed, joined by commas; '' for none
--     completed  JSON object for the completed tasks; '' for none
--     fields     number of fields and values that the record is given, then these
--     effects    number of effects; each is: command, position of its key, number of arguments, arguments.
--   COUNT <record> (field, number) adds to a number of a record that exists;
--   RING <doorbell> (agent, message) rings once per agent and call;
--   LINK <dependents> (position of the dependency's record, its id, id of the waiting task) adds a dependent; with a
--   fourth argument, whatever it is, the dependency may not have a record yet, and is waited for;
--   SETTLED <dependents> (id) notes an ended task that has dependents; CLOSE <waiting> (position of the set of
--   classes, class) forgets a class without waiting tasks. Every other effect is a command of the server.
-- Returns: one verdict per item: applied, unblocks (applied, and others wait for it), duplicate (a new task that
--   exists), stale (not in the expected state), no-slot, no-inbox; or the single verdict not-leader.
-- Guard: term, then (state, epoch, seq), then inbox and slots. A repeated item finds its own `op` on the record and
--   answers `applied` again without writing.
-- What all items have in common (indexes, slots, the feed, completed tasks) is gathered and written once, at the end.
local unpack = table.unpack or unpack
local leader, slots, resolve = KEYS[1], KEYS[2], KEYS[3]
local PLACES, FEED, COMPLETED = 4, 8, 9
local TERMINAL = { completed = true, failed = true, cancelled = true, expired = true }
-- Values on the stack of one call at most: Lua's limit is about 8,000.
local UNPACK_MAX = 4000

if redis.call('HGET', leader, 'term') ~= ARGV[1] then
  return { 'not-leader' }
end

local used, usedBefore = {}, {}

local function slotsOf(agent)
  if not used[agent] then
    used[agent] = tonumber(redis.call('HGET', slots, agent) or '0') or 0
    usedBefore[agent] = used[agent]
  end
  return used[agent]
end

local inboxes = {}

local function isThere(inbox)
  if inboxes[inbox] == nil then
    inboxes[inbox] = redis.call('EXISTS', KEYS[inbox]) == 1
  end
  return inboxes[inbox]
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
  if inbox ~= 0 and not isThere(inbox) then
    return 'no-inbox'
  end
  if taker ~= '' and slotsOf(taker) >= capacity then
    return 'no-slot'
  end
  return 'applied'
end

local function link(dependents, record, dependency, waiter, missing)
  redis.call('SADD', dependents, waiter)
  local state = redis.call('HGET', record, 'state')
  if (not state and not missing) or TERMINAL[state] then
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
    return link(key, KEYS[tonumber(ARGV[from])], ARGV[from + 1], ARGV[from + 2], to > from + 2)
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

-- Per index: task id -> its score, or '-'. The last word on a task counts.
local places = { {}, {}, {}, {} }

local function place(task, from)
  for i = 1, 4 do
    local score = ARGV[from + i - 1]
    if score ~= '' then
      places[i][task] = score
    end
  end
end

-- In parts of as many arguments as Lua can pass.
local function callFor(command, key, args)
  for from = 1, #args, UNPACK_MAX do
    redis.call(command, key, unpack(args, from, math.min(from + UNPACK_MAX - 1, #args)))
  end
end

local function writePlaces()
  for i, tasks in ipairs(places) do
    local key = KEYS[PLACES + i - 1]
    local added, removed = {}, {}
    for task, score in pairs(tasks) do
      if score == '-' then
        removed[#removed + 1] = task
      else
        added[#added + 1] = score
        added[#added + 1] = task
      end
    end
    callFor('ZADD', key, added)
    callFor('ZREM', key, removed)
  end
end

local function writeSlots()
  local counted, free = {}, {}
  for agent, count in pairs(used) do
    if count ~= usedBefore[agent] then
      if count <= 0 then
        free[#free + 1] = agent
      else
        counted[#counted + 1] = agent
        counted[#counted + 1] = count
      end
    end
  end
  callFor('HSET', slots, counted)
  callFor('HDEL', slots, free)
end

local verdicts, changes, completed = {}, {}, {}
local at = 7
for item = 1, tonumber(ARGV[2]) do
  local task, record, state, epoch, seq, op, inbox, taker, capacity, giver = unpack(ARGV, at, at + 9)
  record = tonumber(record)
  local verdict = judge(record, state, epoch, seq, op, tonumber(inbox), taker, tonumber(capacity))
  local write = verdict == 'applied'
  local fields = tonumber(ARGV[at + 16])
  if write then
    place(task, at + 10)
    if ARGV[at + 14] ~= '' then
      changes[#changes + 1] = ARGV[at + 14]
    end
    if ARGV[at + 15] ~= '' then
      completed[#completed + 1] = ARGV[at + 15]
    end
    if fields > 0 then
      redis.call('HSET', KEYS[record], unpack(ARGV, at + 17, at + 16 + fields))
    end
    if giver ~= '' then
      used[giver] = math.max(0, slotsOf(giver) - 1)
    end
    if taker ~= '' then
      used[taker] = slotsOf(taker) + 1
    end
  end
  local effects = tonumber(ARGV[at + 17 + fields])
  at = at + 18 + fields
  for _ = 1, effects do
    local count = tonumber(ARGV[at + 2])
    if write and perform(ARGV[at], KEYS[tonumber(ARGV[at + 1])], at + 3, at + 2 + count) then
      verdict = 'unblocks'
    end
    at = at + 3 + count
  end
  verdicts[item] = verdict == 'repeated' and 'applied' or verdict
end
writePlaces()
writeSlots()
if #changes > 0 then
  redis.call('XADD', KEYS[FEED], '*', 'm', ARGV[3] .. table.concat(changes, ',') .. ARGV[4])
end
if #completed > 0 then
  redis.call('XADD', KEYS[COMPLETED], '*', 'm', ARGV[5] .. table.concat(completed, ',') .. ARGV[6])
end
return verdicts
