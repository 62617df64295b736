-- take-slot
-- Purpose: takes, or renews, the first consumer name that is free or already held by the same instance.
-- KEYS: the leases of the candidate names, in order of preference.
-- ARGV: instance, ttl ms.
-- Returns: index of the name taken, from 0; -1 if others hold all of them.
-- Guard: a lease held by another instance is never touched; a repeat finds the own lease and extends it.

local instance, ttl_ms = ARGV[1], ARGV[2]
for i = 1, #KEYS do
  local holder = redis.call('GET', KEYS[i])
  if not holder or holder == instance then
    redis.call('SET', KEYS[i], instance, 'PX', ttl_ms)
    return i - 1
  end
end
return -1
