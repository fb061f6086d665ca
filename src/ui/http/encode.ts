/** Compresses an answer as the caller takes it best: zstd, gzip, or as it is. Off the event loop. */
import { promisify } from 'node:util';
import { gzip, zstdCompress } from 'node:zlib';

const ENCODERS = { zstd: promisify(zstdCompress), gzip: promisify(gzip) };
export type Encoding = keyof typeof ENCODERS;

/** Of those a header Accept-Encoding allows, the one it prefers; zstd where it does not mind. undefined: as it is. */
export function chooseEncoding(header: string | undefined): Encoding | undefined {
  const quality = new Map<string, number>();
  for (const part of (header ?? '').split(',').slice(0, 20)) {
    const [name = '', ...parameters] = part.split(';');
    const q = parameters.map((text) => /^\s*q\s*=\s*([\d.]+)\s*$/i.exec(text)?.[1]).find(Boolean);
    quality.set(name.trim().toLowerCase(), q === undefined ? 1 : Number(q));
  }
  const of = (name: string) => quality.get(name) ?? quality.get('*') ?? 0;
  const best = of('zstd') >= of('gzip') ? 'zstd' : 'gzip';
  return of(best) > 0 && of(best) >= (quality.get('identity') ?? 0) ? best : undefined;
}

export async function encode(text: string, encoding: Encoding | undefined): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = Buffer.from(text);
  const encoded = encoding === undefined ? bytes : await ENCODERS[encoding](bytes);
  return new Uint8Array(encoded);
}
