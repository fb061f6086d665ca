/** E-bom: secrets as people's programs write them: taken as they are meant, or refused with the reason. */
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { withFreshSecrets } from '../../src/config/secret-files.ts';
import { fileError } from '../support/settings.ts';

const utf16 = (text: string, mark = '\ufeff') => Buffer.from(mark + text, 'utf16le');

async function load(secret: Uint8Array | string | undefined, env: Record<string, string> = {}) {
  return loadConfig({
    file: undefined,
    env: { ...(secret === undefined ? {} : { WSE_INFLUX__TOKEN_FILE: '/run/token' }), ...env },
    async readFile(path) {
      if (path !== '/run/token') throw fileError('ENOENT');
      return secret ?? '';
    },
    listFolder: () => Promise.reject(fileError('ENOENT')),
  });
}

async function tokenOf(secret: Uint8Array | string | undefined, env: Record<string, string> = {}) {
  const result = await load(secret, env);
  return result.ok ? result.config.influx.token : result.problems.map(formatProblem).join('\n');
}

describe('E-bom: a secret', () => {
  test.each([
    ['as it is', Buffer.from('s3cret')],
    ['with a line end', Buffer.from('s3cret\n')],
    ['with one of Windows', Buffer.from('s3cret\r\n')],
    ['with several', Buffer.from('s3cret\n\n\r\n')],
    ['with a byte order mark', Buffer.from('\ufeffs3cret\n')],
    ['in UTF-16, little-endian', utf16('s3cret\r\n')],
    ['in UTF-16, big-endian', utf16('s3cret\n').swap16()],
  ])('in a file %s is taken', async (_, content) => {
    expect(await tokenOf(content)).toBe('s3cret');
  });

  test.each([
    ['UTF-16 without a mark', utf16('s3cret', ''), 'is UTF-16 without a byte order mark: save it as UTF-8'],
    ['UTF-16 cut in the middle', utf16('s3cret').subarray(0, 7), 'holds bytes that are not UTF-16'],
    ['Latin-1', Buffer.from('s3crét', 'latin1'), 'holds bytes that are not UTF-8: save it as UTF-8'],
    ['nothing', Buffer.from(''), 'holds nothing'],
    ['line ends alone', Buffer.from('\ufeff\r\n'), 'holds nothing'],
    ['two lines', Buffer.from('user\ns3cret\n'), 'of several lines'],
    ['a control character', Buffer.from('s3\u0000cret'), 'control characters'],
    ['a tab', Buffer.from('s3cret\t'), 'control characters'],
  ])('in a file of %s is refused with the reason', async (_, content, reason) => {
    const told = await tokenOf(content);
    expect(told).toContain('WSE_INFLUX__TOKEN_FILE: influx.token ');
    expect(told).toContain(reason);
    expect(told).not.toContain('cret');
  });

  test.each(['s3cret', 's3cret\n', 's3cret\r\n', 's3cret\n\n', 's3cret\r', '\ufeffs3cret'])(
    'in the environment as %j is taken',
    async (text) => {
      expect(await tokenOf(undefined, { WSE_INFLUX__TOKEN: text })).toBe('s3cret');
    },
  );

  test('in the environment that is not UTF-8 is refused with the reason', async () => {
    const told = await tokenOf(undefined, { WSE_INFLUX__TOKEN: '\ufffd\ufffds3' });
    expect(told).toBe('WSE_INFLUX__TOKEN: influx.token holds bytes that are not UTF-8');
  });

  test('with a space at an end is taken as it is, and that is told', async () => {
    const result = await load(Buffer.from(' s3cret \n'));
    if (!result.ok) throw new Error('refused');
    expect(result.config.influx.token).toBe(' s3cret ');
    expect(result.warnings.map(formatProblem)).toEqual([
      'WSE_INFLUX__TOKEN_FILE: influx.token begins or ends with a space, which is taken as part of it',
    ]);
  });

  test('a settings file in UTF-16 is read as well', async () => {
    const result = await loadConfig({
      file: 'site.toml',
      env: {},
      readFile: async () => utf16('[site]\r\nid = "hut"\r\n'),
      listFolder: () => Promise.reject(fileError('ENOENT')),
    });
    expect(result.ok && result.config.site.id).toBe('hut');
  });
});

test('F2: only secrets of files are read again, and one that is none keeps its old value', async () => {
  const result = await load('one\n');
  if (!result.ok) throw new Error('refused');
  const { config } = result;
  const again = (content: string, isPipe = false) =>
    withFreshSecrets(config, {
      env: { WSE_INFLUX__TOKEN_FILE: '/run/token' },
      readFile: async () => content,
      listFolder: () => Promise.reject(fileError('ENOENT')),
      isPipe: async () => isPipe,
    });
  expect((await again('one\n')).config).toBe(config);
  expect((await again('two', true)).config).toBe(config);
  const { config: fresh } = await again('two\n');
  expect(fresh).toEqual({ ...config, influx: { ...config.influx, token: 'two' } });
  const bad = await again('\n');
  expect(bad.config).toBe(config);
  expect(bad.problems.map(formatProblem)).toEqual([
    'WSE_INFLUX__TOKEN_FILE: influx.token comes from a file that holds nothing',
  ]);
});
