/** Secrets of every kind planted in text that is to leave the box: none gets through, and what is needed stays readable. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createScrubber } from '../../src/model/scrub.ts';

const PEM = '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIPlanted+key/text==\n-----END EC PRIVATE KEY-----';

/** Each with the part that must not be seen. */
const PLANTED: readonly (readonly [string, string, string])[] = [
  ['an API token', 'sent wse_Ab3-xyzPLANTED_99 to us', 'Ab3-xyzPLANTED'],
  ['a header', 'authorization: Bearer abcPLANTEDdef', 'PLANTED'],
  ['basic', 'Authorization: Basic dXNlcjpQTEFOVEVE', 'dXNlcjpQTEFOVEVE'],
  ['a URL', 'redis://user:PLANTED@host:6379/0', 'PLANTED'],
  ['a query', 'https://host/api?org=x&token=PLANTED&y=1', 'PLANTED'],
  ['JSON', '{"password":"PLAN\\"TED","n":1}', 'TED'],
  ['TOML', "token = 'PLANTED one'\nport = 1", 'PLANTED'],
  ['an environment', 'WSE_MQTT_PASSWORD=PLANTED', 'PLANTED'],
  ['an AppKey', '"appKey":"00112233445566778899aabbccddeeff"', '8899aabb'],
  ['a key without a name', 'got 00112233445566778899AABBCCDDEEFF here', '8899AABB'],
  ['a key in bytes', '00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff', '88 99'],
  ['a private key', PEM, 'Planted'],
  ['a private key cut short', PEM.slice(0, 60), 'PlantedXX'.slice(0, 3)],
  ['a password hash', '$argon2id$v=19$m=47104,t=1,p=1$PLANTED$hash', 'PLANTED'],
  ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJPLANTED0.c2lnbmF0dXJl', 'PLANTED'],
  ['a cookie', 'cookie: wse-session=PLANTED; x', 'PLANTED'],
  ['a claim code', '"claimCode":"ABCD-EFGH"', 'ABCD-EFGH'],
];

describe('what leaves the box', () => {
  const scrub = createScrubber([]);

  test.each(PLANTED)('%s is taken out', (_kind, text, secret) => {
    expect(text).toContain(secret);
    expect(scrub(text)).not.toContain(secret);
    expect(scrub(text)).toContain('***');
  });

  test('values that are known go, in whatever spelling', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6, maxLength: 30, unit: 'binary' }), (random) => {
        const secret = `Q${random}z~9`;
        const known = createScrubber([secret]);
        const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '');
        const spellings = [secret, JSON.stringify(secret), base64, Buffer.from(secret).toString('hex')];
        for (const spelling of spellings) expect(known(`a ${spelling} b`)).not.toContain(spelling);
      }),
      { numRuns: 200 },
    );
    expect(createScrubber(['hunter2', 'hunter2-and-more'])('x hunter2-and-more y')).toBe('x *** y');
  });

  test('what somebody needs to find a fault stays', () => {
    const kept = [
      '{"level":"info","event":"access.token_added","tokens":3,"passwordSet":true}',
      'devEui 70b3d57ed0000000, devAddr 01020304, gateway 0016c001ff10a235',
      'sha256 0011223344556677889900112233445566778899001122334455667788990011',
      'InfluxDB refuses the token: HTTP 401',
      'key_file = "/etc/webscada-edge/device.key"'.replace('key_file', 'path'),
    ];
    for (const text of kept) expect(scrub(text)).toBe(text);
  });

  test('a long hostile text takes no time', () => {
    const startedMs = performance.now();
    for (const piece of [
      'token',
      '00 ',
      'eyJa.',
      '-----BEGIN PRIVATE KEY-----',
      'a://',
      '?token=',
      '"key":"\\',
    ])
      scrub(piece.repeat(200_000 / piece.length));
    expect(performance.now() - startedMs).toBeLessThan(20_000);
  });
});
