/** Faults: the code of a reply decides, texts and secrets stay inside. */
import { describe, expect, test } from 'vitest';
import { CentreFault, faultOfReply, replyCode, toFault } from '../../../src/sync/site/fault.ts';

describe('replyCode', () => {
  test.each([
    ["OOM command not allowed when used memory > 'maxmemory'.", 'OOM'],
    ["-READONLY You can't write against a read only replica.", 'READONLY'],
    ['MISCONF Redis is configured to save RDB snapshots', 'MISCONF'],
    ['NOSCRIPT', 'NOSCRIPT'],
    ["unknown command 'XADD'", 'ERR'],
    ['', 'ERR'],
  ])('of %j is %s', (reply, code) => {
    expect(replyCode(reply)).toBe(code);
  });

  // As Redis 6.2.11, 7.0.15 and Valkey 8.0.1 answer to our scripts.
  test.each([
    ["@user_script: 18: -OOM command not allowed when used memory > 'maxmemory'.\r\n", 'OOM'],
    ["@user_script: 2: -READONLY You can't write against a read only replica.", 'READONLY'],
    ["@user_script: 16: The user executing the script can't run this command or subcommand", 'NOPERM'],
    [
      `ERR Error running script (call to f_${'1194c19e'.repeat(5)}): @user_script:3: @user_script: 3: The user executing the script can't run this command or subcommand`,
      'NOPERM',
    ],
    ["ERR The user executing the script can't run this command or subcommand", 'NOPERM'],
    ["ERR ACL failure in script: User u has no permissions to run the 'xadd' command", 'NOPERM'],
    ['@user_script: 2: something else', 'ERR'],
  ])('of a script that met %j is %s', (reply, code) => {
    expect(replyCode(reply)).toBe(code);
  });
});

describe('a fault', () => {
  test('is slow to retry where only a person can help', () => {
    expect(faultOfReply('WRONGPASS invalid username-password pair').patience).toBe('slow');
    expect(faultOfReply('LOADING Redis is loading the dataset in memory').patience).toBe('soon');
  });

  test('does not repeat what the reply quotes', () => {
    const fault = faultOfReply("ERR unknown command 'AUTH', with args beginning with: 's3cret'");
    expect(`${fault.message} ${fault.hint}`).not.toContain('s3cret');
  });

  test('is short, however long the words of the centre are (S8)', () => {
    const long = 'X'.repeat(3_000_000);
    for (const fault of [
      faultOfReply(long),
      faultOfReply(`${long} text`),
      new CentreFault('A', { detail: long, hint: long, said: [] }),
    ]) {
      expect(`${fault.code}${fault.message}${fault.hint}`.length).toBeLessThan(700);
    }
  });

  test.each([
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', '', 'refuses the certificate of this box'],
    ['ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED', '', 'refuses the certificate of this box'],
    ['EPROTO', 'ssl/tls alert bad certificate', 'refuses the certificate of this box'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', '', 'wants a client certificate'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', '', 'does not speak TLS'],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', '', 'do not agree on TLS'],
    ['EPROTO', '', 'do not agree on TLS'],
    ['ERR_OSSL_PEM_NO_START_LINE', '', 'of this box for the centre cannot be used'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', '', "the centre's certificate is not trusted"],
  ])('says whose certificate it is about: %s %s', (code, reason, words) => {
    const fault = toFault(Object.assign(new Error('x'), { code, reason }));
    expect(fault.message).toContain(words);
    expect(fault.patience).toBe('slow');
  });

  test('knows the errors of sockets and certificates by their codes', () => {
    expect(toFault(Object.assign(new Error('x'), { code: 'ECONNREFUSED' })).message).toContain(
      'nothing listens',
    );
    expect(toFault(Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' })).hint).toContain('CA file');
    expect(toFault('anything')).toMatchObject({ code: 'LINE', patience: 'soon' });
  });
});
