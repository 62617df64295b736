-- schedule-message
-- Purpose: keeps a message until its time: its record, and the request that posts it among the delayed messages of the
--   stream, whose promoter puts it there by server time.
-- KEYS: the message, messages, the stream's delayed set, its delayed bodies.
-- ARGV: message id, head, request, when it is due (server ms), ms the record is kept from now on, most delayed messages.
-- Returns: 1 = scheduled, 0 = there is a record of it, -1 = too many wait already.
-- Guard: the record, which the same call makes; a repeat finds it and changes nothing.

local message, messages, delayed, bodies = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, head, request, due_ms, keep_ms, max = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
if redis.call('EXISTS', message) == 1 then return 0 end
if redis.call('ZCARD', delayed) >= max then return -1 end
local member = 'message|' .. id
redis.call('HSET', message, 'head', head, 'total', '0', 'posted', '0')
redis.call('PEXPIRE', message, keep_ms)
-- By its time: what waits is not the oldest.
redis.call('ZADD', messages, due_ms, id)
redis.call('HSET', bodies, member .. '|m', request, member .. '|h', '[]', member .. '|g', '')
redis.call('ZADD', delayed, due_ms, member)
return 1
