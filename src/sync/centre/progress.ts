/**
 * How far each sink is, told in Redis: entries acknowledged, the watermark moved, the streams trimmed behind the slowest.
 * The watermark covers what is stored without a gap and not what a copy has taken and not written yet.
 */

import type { SiteKeys } from '../keys.ts';
import type { Position } from './coverage.ts';
import { listOf, pairsOf, type RedisLink, textOf } from './redis-link.ts';

/** Whether one ID comes before another; numbers of 64 bits are compared as text, Lua's would round them. */
const LESS = `
local function less(a, b)
  local ae, as = string.match(a, '^(%d+)%-(%d+)$')
  local be, bs = string.match(b, '^(%d+)%-(%d+)$')
  if #ae ~= #be then return #ae < #be end
  if ae ~= be then return ae < be end
  if #as ~= #bs then return #as < #bs end
  return as < bs
end
`;

/**
 * KEYS[1] log, KEYS[2] watermarks. ARGV[1] group, ARGV[2] the greatest ID stored without a gap. What is pending with any
 * copy holds it back, to the entry in front. It never goes back. Answers the watermark.
 */
const ADVANCE = `${LESS}local mark = ARGV[2]
local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1])
if pending.err then return redis.error_reply(pending.err) end
if pending[1] > 0 and not less(mark, pending[2]) then
  local before = redis.call('XREVRANGE', KEYS[1], '(' .. pending[2], '-', 'COUNT', 1)
  if #before == 0 then mark = '0-0' else mark = before[1][1] end
end
local old = redis.call('HGET', KEYS[2], ARGV[1])
if old and string.match(old, '^%d+%-%d+$') and not less(old, mark) then return old end
if mark == '0-0' then return mark end
redis.call('HSET', KEYS[2], ARGV[1], mark)
return mark
`;

/** KEYS[1] watermarks. ARGV[1] group, ARGV[2] the watermark as it was seen, ARGV[3] what it becomes, '' for none. Answers 1 when it was still that. */
const PUT_BACK = `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
if ARGV[3] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) else redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
return 1
`;

/**
 * KEYS[1] log, KEYS[2] watermarks, KEYS[3] events. ARGV[1] an ID. Trims what lies before it and before the smallest watermark of
 * all consumer groups; a group that has none keeps everything. Answers how many entries went.
 */
const TRIM = `${LESS}local groups = redis.pcall('XINFO', 'GROUPS', KEYS[1])
if groups.err or #groups == 0 then return 0 end
local smallest = ARGV[1]
for _, group in ipairs(groups) do
  local name = nil
  for i = 1, #group, 2 do if group[i] == 'name' then name = group[i + 1] end end
  local mark = name and redis.call('HGET', KEYS[2], name)
  if not mark or not string.match(mark, '^%d+%-%d+$') then return 0 end
  if less(mark, smallest) then smallest = mark end
end
local gone = redis.call('XTRIM', KEYS[1], 'MINID', smallest)
if redis.call('EXISTS', KEYS[3]) == 1 then gone = gone + redis.call('XTRIM', KEYS[3], 'MINID', smallest) end
return gone
`;

/**
 * KEYS[1] again, KEYS[2] log. Trims what every group of the log has read there and acknowledged; a group that has not begun
 * keeps everything. Answers how many entries went.
 */
const TRIM_AGAIN = `${LESS}local function groups(key)
  local found = {}
  local list = redis.pcall('XINFO', 'GROUPS', key)
  if list.err then return found end
  for _, group in ipairs(list) do
    local fields = {}
    for i = 1, #group, 2 do fields[group[i]] = group[i + 1] end
    found[fields['name']] = fields
  end
  return found
end
local smallest = nil
local there = groups(KEYS[1])
for name in pairs(groups(KEYS[2])) do
  if not there[name] then return 0 end
end
for name, group in pairs(there) do
  local ms, n = string.match(group['last-delivered-id'], '^(%d+)%-(%d+)$')
  local mark = ms .. '-' .. string.format('%.0f', tonumber(n) + 1)
  if group['pending'] > 0 then mark = redis.call('XPENDING', KEYS[1], name)[2] end
  if not smallest or less(mark, smallest) then smallest = mark end
end
if not smallest then return 0 end
return redis.call('XTRIM', KEYS[1], 'MINID', smallest)
`;

const ACK_AT_ONCE = 1_000;

/** Acknowledges entries of one stream. */
export async function acknowledge(
  redis: RedisLink,
  stream: string,
  group: string,
  ids: readonly string[],
): Promise<void> {
  for (let at = 0; at < ids.length; at += ACK_AT_ONCE) {
    await redis.call('XACK', stream, group, ...ids.slice(at, at + ACK_AT_ONCE));
  }
}

/** Moves the watermark of `group` up to `mark`, less where entries are still with a copy. */
export async function advanceWatermark(
  redis: RedisLink,
  keys: SiteKeys,
  group: string,
  mark: Position,
): Promise<void> {
  await redis.run(ADVANCE, [keys.log, keys.watermark], [group, `${mark.epoch}-${mark.seq}`]);
}

/** Takes the watermark of `group` back to `mark`, where it still is what it `was`. */
export async function putBackWatermark(
  redis: RedisLink,
  keys: SiteKeys,
  group: string,
  was: Position,
  mark: Position | undefined,
): Promise<void> {
  const text = (position: Position | undefined) => (position ? `${position.epoch}-${position.seq}` : '');
  await redis.run(PUT_BACK, [keys.watermark], [group, text(was), text(mark)]);
}

/** Trims the site's streams behind the slowest group, and not beyond `mark`. Gives how many entries went. */
export async function trimSite(redis: RedisLink, keys: SiteKeys, mark: Position): Promise<number> {
  const upTo = `${mark.epoch}-${mark.seq}`;
  return Number(textOf(await redis.run(TRIM, [keys.log, keys.watermark, keys.events], [upTo])));
}

/** Trims records sent again that every group has made durable. Gives how many entries went. */
export async function trimAgain(redis: RedisLink, keys: SiteKeys): Promise<number> {
  return Number(textOf(await redis.run(TRIM_AGAIN, [keys.again, keys.log], [])));
}

/** '1-500'; undefined for what is no ID. */
export function positionOf(text: string): Position | undefined {
  const match = /^(\d{1,16})-(\d{1,16})$/.exec(text);
  return match ? { epoch: Number(match[1]), seq: Number(match[2]) } : undefined;
}

/** The watermarks of all groups of a site. */
export async function readWatermarks(
  redis: RedisLink,
  keys: SiteKeys,
): Promise<ReadonlyMap<string, Position>> {
  const pairs = pairsOf(await redis.call('HGETALL', keys.watermark));
  return new Map(
    [...pairs].flatMap(([group, id]) => {
      const position = positionOf(textOf(id));
      return position ? [[group, position] as const] : [];
    }),
  );
}

/** Names of the consumer groups of a stream; none when there is no stream. */
export async function groupsOf(redis: RedisLink, stream: string): Promise<readonly string[]> {
  const groups = await redis.call('XINFO', 'GROUPS', stream);
  return listOf(groups).map((group) => textOf(pairsOf(group).get('name')));
}
