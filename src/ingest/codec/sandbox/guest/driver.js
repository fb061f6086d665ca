/**
 * What the host calls. Arguments and results pass as one JSON text each.
 *
 * No call sees what another left behind: the script's top level runs anew for every call (its variables are locals of
 * one function), names it leaks to the global object are removed afterwards, and every built-in object is frozen once
 * the script has run for the first time, so that polyfills still work. What cannot be put right is reported by the
 * first character of the answer, and the host then throws the whole context away.
 *
 * Answers: '1' or '0' (clean or to be thrown away), then 'r' a result, 'e' an error the script threw as
 * `[name, message, stack]`, 'x' memory or stack exhausted; then JSON.
 */

/** Characters of a result's JSON. */
const MAX_RESULT_CHARS = 65_536;

const { parse, stringify } = JSON;
const sliced = String.prototype.slice;
const setHas = Set.prototype.has;
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

/** Names that scripts give to objects of their own although a frozen prototype has them too. */
const OVERRIDDEN = {
  __proto__: null,
  constructor: 1,
  toString: 1,
  valueOf: 1,
  toLocaleString: 1,
  name: 1,
  message: 1,
  toJSON: 1,
};

/** Makes a property of a prototype an accessor whose setter gives the object a property of its own, as if nothing were frozen. */
function keepOverridable(holder, key, own) {
  const { value } = own;
  defineProperty(holder, key, {
    get() {
      return value;
    },
    set(next) {
      if (this === holder || this === null || (typeof this !== 'object' && typeof this !== 'function'))
        return;
      defineProperty(this, key, { value: next, writable: true, enumerable: true, configurable: true });
    },
    enumerable: own.enumerable,
    configurable: false,
  });
}

/* Polyfills that define without asking have been taken over by the first run; their next runs are to go on, not throw. */
let hardened;
for (const name of ['defineProperty', 'defineProperties']) {
  replace(
    Object,
    name,
    (native) =>
      ({
        define(target, ...rest) {
          if (hardened !== undefined && target !== G && apply(setHas, hardened, [target])) return target;
          return apply(native, Object, [target, ...rest]);
        },
      }).define,
  );
}

/** Freezes every object that can be reached from the global one, and the built-ins that only syntax reaches. */
function harden() {
  const seen = new Set();
  const queue = [];
  const meet = (value) => {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value))
      return;
    seen.add(value);
    queue[queue.length] = value;
  };
  seen.add(G);
  for (let i = 0; i < baseNames.length; i++) meet(G[baseNames[i]]);
  for (let i = 0; i < fixedNames.length; i++) defineProperty(G, fixedNames[i], { writable: false });
  for (const hiddenOne of [
    function* () {},
    async () => {},
    async function* () {},
    [][Symbol.iterator](),
    ''[Symbol.iterator](),
    new Map().entries(),
    new Set().values(),
    'x'.matchAll(/x/g),
    (function* () {})(),
    (async function* () {})(),
  ]) {
    meet(getPrototypeOf(hiddenOne));
  }
  for (let at = 0; at < queue.length; at++) {
    const holder = queue[at];
    meet(getPrototypeOf(holder));
    const isPrototype =
      typeof holder === 'object' && getOwnPropertyDescriptor(holder, 'constructor') !== undefined;
    const keys = ownKeys(holder);
    for (let i = 0; i < keys.length; i++) {
      const own = getOwnPropertyDescriptor(holder, keys[i]);
      if (own === undefined) continue;
      if ('value' in own) {
        meet(own.value);
        if (!own.configurable || !own.writable || !isPrototype) continue;
        if (holder === Object.prototype || OVERRIDDEN[keys[i]] === 1) keepOverridable(holder, keys[i], own);
      } else {
        meet(own.get);
        meet(own.set);
      }
    }
    try {
      freeze(holder);
    } catch {
      /* A typed array cannot be frozen. */
    }
  }
  hardened = seen;
}

let make, first;
function run() {
  const module = { exports: {} };
  return apply(make(module.exports, module), G, []);
}
function defined(api) {
  const out = [];
  for (let i = 0; i < api.length; i++) out[i] = typeof api[i] === 'function';
  return out;
}

function guarded(work) {
  let answer;
  try {
    const text = stringify(work());
    if (text !== undefined && text.length > MAX_RESULT_CHARS)
      answer = 'e["RangeError","the result is over 64 KB","",1]';
    else answer = 'r' + (text === undefined ? 'null' : text);
  } catch (error) {
    answer = error instanceof Exhausted ? 'x' + describe(error) : 'e' + describe(error);
  }
  return (tidy() ? '1' : '0') + answer;
}
function describe(error) {
  try {
    if (error === null || typeof error !== 'object') return stringify(['', part(error, 500), '']);
    return stringify([part(error.name, 100), part(error.message, 500), part(error.stack, 2000)]);
  } catch {
    return '["","it threw something that cannot be described",""]';
  }
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

/** What the host gets: the value of the joined program. */
const guest = {
  /** Runs the script's top level, freezes everything, runs it again; whether it has each entry point, and whether it still works. */
  load(script) {
    return guarded(() => {
      make = script;
      const api = run();
      const has = defined(api);
      tidy();
      harden();
      let steady = true;
      try {
        run();
      } catch {
        steady = false;
        first = api;
      }
      return { has, steady };
    });
  },
  decode(json) {
    return guarded(() => {
      const args = parse(json);
      const api = first === undefined ? run() : first;
      const fPort = args[0],
        bytes = args[1],
        variables = args[3];
      if (typeof api[0] === 'function') {
        const decodeUplink = api[0];
        return decodeUplink({ bytes, fPort, recvTime: new NativeDate(args[2]), variables });
      }
      const Decode = api[2],
        Decoder = api[4];
      return { data: typeof Decode === 'function' ? Decode(fPort, bytes, variables) : Decoder(bytes, fPort) };
    });
  },
  encode(json) {
    return guarded(() => {
      const args = parse(json);
      const api = first === undefined ? run() : first;
      const data = args[0],
        fPort = args[1],
        variables = args[2];
      if (typeof api[1] === 'function') {
        const encodeDownlink = api[1];
        const out = encodeDownlink(fPort === null ? { data, variables } : { data, fPort, variables });
        return { bytes: byteList(out.bytes), fPort: out.fPort, errors: out.errors, warnings: out.warnings };
      }
      const Encode = api[3],
        Encoder = api[5];
      return {
        bytes: byteList(typeof Encode === 'function' ? Encode(fPort, data, variables) : Encoder(data, fPort)),
      };
    });
  },
};
