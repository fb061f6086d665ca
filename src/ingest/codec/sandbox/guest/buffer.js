/**
 * As much of Node's Buffer as device makers' scripts use, with console. A Buffer is a Uint8Array with
 * another prototype, as in Node.
 */
const setPrototypeOf = Object.setPrototypeOf;
const fromCode = String.fromCharCode;
const HEX = '0123456789abcdef';
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** @param {string} text */
function utf8Bytes(text) {
  const escaped = unescapeNative(encodeURIComponentNative(wellFormed(text)));
  return latin1Bytes(escaped);
}
const unescapeNative = unescape,
  encodeURIComponentNative = encodeURIComponent,
  decodeURIComponentNative = decodeURIComponent;
const escapeNative = escape;
/** @param {string} text */
function wellFormed(text) {
  return typeof text.toWellFormed === 'function' ? text.toWellFormed() : text;
}
/** @param {string} text @returns {number[]} */
function latin1Bytes(text) {
  const out = [];
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i) & 255;
  return out;
}
/** @param {string} text @returns {number[]} */
function hexBytes(text) {
  const out = [];
  for (let i = 0; i + 1 < text.length; i += 2) {
    const byte = Number('0x' + text.slice(i, i + 2));
    if (!(byte >= 0)) break;
    out[out.length] = byte;
  }
  return out;
}
/** @param {string} text @returns {number[]} */
function base64Bytes(text) {
  const out = [];
  let bits = 0,
    held = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] === '-' ? '+' : text[i] === '_' ? '/' : text[i];
    if (c === '=') break;
    const six = BASE64.indexOf(c);
    if (six < 0) continue;
    held = (held << 6) | six;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[out.length] = (held >> bits) & 255;
    }
  }
  return out;
}
/** @param {string} text @returns {number[]} */
function encoded(text, encoding) {
  switch (String(encoding === undefined ? 'utf8' : encoding).toLowerCase()) {
    case 'hex':
      return hexBytes(text);
    case 'base64':
    case 'base64url':
      return base64Bytes(text);
    case 'ascii':
    case 'latin1':
    case 'binary':
      return latin1Bytes(text);
    case 'utf8':
    case 'utf-8':
      return utf8Bytes(text);
    default:
      throw new TypeError('Unknown encoding: ' + encoding);
  }
}
/** @param {ArrayLike<number>} bytes @param {number} mask */
function latin1Text(bytes, mask) {
  let out = '';
  for (let i = 0; i < bytes.length; i++) out += fromCode(bytes[i] & mask);
  return out;
}
/** @param {ArrayLike<number>} bytes */
function utf8Text(bytes) {
  const text = latin1Text(bytes, 255);
  try {
    return decodeURIComponentNative(escapeNative(text));
  } catch {
    return utf8Decoded(bytes, false);
  }
}
/** How many bytes follow a lead byte; -1 for one that leads nothing. @param {number} lead */
function followers(lead) {
  if (lead < 0x80) return 0;
  if (lead < 0xc2 || lead > 0xf4) return -1;
  return lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
}
/** The least and greatest second byte after some leads: shorter spellings, surrogates and what is above Unicode are none. @type {Record<number, [number, number]>} */
const SECOND = { 224: [0xa0, 0xbf], 237: [0x80, 0x9f], 240: [0x90, 0xbf], 244: [0x80, 0x8f] };
/** As browsers decode: of a sequence that is broken off the part that was well begun is one U+FFFD. @param {ArrayLike<number>} bytes @param {boolean} fatal */
function utf8Decoded(bytes, fatal) {
  let out = '';
  for (let i = 0; i < bytes.length; ) {
    const lead = bytes[i++];
    const more = followers(lead);
    let code = more <= 0 ? lead : lead & (0x3f >> more);
    let taken = 0;
    while (taken < more && i < bytes.length) {
      const [least, most] = (taken === 0 && SECOND[lead]) || [0x80, 0xbf];
      if (bytes[i] < least || bytes[i] > most) break;
      code = (code << 6) | (bytes[i++] & 0x3f);
      taken++;
    }
    if (more < 0 || taken < more) {
      if (fatal) throw new TypeError('The encoded data was not valid for encoding utf-8');
      out += '\ufffd';
    } else out += String.fromCodePoint(code);
  }
  return out;
}
/** @param {ArrayLike<number>} bytes */
function base64Text(bytes) {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const b = bytes[i + 1],
      c = bytes[i + 2];
    out += BASE64[bytes[i] >> 2] + BASE64[((bytes[i] & 3) << 4) | ((b || 0) >> 4)];
    out += b === undefined ? '=' : BASE64[((b & 15) << 2) | ((c || 0) >> 6)];
    out += c === undefined ? '=' : BASE64[c & 63];
  }
  return out;
}
/** @param {ArrayLike<number>} bytes */
function hexText(bytes) {
  let out = '';
  for (let i = 0; i < bytes.length; i++) out += HEX[bytes[i] >> 4] + HEX[bytes[i] & 15];
  return out;
}

