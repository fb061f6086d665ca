/**
 * The built-ins between calls. Usually all are frozen once the script's top level has run, which costs a call nothing. The
 * built-ins of a script that may change them in a call as well (../wrap-script.ts, `mayChangeBuiltIns`) stay open: they are
 * compared with what they were after the call, and put back.
 */

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
  const accessor = {
    get() {
      return value;
    },
    set(next) {
      if (this === holder || this === null || (typeof this !== 'object' && typeof this !== 'function'))
        return;
      const kept = { value: next, writable: true, enumerable: true, configurable: true };
      defineProperty(this, key, described(kept));
    },
    enumerable: own.enumerable,
    configurable: false,
  };
  defineProperty(holder, key, described(accessor));
}

/* Polyfills that define without asking have been taken over by the first run; their next runs are to go on, not throw. */
let hardened;
for (const name of ['defineProperty', 'defineProperties']) {
  replace(
    Object,
    name,
    (native) =>
      ({
        define(target, key, own) {
          if (hardened !== undefined && target !== G && apply(setHas, hardened, [target])) return target;
          return apply(native, Object, [target, key, own]);
        },
      }).define,
  );
}

/* Reached by syntax only; found before a script may have replaced what finds them. */
const HIDDEN = [
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
].map(getPrototypeOf);

/** What scripts extend elsewhere. The prototype of all objects first: descriptions inherit from it. */
const WATCHED = [
  Object.prototype,
  Object,
  Function.prototype,
  Array.prototype,
  Array,
  String.prototype,
  String,
  Number.prototype,
  Number,
  Boolean.prototype,
  Date.prototype,
  Date,
  RegExp.prototype,
  Error.prototype,
  Map.prototype,
  Set.prototype,
  Promise.prototype,
  BigInt.prototype,
  Symbol.prototype,
  DataView.prototype,
  TypedArray.prototype,
  Uint8Array.prototype,
  Buffer.prototype,
  Buffer,
  Math,
  JSON,
];

/** Freezes every object that can be reached from the global one, and the built-ins that only syntax reaches, but for `open`. */
function harden(open) {
  const seen = new NativeSet();
  const queue = { __proto__: null };
  let met = 0;
  const meet = (value) => {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return;
    if (apply(setHas, seen, [value])) return;
    apply(setAdd, seen, [value]);
    queue[met++] = value;
  };
  apply(setAdd, seen, [G]);
  for (let i = 0; i < baseNames.length; i++) meet(G[baseNames[i]]);
  for (let i = 0; i < fixedNames.length; i++)
    defineProperty(G, fixedNames[i], described({ writable: false }));
  for (let i = 0; i < HIDDEN.length; i++) meet(HIDDEN[i]);
  for (let i = 0; i < WATCHED.length; i++) meet(WATCHED[i]);
  for (let at = 0; at < met; at++) seal(queue[at], meet, open && isWatched(queue[at]));
  if (open) for (let i = 0; i < WATCHED.length; i++) apply(setDelete, seen, [WATCHED[i]]);
  hardened = seen;
}

function isWatched(holder) {
  for (let i = 0; i < WATCHED.length; i++) if (WATCHED[i] === holder) return true;
  return false;
}

/** Freezes one object, unless it stays open, and meets all that can be reached from it. */
function seal(holder, meet, staysOpen) {
  meet(getPrototypeOf(holder));
  const isPrototype =
    typeof holder === 'object' && getOwnPropertyDescriptor(holder, 'constructor') !== undefined;
  const keys = ownKeys(holder);
  for (let i = 0; i < keys.length; i++) {
    const found = getOwnPropertyDescriptor(holder, keys[i]);
    if (found === undefined) continue;
    const own = described(found);
    if ('value' in own) {
      meet(own.value);
      if (staysOpen || !own.configurable || !own.writable || !isPrototype) continue;
      if (holder === Object.prototype || OVERRIDDEN[keys[i]] === 1) keepOverridable(holder, keys[i], own);
    } else {
      meet(own.get);
      meet(own.set);
    }
  }
  if (staysOpen) return;
  try {
    freeze(holder);
  } catch {
    /* A typed array cannot be frozen. */
  }
}

/** @typedef {{ holder: object, above: object | null, keys: readonly (string | symbol)[], known: Set<string | symbol>, own: Record<number, any> }} Kept */

/** What the watched built-ins are now. @returns {Record<number, Kept>} */
function keepWatched() {
  const kept = { __proto__: null };
  for (let i = 0; i < WATCHED.length; i++) {
    const holder = WATCHED[i];
    const keys = ownKeys(holder);
    const own = { __proto__: null };
    const known = new NativeSet();
    for (let k = 0; k < keys.length; k++) {
      own[k] = described(getOwnPropertyDescriptor(holder, keys[k]));
      apply(setAdd, known, [keys[k]]);
    }
    kept[i] = { __proto__: null, holder, above: getPrototypeOf(holder), keys, known, own };
  }
  return kept;
}

function isSame(found, own) {
  return (
    found !== undefined &&
    isIdentical(found.value, own.value) &&
    found.get === own.get &&
    found.set === own.set &&
    found.writable === own.writable &&
    found.enumerable === own.enumerable &&
    found.configurable === own.configurable
  );
}

/** Calls `changed(kept, k)` for each that is not what it was; false once that is, or if an object itself was changed or has more. */
function compareWatched(kept, changed) {
  for (let i = 0; i < WATCHED.length; i++) {
    const one = kept[i];
    const { holder, keys, known, own } = one;
    if (getPrototypeOf(holder) !== one.above || !isExtensible(holder)) return false;
    const now = ownKeys(holder);
    for (let k = 0; k < now.length; k++) {
      if (!apply(setHas, known, [now[k]]) && !deleteProperty(holder, now[k])) return false;
    }
    for (let k = 0; k < keys.length; k++) {
      if (!isSame(getOwnPropertyDescriptor(holder, keys[k]), own[k]) && !changed(one, k)) return false;
    }
  }
  return true;
}

/** Undoes what a call has changed; false if something cannot be undone. */
function putBack(kept) {
  return compareWatched(kept, ({ holder, keys, own }, k) => tryDefine(holder, keys[k], own[k]));
}

/** What the top level sets anew in each run: it is what it is now, not what it was in the first. */
function findRestated(kept) {
  const restated = { __proto__: null };
  let count = 0;
  compareWatched(kept, (one, k) => {
    restated[count++] = { __proto__: null, one, k };
    return true;
  });
  return () => {
    for (let i = 0; i < count; i++) {
      const { one, k } = restated[i];
      const found = getOwnPropertyDescriptor(one.holder, one.keys[k]);
      if (found !== undefined) one.own[k] = described(found);
    }
  };
}
