/** Hashes say how they were made, those made otherwise still verify, and working them out takes bounded memory. */
import { describe, expect, test } from 'vitest';
import { createPasswords } from '../../../src/ui/access/password.ts';

const PASSWORD = 'correct horse battery';

/** Made with less: 1 MiB and two passes. */
const OUTDATED =
  '$argon2id$v=19$m=1024,t=2,p=1$U29kaXVtQ2hsb3JpZGU$xJdyP7OAk2wtYXqsvgJrQSRrIY6pLoKP6aFJHFqW0Cg';

describe('password hashes', () => {
  test('say how they were made, differ for equal passwords, and those made otherwise still verify', async () => {
    const passwords = createPasswords();
    const [one, two] = [await passwords.hash(PASSWORD), await passwords.hash(PASSWORD)];
    expect(one).toMatch(/^\$argon2id\$v=19\$m=47104,t=1,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(one).not.toBe(two);
    expect(await passwords.verify(PASSWORD, one)).toBe(true);
    expect(await passwords.verify(`${PASSWORD} `, one)).toBe(false);
    expect(await passwords.verify('pleaseletmein', OUTDATED)).toBe(true);
    expect([passwords.isOutdated(one), passwords.isOutdated(OUTDATED)]).toEqual([false, true]);
    for (const odd of [
      '',
      '$argon2id$',
      '$scrypt$ln=15,r=8,p=1$AAAA$AAAA',
      '$argon2id$v=19$m=99999999,t=2,p=1$AAAA$AAAA',
    ]) {
      expect(await passwords.verify(PASSWORD, odd)).toBe(false);
    }
  });

  test('working them out leaves no memory behind, on any thread of the pool', async () => {
    const passwords = createPasswords();
    await passwords.hash(PASSWORD);
    const before = process.memoryUsage.rss();
    for (let n = 0; n < 8; n += 1) await passwords.verify(PASSWORD, undefined);
    // The work of one alone is 46 MiB.
    expect(process.memoryUsage.rss() - before).toBeLessThan(30 * 1024 ** 2);
  });

  test('too many passwords at once are turned away instead of queued without end', async () => {
    const passwords = createPasswords();
    const results = await Promise.all(Array.from({ length: 12 }, () => passwords.verify('x', undefined)));
    expect(results.filter((result) => result === 'busy').length).toBe(3);
    expect(results.filter((result) => result === false).length).toBe(9);
  });
});
