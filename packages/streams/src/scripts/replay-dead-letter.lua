-- replay-dead-letter
-- Purpose: puts a dead letter back on the stream it came from, with its attempts so far, to be tried anew.
-- KEYS: stream, its dead letters, where the replay is remembered; then every stream that is told of it.
-- ARGV: entry id of the dead letter, '1' to send it to the group that gave it up only, what its history gets (JSON),
--   ms the replay is remembered; then what each of the streams is told.
-- Returns: {'replayed' | 'repeated', entry id of the message on the stream}, {'unknown'} if the dead letter is not
--   there, {'no_stream'} if the stream is gone.
-- Guard: the dead letter is removed, and the replay remembered, in the run that appends the message: a repeat finds
--   that it was done.

local stream, dead_letters, remembered = KEYS[1], KEYS[2], KEYS[3]
local known = redis.call('GET', remembered)
if known then return { 'repeated', known } end
local entry = redis.call('XRANGE', dead_letters, ARGV[1], ARGV[1])[1]
if not entry then return { 'unknown' } end
if redis.call('EXISTS', stream) == 0 then return { 'no_stream' } end

local fields = {}
for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
local attempts = string.match(fields['h'] or '', '^%[(.+)%]$')
local history = '[' .. (attempts and attempts .. ',' or '') .. ARGV[3] .. ']'
local id
if ARGV[2] == '1' and fields['group'] then
  id = redis.call('XADD', stream, '*', 'm', fields['m'], 'h', history, 'g', fields['group'])
else
  id = redis.call('XADD', stream, '*', 'm', fields['m'], 'h', history)
end
for i = 4, #KEYS do redis.call('XADD', KEYS[i], '*', 'm', ARGV[i + 1]) end
redis.call('SET', remembered, id, 'PX', ARGV[4])
redis.call('XDEL', dead_letters, ARGV[1])
return { 'replayed', id }
