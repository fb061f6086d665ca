/**
 * Who may use the embedded broker over the network: one user a gateway, with a password made here. A file beside the
 * database, so that a user can be made while the box runs; it is read anew at each login. One that cannot be read is told, and
 * never taken for an empty one: a new user would put all others out.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withLock } from '../files/lock.ts';
import { replaceFile } from '../files/replace-file.ts';

const MAX_USERS = 256;
const MAX_FILE_BYTES = 64 * 1024;
const GATEWAY_ID = /^[0-9a-f]{16}$/;

/** Gateway ids and the hashes of their passwords. */
type Users = Readonly<Record<string, string>>;

export function brokerUsersFile(storeDir: string): string {
  return join(storeDir, 'broker-users.json');
}

export function isGatewayId(text: string): boolean {
  return GATEWAY_ID.test(text);
}

/** Ids of the gateways that have a user. Throws, with what to do, when the file cannot be read. */
export function brokerUsers(file: string): readonly string[] {
  return Object.keys(read(file)).sort();
}

/** Whether `password` is that of the gateway's user. Throws when the file cannot be read. */
export function isBrokerUser(file: string, gatewayId: string, password: string): boolean {
  const users = read(file);
  const hash = Object.hasOwn(users, gatewayId) ? users[gatewayId] : undefined;
  if (hash === undefined) return false;
  const [given, wanted] = [Buffer.from(hashOf(password)), Buffer.from(hash)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** Makes the gateway's user, or a new password for it, and gives the password; undefined: there are too many. */
export function addBrokerUser(file: string, gatewayId: string): string | undefined {
  return alone(file, () => {
    const users = { ...read(file) };
    const password = randomBytes(24).toString('base64url');
    users[gatewayId] = hashOf(password);
    if (Object.keys(users).length > MAX_USERS) return undefined;
    write(file, users);
    return password;
  });
}

/** False when it has no user. */
export function removeBrokerUser(file: string, gatewayId: string): boolean {
  return alone(file, () => {
    const users = { ...read(file) };
    if (!Object.hasOwn(users, gatewayId)) return false;
    delete users[gatewayId];
    write(file, users);
    return true;
  });
}

/** Of two who change it at the same moment the second reads what the first has written. */
function alone<T>(file: string, change: () => T): T {
  return withLock(`${file}.lock`, change);
}

/** Enough for 192 random bits, which no one guesses. */
function hashOf(password: string): string {
  return createHash('sha256').update(password).digest('base64url');
}

/** A box nobody has made a user on has no file. */
function read(file: string): Users {
  let text: string;
  try {
    text = readRegular(file);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing && statSync(dirname(file)).isDirectory()) return {};
    throw error;
  }
  const users = parse(text);
  if (users) return users;
  throw new Error(
    'it is damaged: put back the one of a backup, or move it away and make each gateway’s user anew',
  );
}

/** Neither a pipe nor a link to elsewhere holds anybody up. */
function readRegular(file: string): string {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size > MAX_FILE_BYTES) throw new Error('it is no file of users');
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

function parse(text: string): Users | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const entries = Object.entries(value).filter(
      (entry): entry is [string, string] => isGatewayId(entry[0]) && typeof entry[1] === 'string',
    );
    return entries.length === Object.keys(value).length ? Object.fromEntries(entries) : undefined;
  } catch {
    return undefined;
  }
}

/** It belongs to whom the folder belongs to: made by root, the service could not read it. */
function write(file: string, users: Users): void {
  const { uid, gid } = statSync(dirname(file));
  const owner = process.getuid?.() === 0 ? { uid, gid } : undefined;
  replaceFile(file, `${JSON.stringify(users, null, 2)}\n`, { owner });
}
