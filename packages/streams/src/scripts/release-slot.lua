-- release-slot
-- Purpose: gives a consumer name back.
-- KEYS: the lease.
-- ARGV: instance.
-- Returns: 1 if it was given back, 0 if another instance holds it or nobody.
-- Guard: only the holder's own lease is deleted; a repeat finds none.

if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
