/** Which address and which scheme a request is taken to have come by, through proxies that are trusted or not. */
import { describe, expect, test } from 'vitest';
import { createClientReader, createProxyTrust, limitKey } from '../../../src/ui/access/client.ts';

describe('who is at the other end', () => {
  const read = createClientReader(createProxyTrust(['10.42.0.0/16', '127.0.0.1', 'fd00::/8']));

  test.each([
    ['198.51.100.7', { for: '1.2.3.4' }, '198.51.100.7', false],
    ['10.42.3.9', { for: '6.6.6.6, 1.2.3.4', proto: 'https' }, '1.2.3.4', true],
    ['::ffff:10.42.3.9', { for: '1.2.3.4, 10.42.0.1' }, '1.2.3.4', false],
    ['127.0.0.1', { for: 'nonsense' }, '127.0.0.1', false],
    ['fd00::1', { for: '2001:db8::7' }, '2001:db8::7', false],
    ['10.42.3.9', {}, '10.42.3.9', false],
  ])('%s with %o is %s', (peer, headers, address, secure) => {
    expect(read(peer, false, headers)).toEqual({ address, secure });
  });

  test('an IPv6 network counts as one', () => {
    expect(limitKey('2001:db8:1:2:3:4:5:6')).toBe(limitKey('2001:db8:1:2::9'));
    expect(limitKey('2001:db8:1:2::9')).not.toBe(limitKey('2001:db8:1:3::9'));
    expect(limitKey('::1')).toBe('0:0:0:0');
    expect(limitKey('192.0.2.1')).toBe('192.0.2.1');
  });
});
