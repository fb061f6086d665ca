/**
 * Device keys at rest: sealed with AES-256-GCM under a key in a file of its own, which may lie outside the store, so that
 * a stolen database or backup gives no keys away. A sealed text is bound to its place and cannot be moved to another.
 *
 *     's1.' base64url( nonce 12 | ciphertext | tag 16 )
 */
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFile } from '../../files/replace-file.ts';

export interface Secrets {
  /** `place` names where the text is kept; `open` must be given the same. */
  seal(text: string, place: string): string;
  /** undefined when it was sealed with another key, for another place, or changed since. */
  open(sealed: string, place: string): string | undefined;
  /** The same for the same text as long as the key is the same; it tells nobody else anything of the text. */
  mark(text: string): string;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PREFIX = 's1.';
const MARK_CHARACTERS = 16;

/**
 * The key in `file`. Makes the file, readable for its owner only, unless `mustExist`. Throws an error that says what to do
 * when the file is missing, cannot be read or holds no key.
 */
export function openSecrets(file: string, mustExist: boolean): Secrets {
  if (!existsSync(file)) {
    if (mustExist) {
      throw new Error(
        `the key file ${file} is missing, and the device keys of this store cannot be read without it: put it back, or set store.key_file to where it is`,
      );
    }
    makeKeyFile(file);
  }
  const text = readFileSync(file, 'utf8').trim();
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new Error(
      `${file} is no key file: it must hold ${KEY_BYTES} bytes as hex digits. Put back the one of a backup (webscada-edge backup list); without it the keys of the devices cannot be read`,
    );
  }
  return secretsUnder(Buffer.from(text, 'hex'));
}

/** The name comes last: a power cut leaves a whole key or none. */
function makeKeyFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
  replaceFile(file, `${randomBytes(KEY_BYTES).toString('hex')}\n`, { formerDraft: true });
}

/** Fetched so many at a time: asking for randomness costs more than sealing. */
const NONCES = 256;

/** With the key as an object and nonces in stock: a fifth of the time, which counts where a file brings ten thousand. */
function secretsUnder(bytes: Buffer): Secrets {
  const key = createSecretKey(bytes);
  const markKey = createHmac('sha256', bytes).update('marks').digest();
  let stock = Buffer.alloc(0);
  return {
    seal(text, place) {
      if (stock.length === 0) stock = randomBytes(NONCES * NONCE_BYTES);
      const nonce = stock.subarray(0, NONCE_BYTES);
      stock = stock.subarray(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place));
      const body = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()];
      return PREFIX + Buffer.concat(body).toString('base64url');
    },
    mark: (text) => createHmac('sha256', markKey).update(text).digest('base64url').slice(0, MARK_CHARACTERS),
    open(sealed, place) {
      if (!sealed.startsWith(PREFIX)) return undefined;
      const bytes = Buffer.from(sealed.slice(PREFIX.length), 'base64url');
      if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES));
      decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(-TAG_BYTES));
      try {
        const body = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8');
        return body + decipher.final('utf8');
      } catch {
        return undefined;
      }
    },
  };
}
