-- publish-request
-- Purpose: sends a request, and makes sure that the stream its answer comes on exists and lives long enough.
-- KEYS: reply stream of the requester, stream the request goes to.
-- ARGV: life of the reply stream ms, last answer read (entry id), request.
-- Returns: entry id of the marker if the reply stream was created now, else ''.
-- Guard: a repeat appends the request again; what it asks for is idempotent by the request's id.

local replies, target = KEYS[1], KEYS[2]
local ttl_ms, last_read, request = ARGV[1], ARGV[2], ARGV[3]
local marker = ''
if redis.call('EXISTS', replies) == 0 then
  marker = redis.call('XADD', replies, '*', 'm', '')
else
  redis.call('XTRIM', replies, 'MINID', last_read)
end
redis.call('PEXPIRE', replies, ttl_ms)
redis.call('XADD', target, '*', 'm', request)
return marker
