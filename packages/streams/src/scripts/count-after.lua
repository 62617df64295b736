-- count-after
-- Purpose: counts a step of the entries behind an id, so that their bodies need not leave the server.
-- KEYS: stream.
-- ARGV: the first id that counts, most entries to count.
-- Returns: entries counted, id of the first of them, id of the last; two empty ids if there are none.
-- Guard: reads only.

local entries = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])
if #entries == 0 then return { 0, '', '' } end
return { #entries, entries[1][1], entries[#entries][1] }
