/**
 * One Lua script for all commands: each is atomic, and returns the state after it. All keys are in one slot. It uses
 * only what Redis 5 and Valkey 7.2 have.
 */
import { createHash } from "node:crypto"

export interface Script {
  readonly text: string
  /** By which Redis knows it. */
  readonly digest: string
}

export const scriptOf = (text: string): Script => ({ text, digest: createHash("sha1").update(text).digest("hex") })

export const script = scriptOf(`
local session, lease, counters, members, signInError = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local op, me, channel = ARGV[1], ARGV[2], ARGV[3]
local memberLife, recordLife = tonumber(ARGV[4]), tonumber(ARGV[5])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function text(number) return string.format('%.0f', number) end
local ok = 1

local function owner() return redis.call('GET', lease) end
local function isHeld() local o = owner() return o and o ~= me end
local function isMine() return owner() == me end
local function count(field) return tonumber(redis.call('HGET', counters, field) or '') or 0 end
local function set(field, value)
  redis.call('HSET', counters, field, text(value))
  redis.call('PEXPIRE', counters, recordLife)
end
-- Not by HINCRBY, which fails for ever on a value that is no number.
local function increment(field) set(field, count(field) + 1) end
local function settle() if count('settled') < count('taken') then increment('settled') end end
-- A user who may not publish shares the session too: members also poll. An error here would end the script halfway.
local function publish() redis.pcall('PUBLISH', channel, op) end
-- The site of a member is behind its name.
local function siteOf(member) return string.match(member, ':(.*)$') end
local function generation() return redis.call('HGET', session, 'generation') end

local function keep()
  for _, key in ipairs({ session, counters, members }) do redis.call('PEXPIRE', key, recordLife) end
end

local function prune()
  redis.call('ZREMRANGEBYSCORE', members, '-inf', text(now))
end

local function beat()
  -- Until when, because each member has a heartbeat of its own.
  redis.call('ZADD', members, text(now + memberLife), me)
  prune()
  keep()
end

local function take(millis)
  if isMine() then settle() end
  -- From the time, so that no lease has the number of one before a loss of data.
  if count('taken') == 0 then
    set('taken', now)
    set('settled', now)
  end
  redis.call('SET', lease, me, 'PX', millis)
  increment('taken')
end

local function put(generation, box, renewIn, fence)
  local renewAt = ''
  if renewIn ~= '' then renewAt = text(now + tonumber(renewIn)) end
  redis.call('HSET', session, 'generation', generation, 'box', box, 'renewAt', renewAt, 'closing', '0', 'fence', fence)
  keep()
  publish()
end

if op == 'beat' then
  beat()
elseif op == 'take' then
  beat()
  if isHeld() then ok = 0 else take(ARGV[6]) end
elseif op == 'extend' then
  if isMine() and count('taken') == tonumber(ARGV[6]) then redis.call('PEXPIRE', lease, ARGV[7]) else ok = 0 end
elseif op == 'write' then
  local lost = count('taken') == 0 and redis.call('EXISTS', session) == 0
  if generation() == ARGV[7] then
    -- The response to the first one was lost.
    ok = 1
  elseif isHeld() or not (lost or count('taken') == tonumber(ARGV[6])) then
    ok = 0
  else
    if lost then
      set('taken', tonumber(ARGV[6]))
      set('settled', tonumber(ARGV[6]) - 1)
    end
    put(ARGV[7], ARGV[8], ARGV[9], ARGV[6])
    if ARGV[10] ~= '' then redis.call('HSET', session, 'expired', ARGV[10], 'expiredAt', text(now)) end
    settle()
    if ARGV[11] == '1' then settle() end
    redis.call('DEL', lease, signInError)
  end
elseif op == 'release' then
  local isOwn = isMine() and count('taken') == tonumber(ARGV[6])
  -- First, because a Redis without memory refuses what follows.
  if isOwn then redis.call('DEL', lease) end
  if ARGV[7] == '1' then settle() end
  if isOwn then
    if ARGV[8] ~= '' then redis.call('SET', signInError, ARGV[8], 'PX', ARGV[9]) end
    publish()
  else
    ok = 0
  end
elseif op == 'restore' then
  local current = generation()
  local isOfLease = ARGV[10] ~= '' and count('taken') == tonumber(ARGV[10])
  if current == ARGV[6] then
    -- A write whose response was lost.
    ok = 1
  elseif (owner() and not (isMine() and isOfLease)) or (current and current ~= ARGV[9]) then
    ok = 0
  else
    put(ARGV[6], ARGV[7], ARGV[8], text(count('taken')))
    if isOfLease then
      settle()
      redis.call('DEL', lease)
    end
  end
elseif op == 'leave' then
  redis.call('ZREM', members, me)
  prune()
  if redis.call('ZCARD', members) > 0 or isHeld() or redis.call('EXISTS', session) == 0 then
    ok = 0
  else
    take(ARGV[6])
    redis.call('HSET', session, 'closing', '1')
    keep()
  end
elseif op == 'quit' then
  redis.call('ZREM', members, me)
elseif op == 'forget' then
  if isMine() and count('taken') == tonumber(ARGV[6]) then
    redis.call('DEL', session, lease)
    settle()
    publish()
  else
    ok = 0
  end
end

if op == 'settle' then
  if owner() or redis.call('EXISTS', session) == 1 then ok = 0 else set('settled', count('taken')) end
end

local fields = redis.call('HMGET', session, 'generation', 'box', 'renewAt', 'closing', 'fence', 'expired', 'expiredAt')
for i = 1, 7 do fields[i] = fields[i] or '' end
local alive, elsewhere = 0, 0
for _, member in ipairs(redis.call('ZRANGEBYSCORE', members, '(' .. text(now), '+inf')) do
  alive = alive + 1
  if siteOf(member) ~= siteOf(me) then elsewhere = elsewhere + 1 end
end
local holder = owner()
local held = 'free'
if holder then held = holder == me and 'mine' or 'other' end
return {
  tostring(ok), text(now), fields[1], fields[2], fields[3], fields[4], fields[5], fields[6], fields[7],
  text(alive), text(elsewhere), held,
  text(count('taken')), text(count('settled')), redis.call('GET', signInError) or ''
}
`)
