/**
 * The first file of the program around a device maker's script inside QuickJS: the built-ins as they are before any script
 * has run. The files prelude, guards, buffer, text, watch and driver are joined to one strict function (../guest-source.ts);
 * each sees the names of those before it. What runs once the script has run uses these names only: it may have replaced
 * `Array.prototype[Symbol.iterator]`, or given every object a `get`. Texts are joined with `+`: QuickJS makes a template a call of String.prototype.concat,
 * which a script may have replaced.
 */
const G = globalThis;
const {
  getOwnPropertyNames,
  getOwnPropertySymbols,
  getOwnPropertyDescriptor,
  defineProperty,
  getPrototypeOf,
  freeze,
  isExtensible,
  is: isIdentical,
} = Object;
const { ownKeys, apply, deleteProperty, defineProperty: tryDefine } = Reflect;
const { isArray } = Array;
const { Date: NativeDate, String: toText, Set: NativeSet, Promise: NativePromise, Number: NativeNumber } = G;
const { has: setHas, add: setAdd, delete: setDelete } = Set.prototype;
const { then: promiseThen } = Promise.prototype;
const { resolve: resolvePromise } = Promise;
const { slice: sliced, indexOf: foundAt } = String.prototype;
/** A description that inherits nothing. */
const described = (own) => {
  const out = { __proto__: null };
  const names = ownKeys(own);
  for (let i = 0; i < names.length; i++) out[names[i]] = own[names[i]];
  return out;
};
/** QuickJS throws it when memory or stack is at its end. */
const { InternalError: Exhausted } = /** @type {typeof G & { InternalError: ErrorConstructor }} */ (G);
