/**
 * The first file of the program around a device maker's script inside QuickJS: the built-ins as they are before any script
 * has run. The files prelude, guards, buffer and driver are joined to one strict function (../guest-source.ts); each sees
 * the names of those before it. Texts are joined with `+`: QuickJS makes a template a call of String.prototype.concat,
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
} = Object;
const { ownKeys, apply, deleteProperty } = Reflect;
const { isArray } = Array;
const { Date: NativeDate, String: toText } = G;
/** QuickJS throws it when memory or stack is at its end. */
const { InternalError: Exhausted } = /** @type {typeof G & { InternalError: ErrorConstructor }} */ (G);
