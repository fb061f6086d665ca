/**
 * Bounds for what the interpreter cannot interrupt: it asks for the deadline between its own instructions but not inside a
 * built-in function, so a built-in that loops by `length` could run for hours: `new Array(4e9).indexOf(1)`. Each of those
 * is replaced by one that refuses lengths no payload needs.
 */
const MAX_LENGTH = 65_536;
const TypedArray = getPrototypeOf(Uint8Array);
/** @type {() => number} */
const typedLength =
  getOwnPropertyDescriptor(TypedArray.prototype, 'length')?.get ?? (() => Number.POSITIVE_INFINITY);

/** @param {string} what */
function tooLong(what) {
  throw new RangeError(what + ': over ' + MAX_LENGTH + ' elements');
}

/** An array-like whose length is a plain value: a getter could give one length here and another to the built-in. @param {string} what */
function checkLength(what, list) {
  if (list === null || list === undefined || typeof list === 'function') return;
  if (typeof list !== 'object') {
    if (typeof list === 'string' && list.length > MAX_LENGTH) tooLong(what);
    return;
  }
  if (isArray(list)) {
    if (list.length > MAX_LENGTH) tooLong(what);
    return;
  }
  const own = getOwnPropertyDescriptor(list, 'length');
  if (own === undefined) {
    // A typed array is as long as its memory; anything else inherits no length it could grow.
    if (list instanceof TypedArray) return;
    const length = list.length;
    if (length === undefined) return;
    throw new TypeError(what + ': not an array');
  }
  if (!('value' in own) || own.value > MAX_LENGTH) tooLong(what);
  if (own.value !== null && typeof own.value === 'object') throw new TypeError(what + ': not an array');
}

/**
 * Puts what `guarded` makes of it in the place of a built-in, under its name and length.
 * @param {object} holder
 * @param {string | symbol} name
 * @param {(native: Function) => Function} guarded
 */
function replace(holder, name, guarded) {
  const own = getOwnPropertyDescriptor(holder, name);
  if (own === undefined) return;
  const native = own.value;
  const value = guarded(native);
  defineProperty(holder, name, { ...own, value });
  defineProperty(value, 'name', { value: typeof name === 'string' ? name : 'values' });
  defineProperty(value, 'length', { value: native.length });
}

for (const name of [
  'copyWithin',
  'every',
  'fill',
  'filter',
  'find',
  'findIndex',
  'findLast',
  'findLastIndex',
  'forEach',
  'includes',
  'indexOf',
  'join',
  'lastIndexOf',
  'map',
  'reduce',
  'reduceRight',
  'reverse',
  'shift',
  'slice',
  'some',
  'sort',
  'splice',
  'toLocaleString',
  'toReversed',
  'toSorted',
  'toSpliced',
  'toString',
  'unshift',
  'values',
  'keys',
  'entries',
  'with',
  Symbol.iterator,
]) {
  replace(
    Array.prototype,
    name,
    (native) =>
      ({
        method(...args) {
          checkLength('array', this);
          return apply(native, this, args);
        },
      }).method,
  );
}
/* Without a comparison of the script's own, nothing asks for the deadline while long texts are compared. */
replace(
  Array.prototype,
  'sort',
  (guarded) =>
    ({
      sort(compare) {
        if (compare === undefined && isArray(this) && this.length <= MAX_LENGTH) {
          let chars = 0;
          for (let i = 0; i < this.length; i++) if (typeof this[i] === 'string') chars += this[i].length;
          if (chars > 1048576) throw new RangeError('sort: the texts are too long');
        }
        return apply(guarded, this, [compare]);
      },
    }).sort,
);
replace(
  Array.prototype,
  'concat',
  (native) =>
    ({
      method(...args) {
        checkLength('concat', this);
        for (let i = 0; i < args.length; i++) checkLength('concat', args[i]);
        return apply(native, this, args);
      },
    }).method,
);
for (const name of ['flat', 'flatMap']) {
  replace(
    Array.prototype,
    name,
    () =>
      ({
        method(of, self) {
          checkLength(name, this);
          const out = [];
          const depth = name === 'flatMap' ? 1 : of === undefined ? 1 : +of;
          const take = (list, left) => {
            checkLength(name, list);
            for (let i = 0; i < list.length; i++) {
              if (!(i in list)) continue;
              if (left > 0 && isArray(list[i])) take(list[i], left - 1);
              else out[out.length] = list[i];
            }
          };
          if (name === 'flat') take(this, depth);
          else {
            const mapped = [];
            for (let i = 0; i < this.length; i++)
              if (i in this) mapped[i] = apply(of, self, [this[i], i, this]);
            take(mapped, depth);
          }
          return out;
        },
      }).method,
  );
}
for (const name of ['sort', 'toSorted']) {
  replace(
    TypedArray.prototype,
    name,
    (native) =>
      ({
        method(...args) {
          if (apply(typedLength, this, []) > MAX_LENGTH) tooLong(name);
          return apply(native, this, args);
        },
      }).method,
  );
}
/* Searching one long text in another takes the product of their lengths. */
for (const name of [
  'indexOf',
  'lastIndexOf',
  'includes',
  'split',
  'replace',
  'replaceAll',
  'normalize',
  'localeCompare',
]) {
  replace(
    String.prototype,
    name,
    (native) =>
      ({
        method(...args) {
          const text = typeof this === 'string' ? this : String(this);
          const sought = args[0];
          const costly =
            typeof sought === 'string'
              ? sought.length > 64
              : typeof sought === 'object' && !(sought instanceof RegExp);
          if (text.length > 4096 && (costly || name === 'normalize'))
            throw new RangeError(name + ': the text is too long');
          return apply(native, text, args);
        },
      }).method,
  );
}
replace(
  JSON,
  'stringify',
  (native) =>
    ({
      method(...args) {
        if (isArray(args[1])) checkLength('stringify', args[1]);
        return apply(native, JSON, args);
      },
    }).method,
);
for (const name of getOwnPropertyNames(Iterator.prototype)) delete Iterator.prototype[name];
for (const name of ['Iterator', 'SharedArrayBuffer', 'Atomics', 'Proxy', 'WeakRef', 'FinalizationRegistry'])
  delete G[name];
