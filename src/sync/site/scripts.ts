/**
 * The Lua scripts the centre runs for us, one key each (so any Redis Cluster slot will do). Redis 6.2 to 7 and Valkey.
 * A refusal inside a script is answered as a value or handed on with its own code, never wrapped as a script error.
 */
import { createHash } from 'node:crypto';

export interface Script {
  readonly lua: string;
  readonly sha: string;
}

function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/** Goes on only where the stream's last ID is the one expected, ARGV[1]; leaves it in `last`. */
const ONLY_BEHIND_EXPECTED = `
local last = '0-0'
if redis.call('EXISTS', KEYS[1]) == 1 then
  local info = redis.pcall('XINFO', 'STREAM', KEYS[1])
  if info.err then return {0, '', info.err} end
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = info[i + 1] end
  end
end
if last ~= ARGV[1] then return {0, last, ''} end
`;

/**
 * KEYS[1] the stream. ARGV[1] the last ID expected, then five a record: ID, time, kind, device ('' for none), body. Answers {landed, last ID, error}.
 * Stops at the first refusal: what landed is a prefix. last-generated-id survives trimming, unlike the last entry.
 */
export const APPEND = script(`${ONLY_BEHIND_EXPECTED}
local landed = 0
for i = 2, #ARGV, 5 do
  local answer
  if ARGV[i + 3] == '' then
    answer = redis.pcall('XADD', KEYS[1], ARGV[i], 'v', '1', 'time', ARGV[i + 1], 'kind', ARGV[i + 2], 'body', ARGV[i + 4])
  else
    answer = redis.pcall('XADD', KEYS[1], ARGV[i], 'v', '1', 'time', ARGV[i + 1], 'kind', ARGV[i + 2],
      'device', ARGV[i + 3], 'body', ARGV[i + 4])
  end
  if type(answer) == 'table' and answer.err then return {landed, last, answer.err} end
  landed = landed + 1
  last = ARGV[i]
end
return {landed, last, ''}
`);

/**
 * The same with six a record: behind the body its traceparent, '' for none. Only for batches in which a record is traced: the
 * line pays for it.
 */
export const APPEND_TRACED = script(`${ONLY_BEHIND_EXPECTED}
local landed = 0
for i = 2, #ARGV, 6 do
  local fields = {'v', '1', 'time', ARGV[i + 1], 'kind', ARGV[i + 2]}
  local function add(name, value)
    if value ~= '' then
      fields[#fields + 1] = name
      fields[#fields + 1] = value
    end
  end
  add('device', ARGV[i + 3])
  add('body', ARGV[i + 4])
  add('traceparent', ARGV[i + 5])
  local answer = redis.pcall('XADD', KEYS[1], ARGV[i], unpack(fields))
  if type(answer) == 'table' and answer.err then return {landed, last, answer.err} end
  landed = landed + 1
  last = ARGV[i]
end
return {landed, last, ''}
`);

/**
 * KEYS[1] the stream. ARGV the last ID expected, the block's ID, then its fields. Answers as `APPEND` does, where what landed
 * is one block or none.
 */
export const APPEND_BLOCK = script(`${ONLY_BEHIND_EXPECTED}
local answer = redis.pcall('XADD', KEYS[1], unpack(ARGV, 2))
if type(answer) == 'table' and answer.err then return {0, last, answer.err} end
return {1, ARGV[2], ''}
`);

/**
 * KEYS[1] the stream of newest readings. ARGV[1] about how many entries it keeps, then five a reading as for APPEND, IDs growing.
 * Answers the error reply that stopped it, '' for none. An ID that the stream is past already is left out: it shows a newer one.
 */
export const SHOW = script(`
for i = 2, #ARGV, 5 do
  local answer = redis.pcall('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], ARGV[i], 'v', '1', 'time', ARGV[i + 1], 'kind', ARGV[i + 2],
    'device', ARGV[i + 3], 'body', ARGV[i + 4], 'live', '1')
  if type(answer) == 'table' and answer.err and not string.find(answer.err, 'equal or smaller', 1, true) then return answer.err end
end
return ''
`);

/**
 * KEYS[1] the register of epochs. ARGV epoch, storeId, and where known the name and the seq of the end of the epoch before.
 * Answers who holds the epoch now. It writes even when it is ours already: a replica refuses that, and a WAIT behind it covers
 * everything appended before.
 */
export const CLAIM = script(`
local claimed = redis.pcall('HSETNX', KEYS[1], ARGV[1], ARGV[2])
if type(claimed) == 'table' then return claimed end
if ARGV[3] then redis.call('HSETNX', KEYS[1], ARGV[3], ARGV[4]) end
if claimed == 1 then return ARGV[2] end
local owner = redis.call('HGET', KEYS[1], ARGV[1])
if owner == ARGV[2] then
  local touched = redis.pcall('HSET', KEYS[1], ARGV[1], ARGV[2])
  if type(touched) == 'table' then return touched end
end
return owner
`);
