-- trim-acknowledged
-- Purpose: removes from a work stream what every declared group has acknowledged.
-- KEYS: stream.
-- ARGV: most entries to remove, declared groups.
-- Returns: entries removed, or -1 if a declared group is missing.
-- Guard: nothing is removed that a declared group has not read or has pending; a repeat removes what is left.

local stream, limit = KEYS[1], tonumber(ARGV[1])
if redis.call('EXISTS', stream) == 0 then return 0 end

-- The fields of a group, from the flat list of XINFO.
local groups = {}
for _, row in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  local group = {}
  for i = 1, #row, 2 do group[row[i]] = row[i + 1] end
  groups[group['name']] = group
end

local function split(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(seq)
end

local function older(a, b)
  local a_ms, a_seq = split(a)
  local b_ms, b_seq = split(b)
  if a_ms ~= b_ms then return a_ms < b_ms end
  return a_seq < b_seq
end

-- The oldest id that must stay for any declared group.
local keep_from
for i = 2, #ARGV do
  local group = groups[ARGV[i]]
  if not group then return -1 end
  local from
  if tonumber(group['pending']) > 0 then
    from = redis.call('XPENDING', stream, ARGV[i])[2]
  else
    from = group['last-delivered-id']
    local ms, seq = split(from)
    -- Beyond what a double counts exactly, the last delivered entry itself stays.
    if seq < 9007199254740991 then from = string.format('%.0f-%.0f', ms, seq + 1) end
  end
  if not keep_from or older(from, keep_from) then keep_from = from end
end
if not keep_from then return -1 end

-- Whole nodes first, in bounded steps; the exact cut when less than a node is left.
local removed = tonumber(redis.call('XTRIM', stream, 'MINID', '~', keep_from, 'LIMIT', limit))
if removed == 0 then removed = tonumber(redis.call('XTRIM', stream, 'MINID', '=', keep_from)) end
return removed
