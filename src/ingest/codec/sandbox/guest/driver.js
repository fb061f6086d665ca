/**
 * What the host calls. Arguments and results pass as one JSON text each.
 *
 * No call sees what another left behind: the script's top level runs anew for every call (its variables are locals of
 * one function), names it leaks to the global object are removed afterwards, and every built-in object is frozen once
 * the script has run for the first time, so that polyfills still work, or put back after the call (watch.js). What cannot
 * be put right is reported by the first character of the answer, and the host then throws the whole context away.
 *
 * Answers: '1' or '0' (clean or to be thrown away), then 'r' a result, 'e' an error the script threw as
 * `[name, message, stack]`, 'x' memory or stack exhausted; then JSON. 'p': a promise, of which `settle` gives the answer
 * once the pending jobs have run.
 */

/** Characters of a result's JSON. */
const MAX_RESULT_CHARS = 65_536;
/** Begins the text that stands for a number JSON has none for (../../javascript.ts reads it). */
const LOST = '\u0000';
/** What a script may define, in the order in which the wrapped script lists it. */
const ENTRIES = ['decodeUplink', 'encodeDownlink', 'Decode', 'Encode', 'Decoder', 'Encoder'];

const { parse, stringify } = JSON;
defineProperty(BigInt.prototype, 'toJSON', {
  value() {
    return this >= -9007199254740991n && this <= 9007199254740991n ? Number(this) : toText(this);
  },
  writable: true,
  configurable: true,
});
/* With a fixed description a global can be assigned, which is found by comparing, but not made a getter. */
const globalPrototype = getPrototypeOf(G);
for (const name of getOwnPropertyNames(G)) defineProperty(G, name, { configurable: false });
const baseNames = getOwnPropertyNames(G);
const isBase = { __proto__: null };
/* A script may well call a variable of its own escape, but hardly Map: only lower-case names stay assignable. */
const fixedNames = [],
  looseNames = [],
  looseValues = [];
for (let i = 0; i < baseNames.length; i++) {
  const name = baseNames[i];
  isBase[name] = true;
  if (name[0] >= 'A' && name[0] <= 'Z') fixedNames[fixedNames.length] = name;
  else {
    looseNames[looseNames.length] = name;
    looseValues[looseValues.length] = G[name];
  }
}
const baseSymbols = getOwnPropertySymbols(G).length;

/** Removes what the call left in the global object; false if something remains. */
function tidy() {
  const names = getOwnPropertyNames(G);
  if (names.length !== baseNames.length) {
    for (let i = 0; i < names.length; i++) {
      if (isBase[names[i]] !== true && !deleteProperty(G, names[i])) return false;
    }
  }
  for (let i = 0; i < looseNames.length; i++) {
    if (G[looseNames[i]] !== looseValues[i]) return false;
  }
  return (
    getOwnPropertySymbols(G).length === baseSymbols &&
    getPrototypeOf(G) === globalPrototype &&
    isExtensible(G)
  );
}

/** The wrapped script; its entry points where the top level cannot run again; the watched built-ins and what it restates. */
let make, first, kept, restate;

/** Runs the script's top level; its entry points are names of its own, or what it exports. */
function run() {
  const module = { exports: {} };
  const own = apply(make(module.exports, module), G, []);
  const out = { __proto__: null };
  for (let i = 0; i < ENTRIES.length; i++) {
    out[ENTRIES[i]] = typeof own[i] === 'function' ? own[i] : exported(module.exports, ENTRIES[i]);
  }
  return out;
}
/** CommonJS and what compilers make of modules: by name, under `default`, or the one function itself. */
function exported(from, name) {
  if (from === null || (typeof from !== 'object' && typeof from !== 'function')) return undefined;
  if (typeof from[name] === 'function') return from[name];
  if (typeof from === 'function' && from.name === name) return from;
  const { default: inner } = from;
  return inner === undefined || inner === from ? undefined : exported(inner, name);
}
/** For a call. */
function begin() {
  if (first !== undefined) return first;
  const api = run();
  if (restate !== undefined) restate();
  return api;
}

function guarded(work) {
  let answer;
  try {
    answer = answerOf(work());
    if (answer === 'p') return '1p';
  } catch (error) {
    answer = error instanceof Exhausted ? 'x' + describe(error) : 'e' + describe(error);
  }
  return (tidy() && (kept === undefined || putBack(kept)) ? '1' : '0') + answer;
}
function answerOf(result) {
  if (isWaiting(result)) return 'p';
  let text = stringify(result);
  // NaN, Infinity and dates that are none become null, as does null itself: told apart only where there is one.
  if (text !== undefined && apply(foundAt, text, ['null']) >= 0) text = stringify(result, tellLost);
  if (text !== undefined && text.length > MAX_RESULT_CHARS)
    return 'e["RangeError","the result is over 64 KB","",1]';
  return 'r' + (text === undefined ? 'null' : text);
}
function tellLost(key, value) {
  if (value === null) return this[key] instanceof NativeDate ? LOST + 'NaN' : value;
  const number = value instanceof NativeNumber ? +value : value;
  const isLost = typeof number === 'number' && !(number - number === 0);
  return isLost ? LOST + toText(number) : value;
}
function describe(error) {
  try {
    if (error === null || typeof error !== 'object') return texts('', part(error, 500), '');
    return texts(part(error.name, 100), part(error.message, 500), part(error.stack, 2000));
  } catch {
    return '["","it threw something that cannot be described",""]';
  }
}
function texts(name, message, stack) {
  return '[' + stringify(name) + ',' + stringify(message) + ',' + stringify(stack) + ']';
}
function part(value, length) {
  return value === undefined ? '' : apply(sliced, toText(value), [0, length]);
}
function byteList(bytes) {
  if (bytes === null || typeof bytes !== 'object') return bytes;
  const out = [];
  for (let i = 0; i < bytes.length && i < 1024; i++) out[i] = bytes[i];
  return out;
}

