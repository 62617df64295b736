-- reserve-ids
-- Purpose: reserves ids under idempotency keys: the first request of a key decides its id and body, later ones learn it.
-- KEYS: one key for each reservation.
-- ARGV: time to live in ms; then for each key the value it gets if it is free: `<id> <hash of the body>`.
-- Returns: for each key the value it holds now.
-- Guard: a key that holds a value keeps it, so a repeat changes nothing.

local ttl_ms = ARGV[1]
local values = {}
for i = 1, #KEYS do
  local held = redis.call('GET', KEYS[i])
  if held then
    values[i] = held
  else
    redis.call('SET', KEYS[i], ARGV[i + 1], 'PX', ttl_ms)
    values[i] = ARGV[i + 1]
  end
end
return values
