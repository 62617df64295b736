-- trim-feed
-- Purpose: removes from a feed what is too old or too much, by the server's clock, but never its newest entry.
-- KEYS: stream.
-- ARGV: most entries to remove, greatest age ms ('' for any), greatest length ('' for any).
-- Returns: entries removed.
-- Guard: a repeat removes what is left; the newest entry stays, by which readers see that they missed nothing.

local stream, limit, max_age_ms, max_length = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
if not newest then return 0 end

local removed = 0
local function trim(strategy, threshold)
  local some = tonumber(redis.call('XTRIM', stream, strategy, '~', threshold, 'LIMIT', limit))
  if some == 0 then some = tonumber(redis.call('XTRIM', stream, strategy, '=', threshold)) end
  removed = removed + some
end

if max_age_ms ~= '' then
  local time = redis.call('TIME')
  local now_ms = math.floor(tonumber(time[1])) * 1000 + math.floor(tonumber(time[2]) / 1000)
  local oldest_ms = now_ms - tonumber(max_age_ms)
  local newest_ms = tonumber(string.match(newest[1], '^(%d+)-'))
  if newest_ms < oldest_ms then
    trim('MINID', newest[1])
  else
    trim('MINID', string.format('%.0f', oldest_ms))
  end
end
if max_length ~= '' and tonumber(max_length) >= 1 then trim('MAXLEN', max_length) end
return removed