function Buffer(value, encodingOrOffset, length) {
  return typeof value === 'number' ? Statics.alloc(value) : Statics.from(value, encodingOrOffset, length);
}
/** Buffer with what `hidden` gives it. */
const Statics = /** @type {typeof Buffer & Record<'alloc' | 'from' | 'compare', Function>} */ (Buffer);
const asBuffer = (array) => setPrototypeOf(array, Buffer.prototype);
const hidden = (holder, members) => {
  for (const name of getOwnPropertyNames(members)) {
    defineProperty(holder, name, {
      value: members[name],
      writable: true,
      enumerable: false,
      configurable: true,
    });
  }
};
setPrototypeOf(Buffer, Uint8Array);
Buffer.prototype = Object.create(Uint8Array.prototype, {
  constructor: { value: Buffer, writable: true, configurable: true },
});
hidden(Buffer, {
  from(value, encodingOrOffset, length) {
    if (typeof value === 'string') return asBuffer(new Uint8Array(encoded(value, encodingOrOffset)));
    if (value instanceof ArrayBuffer) return asBuffer(new Uint8Array(value, encodingOrOffset, length));
    if (value !== null && typeof value === 'object') {
      if (value.type === 'Buffer' && isArray(value.data)) value = value.data;
      return asBuffer(new Uint8Array(value));
    }
    throw new TypeError('Buffer.from needs a string, an array or a buffer');
  },
  alloc(size, fill, encoding) {
    const out = asBuffer(new Uint8Array(size));
    return fill === undefined ? out : out.fill(fill, 0, size, encoding);
  },
  allocUnsafe(size) {
    return asBuffer(new Uint8Array(size));
  },
  isBuffer(value) {
    return value instanceof Buffer;
  },
  byteLength(value, encoding) {
    return typeof value === 'string' ? encoded(value, encoding).length : value.byteLength;
  },
  concat(list, total) {
    let size = 0;
    for (let i = 0; i < list.length; i++) size += list[i].length;
    const out = Statics.alloc(total === undefined ? size : total);
    let at = 0;
    for (let i = 0; i < list.length; i++) {
      for (let k = 0; k < list[i].length && at < out.length; k++) out[at++] = list[i][k];
    }
    return out;
  },
  compare(a, b) {
    for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
    return Math.sign(a.length - b.length);
  },
});
const nativeFill = Uint8Array.prototype.fill;
function range(buffer, offset, size) {
  if (offset === undefined) offset = 0;
  if (typeof offset !== 'number' || !(offset >= 0 && offset + size <= buffer.length) || offset % 1 !== 0) {
    throw new RangeError(
      'The value of "offset" is out of range. It must be >= 0 and <= ' +
        (buffer.length - size) +
        '. Received ' +
        offset,
    );
  }
  return offset;
}
const view = (buffer) => new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
hidden(Buffer.prototype, {
  slice(from, to) {
    const place = (at, otherwise) => {
      at = at === undefined ? otherwise : Math.trunc(at) || 0;
      return at < 0 ? Math.max(0, this.length + at) : Math.min(at, this.length);
    };
    const start = place(from, 0);
    return asBuffer(
      new Uint8Array(this.buffer, this.byteOffset + start, Math.max(0, place(to, this.length) - start)),
    );
  },
  toString(encoding, from, to) {
    const part =
      from === undefined && to === undefined
        ? this
        : Uint8Array.prototype.slice.call(new Uint8Array(this), from, to);
    switch (String(encoding === undefined ? 'utf8' : encoding).toLowerCase()) {
      case 'hex':
        return hexText(part);
      case 'base64':
        return base64Text(part);
      case 'base64url':
        return base64Text(part).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
      case 'ascii':
        return latin1Text(part, 127);
      case 'latin1':
      case 'binary':
        return latin1Text(part, 255);
      case 'utf8':
      case 'utf-8':
        return utf8Text(part);
      default:
        throw new TypeError('Unknown encoding: ' + encoding);
    }
  },
  toJSON() {
    return { type: 'Buffer', data: Array.from(this) };
  },
  equals(other) {
    return Statics.compare(this, other) === 0;
  },
  compare(other) {
    return Statics.compare(this, other);
  },
  copy(target, at = 0, from = 0, to = this.length) {
    let copied = 0;
    for (let i = from; i < to && at + copied < target.length; i++) target[at + copied++] = this[i];
    return copied;
  },
  fill(value, from, to, encoding) {
    if (typeof value !== 'string') return apply(nativeFill, this, [value, from, to]);
    const pattern = encoded(value, encoding);
    if (pattern.length > 0)
      for (let i = from || 0; i < (to === undefined ? this.length : to); i++)
        this[i] = pattern[i % pattern.length];
    return this;
  },
  write(text, offset = 0, length, encoding) {
    if (typeof offset === 'string') {
      encoding = offset;
      offset = 0;
      length = undefined;
    }
    if (typeof length === 'string') {
      encoding = length;
      length = undefined;
    }
    const bytes = encoded(text, encoding);
    const count = Math.min(bytes.length, this.length - offset, length === undefined ? bytes.length : length);
    for (let i = 0; i < count; i++) this[offset + i] = bytes[i];
    return count;
  },
});
hidden(Buffer.prototype, { subarray: Buffer.prototype.slice });
/** How Node calls it, how DataView does, and its bytes. @type {[string, string, number][]} */
const NUMBERS = [
  ['UInt8', 'Uint8', 1],
  ['Int8', 'Int8', 1],
  ['UInt16', 'Uint16', 2],
  ['Int16', 'Int16', 2],
  ['UInt32', 'Uint32', 4],
  ['Int32', 'Int32', 4],
  ['Float', 'Float32', 4],
  ['Double', 'Float64', 8],
  ['BigUInt64', 'BigUint64', 8],
  ['BigInt64', 'BigInt64', 8],
];
for (const [name, native, size] of NUMBERS) {
  const get = DataView.prototype['get' + native],
    set = DataView.prototype['set' + native];
  for (const order of size === 1 ? [''] : ['LE', 'BE']) {
    const read = function (offset) {
      return apply(get, view(this), [range(this, offset, size), order === 'LE']);
    };
    const write = function (value, offset) {
      offset = range(this, offset, size);
      apply(set, view(this), [offset, value, order === 'LE']);
      return offset + size;
    };
    hidden(Buffer.prototype, { ['read' + name + order]: read, ['write' + name + order]: write });
    if (name.includes('UInt')) {
      hidden(Buffer.prototype, {
        ['read' + name.replace('UInt', 'Uint') + order]: read,
        ['write' + name.replace('UInt', 'Uint') + order]: write,
      });
    }
  }
}
for (const little of [true, false]) {
  const order = little ? 'LE' : 'BE';
  const unsigned = function (offset, size) {
    offset = range(this, offset, size);
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + this[offset + (little ? size - 1 - i : i)];
    return value;
  };
  const signed = function (offset, size) {
    const value = apply(unsigned, this, [offset, size]);
    return value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
  };
  const write = function (value, offset, size) {
    offset = range(this, offset, size);
    for (let i = 0; i < size; i++)
      this[offset + (little ? i : size - 1 - i)] = Math.floor(value / 256 ** i) & 255;
    return offset + size;
  };
  hidden(Buffer.prototype, {
    ['readUInt' + order]: unsigned,
    ['readUint' + order]: unsigned,
    ['readInt' + order]: signed,
    ['writeUInt' + order]: write,
    ['writeUint' + order]: write,
    ['writeInt' + order]: write,
  });
}
const swallow = () => undefined;
hidden(G, {
  Buffer,
  console: {
    log: swallow,
    info: swallow,
    warn: swallow,
    error: swallow,
    debug: swallow,
    trace: swallow,
    table: swallow,
    dir: swallow,
  },
});
