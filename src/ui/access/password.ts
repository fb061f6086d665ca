/**
 * Password hashes that say how they were made: `$argon2id$v=19$m=47104,t=1,p=1$salt$key` (unpadded base64). One is worked on
 * at a time, off the event loop: 46 MiB for 65 ms of an x86 core. Strangers wait in a line of their own, behind the others.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * As strong as the better known 19 MiB and two passes, and lighter here: glibc hands blocks of more than 32 MiB back to the
 * system when they are freed, while smaller ones stay with each thread of the pool (135 MB of them, measured).
 */
const ARGON2 = { m: 47_104, t: 1, p: 1 };
const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** Hashes that may wait in each line for the one being worked on. */
const MAX_WAITING = 8;
/** A stored hash that would need more memory than this is refused, KiB. */
const MAX_MEMORY_KIB = 256 * 1024;

/** 'busy': too many wait already, ask again in a moment. */
export interface Passwords {
  hash(password: string): Promise<string | 'busy'>;
  /** Takes as long without a stored hash as with one, and is then false. `isFirst`: does not wait behind strangers. */
  verify(password: string, stored: string | undefined, isFirst?: boolean): Promise<boolean | 'busy'>;
  /** Whether the hash was made with less than what is made now. */
  isOutdated(stored: string): boolean;
}

interface Hash {
  readonly parameters: Readonly<Record<string, number>>;
  readonly salt: Buffer;
  readonly key: Buffer;
}

export function createPasswords(): Passwords {
  let isWorking = false;
  const first: (() => void)[] = [];
  const strangers: (() => void)[] = [];
  // What an unknown user's password is compared with: nobody knows the password to it.
  const decoy: Hash = {
    parameters: ARGON2,
    salt: randomBytes(SALT_BYTES),
    key: randomBytes(KEY_BYTES),
  };

  async function inTurn<T>(line: (() => void)[], work: () => Promise<T>): Promise<T | 'busy'> {
    if (line.length >= MAX_WAITING) return 'busy';
    if (isWorking) await new Promise<void>((resolve) => line.push(resolve));
    isWorking = true;
    try {
      return await work();
    } finally {
      const next = first.shift() ?? strangers.shift();
      // Stays true for the next one: nobody may come in between.
      if (next) next();
      else isWorking = false;
    }
  }

  return {
    hash: (password) =>
      inTurn(first, async () => {
        const salt = randomBytes(SALT_BYTES);
        const how = { parameters: ARGON2, salt };
        return format({ ...how, key: await derive(password, how) });
      }),
    verify: (password, stored, isFirst = false) =>
      inTurn(isFirst ? first : strangers, async () => {
        const known = stored === undefined ? undefined : parse(stored);
        const { key, ...how } = known ?? decoy;
        const derived = await derive(password, how);
        return derived.length === key.length && timingSafeEqual(derived, key) && known !== undefined;
      }),
    isOutdated(stored) {
      const hash = parse(stored);
      return !hash || text(hash.parameters) !== text(ARGON2);
    },
  };
}

function derive(password: string, { parameters, salt }: Omit<Hash, 'key'>): Promise<Buffer> {
  const { m = 0, t = 0, p = 1 } = parameters;
  const options = {
    message: password.normalize('NFKC'),
    nonce: salt,
    memory: m,
    passes: t,
    parallelism: p,
    tagLength: KEY_BYTES,
  };
  return new Promise((resolve, reject) => {
    argon2('argon2id', options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

function format({ parameters, salt, key }: Hash): string {
  return `$argon2id$v=19$${text(parameters)}$${unpadded(salt)}$${unpadded(key)}`;
}

function text(parameters: Readonly<Record<string, number>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

/** The hash as parts, or undefined for one that cannot be worked out here. */
function parse(stored: string): Hash | undefined {
  const match = /^\$argon2id\$v=19\$([a-z0-9=,]+)\$([\w+/]+)\$([\w+/]+)$/.exec(stored);
  const [, list = '', salt = '', key = ''] = match ?? [];
  if (!match) return undefined;
  const parameters = Object.fromEntries(
    list.split(',').map((pair): [string, number] => {
      const [name = '', value = ''] = pair.split('=');
      return [name, Number(value)];
    }),
  );
  if (!((parameters.m ?? 0) <= MAX_MEMORY_KIB)) return undefined;
  return { parameters, salt: Buffer.from(salt, 'base64'), key: Buffer.from(key, 'base64') };
}
