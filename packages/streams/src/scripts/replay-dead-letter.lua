-- replay-dead-letter
-- Purpose: puts a dead letter back on the stream it came from, with its attempts forgotten.
-- KEYS: stream, its dead letters.
-- ARGV: entry id of the dead letter, '1' to send it to the group that gave it up only.
-- Returns: entry id of the message on the stream, '' if the dead letter is not there.
-- Guard: the dead letter is removed in the run that appends the message, so a repeat finds none.

local stream, dead_letters = KEYS[1], KEYS[2]
local entry = redis.call('XRANGE', dead_letters, ARGV[1], ARGV[1])[1]
if not entry then return '' end
local fields = {}
for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
local id
if ARGV[2] == '1' and fields['group'] then
  id = redis.call('XADD', stream, '*', 'm', fields['m'], 'g', fields['group'])
else
  id = redis.call('XADD', stream, '*', 'm', fields['m'])
end
redis.call('XDEL', dead_letters, ARGV[1])
return id