/** What an async function has come to. */
let waiting;
const isWaiting = (result) => waiting !== undefined && result === waiting;

/** `shape` of what the script gave, or a wait for it. */
function later(given, shape) {
  waiting = undefined;
  if (given === null || typeof given !== 'object' || typeof given.then !== 'function') return shape(given);
  const own = { __proto__: null, shape, state: 'pending', value: undefined };
  waiting = own;
  const settle = (state) => (value) => {
    own.state = state;
    own.value = value;
  };
  apply(promiseThen, apply(resolvePromise, NativePromise, [given]), [settle('kept'), settle('broken')]);
  return own;
}

const same = (result) => result;
/** Some scripts for the older servers give what the newer want: `{data, errors, warnings}` and nothing else. */
function decodedByOlder(result) {
  if (result === null || typeof result !== 'object') return { data: result };
  if (isArray(result)) return { data: listed(result) };
  const keys = ownKeys(result);
  for (let i = 0; i < keys.length; i++) {
    if (keys[i] !== 'data' && keys[i] !== 'errors' && keys[i] !== 'warnings') return { data: result };
  }
  const { data, errors } = result;
  const holds = data !== null && typeof data === 'object' && !isArray(data);
  return holds || (isArray(errors) && errors.length > 0) ? result : { data: result };
}
/** `[{field, value}, …]`, as one maker's platform wants it, is `{field: value, …}`. */
function listed(result) {
  const out = { __proto__: null };
  for (let i = 0; i < result.length; i++) {
    const item = result[i];
    if (item === null || typeof item !== 'object' || typeof item.field !== 'string') return result;
    if (!('value' in item) || item.field in out) return result;
    out[item.field] = item.value;
  }
  return result.length > 0 ? out : result;
}
const encodedByOlder = (bytes) => ({ bytes: byteList(bytes) });
function encoded4(out) {
  return { bytes: byteList(out.bytes), fPort: out.fPort, errors: out.errors, warnings: out.warnings };
}

function loadAs(script, watched) {
  return guarded(() => {
    make = script;
    const api = run();
    let has = '';
    for (let i = 0; i < ENTRIES.length; i++) {
      has += (i > 0 ? ',' : '') + (typeof api[ENTRIES[i]] === 'function');
    }
    tidy();
    const now = watched ? keepWatched() : undefined;
    harden(watched);
    let steady = true;
    try {
      run();
      if (now !== undefined) {
        restate = findRestated(now);
        kept = now;
      }
    } catch {
      steady = false;
      first = api;
    }
    // The host parses it twice.
    return '{"has":[' + has + '],"steady":' + steady + '}';
  });
}

/** What the host gets: the value of the joined program. */
const guest = {
  /** Runs the script's top level, freezes everything, runs it again; whether it has each entry point, and whether it still works. */
  load: (script) => loadAs(script, false),
  /** The same for a script that may change built-ins in a call. */
  loadWatched: (script) => loadAs(script, true),
  decode(json) {
    return guarded(() => {
      const args = parse(json);
      const fPort = args[0],
        bytes = args[1],
        variables = args[3];
      if (args[4]) G.LoRaObject = args[4];
      const { decodeUplink, Decode, Decoder } = begin();
      if (typeof decodeUplink === 'function') {
        return later(decodeUplink({ bytes, fPort, recvTime: new NativeDate(args[2]), variables }), same);
      }
      const given = typeof Decode === 'function' ? Decode(fPort, bytes, variables) : Decoder(bytes, fPort);
      return later(given, decodedByOlder);
    });
  },
  encode(json) {
    return guarded(() => {
      const args = parse(json);
      const data = args[0],
        fPort = args[1],
        variables = args[2];
      const { encodeDownlink, Encode, Encoder } = begin();
      if (typeof encodeDownlink === 'function') {
        return later(
          encodeDownlink(fPort === null ? { data, variables } : { data, fPort, variables }),
          encoded4,
        );
      }
      return later(
        typeof Encode === 'function' ? Encode(fPort, data, variables) : Encoder(data, fPort),
        encodedByOlder,
      );
    });
  },
  /** After `p`, when no job is left. */
  settle() {
    return guarded(() => {
      const { state, value, shape } = waiting;
      waiting = undefined;
      if (state === 'broken') throw value;
      if (state === 'pending')
        throw new Error('its promise is never settled: there are no timers and nothing to wait for');
      return shape(value);
    });
  },
};
