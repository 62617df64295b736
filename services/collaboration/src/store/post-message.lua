-- post-message
-- Purpose: posts a message to the next of its recipients; makes the message's record with the first of them.
-- KEYS: the message, its receipts, messages, holders, events feed, doorbell feed, expiring; then for each recipient two keys:
--   its inbox, its queued messages.
-- ARGV: message id, recipients posted to before, head, plan, total, sent at (server ms), ms the record is kept, most
--   queued messages of an agent, number of recipients, when it expires (server ms, '' =
--   never); then for each recipient: agent id, receipt, inbox message, ring,
--   event.
-- Returns: {-1, posted} if another number of recipients has been posted to; else {0, code*}, for each recipient
--   0 = queued, 1 = it has no inbox (any more), 2 = too many messages are queued for it, 3 = the message has expired; after
--   1, 2 and 3 nothing was posted and the receipt waits to be settled as undeliverable or expired.
-- Guard: the number posted to before, which the same call raises; a repeat finds it raised and posts nothing.

local message, receipts, messages, holders, events, doorbell, expiring =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local id, before, sent_ms, keep_ms = ARGV[1], ARGV[2], ARGV[6], ARGV[7]
local queued_max, count, expires_ms = tonumber(ARGV[8]), tonumber(ARGV[9]), ARGV[10]
local expired = false
if expires_ms ~= '' then
  local time = redis.call('TIME')
  expired = tonumber(expires_ms) <= tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local posted = redis.call('HGET', message, 'posted') or '0'
if posted ~= before then return { -1, posted } end
if before == '0' then
  redis.call('HSET', message, 'head', ARGV[3], 'plan', ARGV[4], 'total', ARGV[5])
  redis.call('ZADD', messages, sent_ms, id)
end

local answer = { 0 }
for i = 1, count do
  local inbox, queued = KEYS[6 + 2 * i], KEYS[7 + 2 * i]
  local at = 5 * i + 5
  local agent_id, receipt = ARGV[at + 1], ARGV[at + 2]
  redis.call('HSET', receipts, agent_id, receipt)
  local code = 0
  if expired then
    code = 3
  elseif redis.call('EXISTS', inbox) == 0 then
    code = 1
  elseif redis.call('ZCARD', queued) >= queued_max then
    code = 2
  else
    redis.call('XADD', inbox, '*', 'm', ARGV[at + 3])
    redis.call('XADD', doorbell, '*', 'm', ARGV[at + 4])
    redis.call('XADD', events, '*', 'm', ARGV[at + 5])
  end
  redis.call('ZADD', queued, sent_ms, id)
  redis.call('PEXPIRE', queued, keep_ms)
  redis.call('ZADD', holders, sent_ms, agent_id)
  if expires_ms ~= '' then redis.call('ZADD', expiring, expires_ms, id .. '|' .. agent_id) end
  answer[i + 1] = code
end

local now_posted = tonumber(before) + count
redis.call('HSET', message, 'posted', string.format('%.0f', now_posted))
if now_posted >= tonumber(ARGV[5]) then redis.call('HDEL', message, 'plan') end
redis.call('PEXPIRE', message, keep_ms)
redis.call('PEXPIRE', receipts, keep_ms)
return answer
