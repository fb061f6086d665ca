/** The command line from outside: what is printed where, and the exit code. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LoadedConfig, runCli } from '../../src/cli/run-cli.ts';
import { VERBS } from '../../src/cli/verbs.ts';
import { temporaryFolder } from '../support/process.ts';
import { asNobody } from '../support/rights.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly ran: readonly LoadedConfig[];
}

async function cli(
  argv: readonly string[],
  { env = {}, isTTY = false }: { env?: Record<string, string>; isTTY?: boolean } = {},
): Promise<Outcome> {
  let out = '';
  let err = '';
  const ran: LoadedConfig[] = [];
  const code = await runCli(argv, {
    async runAppliance(loaded) {
      ran.push(loaded);
      return 3;
    },
    stdout: { write: (text) => (out += text), isTTY },
    stderr: { write: (text) => (err += text), isTTY },
    env,
    version: '1.2.3',
  });
  return { code, out, err, ran };
}

describe('help', () => {
  test.each([[[]], [['help']], [['--help']], [['-h']]])(
    '%j lists every verb and exits with 0',
    async (argv) => {
      const { code, out, err } = await cli(argv);
      expect(code).toBe(0);
      expect(err).toBe('');
      for (const verb of VERBS) expect(out).toContain(`  ${verb.name} `);
      for (const title of ['Usage', 'Examples', 'Environment', 'Exit codes'])
        expect(out).toContain(`\n${title}\n`.trimStart());
    },
  );

  test.each(VERBS.map(({ name }) => name))('`%s --help` and `help` print the same', async (name) => {
    const words = name.split(' ');
    const { code, out } = await cli([...words, '--help']);
    expect(code).toBe(0);
    expect(out).toContain(`webscada-edge ${name}`);
    for (const option of Object.keys(VERBS.find((verb) => verb.name === name)?.options ?? {})) {
      expect(out).toContain(`--${option}`);
    }
    expect((await cli(['help', ...words])).out).toBe(out);
  });

  test('no line is wider than 120 columns', async () => {
    const pages = await Promise.all(
      [[], ...VERBS.map(({ name }) => name.split(' '))].map((words) => cli(['help', ...words])),
    );
    expect(pages.flatMap(({ out }) => out.split('\n')).filter((line) => line.length > 120)).toEqual([]);
  });

  test('is bold on a terminal unless NO_COLOR is set', async () => {
    const bold = '\u001b[1m';
    expect((await cli(['help'], { isTTY: true })).out).toContain(bold);
    expect((await cli(['help'], { isTTY: true, env: { NO_COLOR: '1' } })).out).not.toContain(bold);
    expect((await cli(['help'])).out).not.toContain(bold);
  });
});

test.each<[string[], string, string]>([
  [['rn'], 'unknown verb `rn`; did you mean `run`?', 'help'],
  [['frobnicate'], 'unknown verb `frobnicate`', 'help'],
  [['config', 'vaildate'], 'unknown verb `config vaildate`; did you mean `config validate`?', 'help'],
  [['help', 'rum'], 'unknown verb `rum`; did you mean `run`?', 'help'],
  [['run', '--confg', 'x'], 'unknown option `--confg`; did you mean `--config`?', 'help run'],
  [['run', '--config'], '--config wants a value: --config FILE', 'help run'],
  [['run', '--config=a', '--config=b'], '--config is given twice', 'help run'],
  [['run', '--simulator=yes'], '--simulator takes no value', 'help run'],
  [['run', 'site.toml'], 'unexpected `site.toml`', 'help run'],
  [['run', '--__proto__'], 'unknown option `--__proto__`', 'help run'],
])('%j is refused with 2', async (argv, problem, hint) => {
  expect(await cli(argv)).toEqual({
    code: 2,
    out: '',
    err: `webscada-edge: ${problem}\nSee: webscada-edge ${hint}\n`,
    ran: [],
  });
});

test.each<[string, string]>([
  ['quarantine drop', 'say which records'],
  ['quarantine retry --note x', 'say which records'],
  ['quarantine drop 5 --all', 'say which records'],
  ['quarantine retype --all', 'say --field and --to'],
  ['quarantine retype --all --field level', 'say --to'],
  ['quarantine retype --all --field level --to blob', '--to is one of number, string, boolean, remove'],
  ['quarantine drop level', 'records are named by their numbers'],
])('O20: `%s` is wrong use, whether the box answers or not', async (line, problem) => {
  const { code, err } = await cli([...line.split(' '), '--url', 'http://127.0.0.1:1']);
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(problem) });
});

describe('a verb that was renamed: `verify`, now `release verify`', () => {
  const HINT =
    'webscada-edge: `verify` is called `release verify` now; the old name goes with the next release\n';

  test('does the same under its old name, and says what it is called', async () => {
    const now = await cli(['release', 'verify', join(folder.path, 'none'), '--json']);
    expect(now).toMatchObject({ code: 1, err: expect.stringContaining('none') });
    const before = await cli(['verify', join(folder.path, 'none'), '--json']);
    expect(before).toEqual({ ...now, err: `${HINT}${now.err}` });
  });

  test('wrong use of the old name points at the new one', async () => {
    const { code, err } = await cli(['verify', '--keys', 'x']);
    expect(code).toBe(2);
    expect(err).toBe(
      `${HINT}webscada-edge: unknown option \`--keys\`; did you mean \`--key\`?\nSee: webscada-edge help release verify\n`,
    );
  });

  test('help and the man page know the new name; help of the old one explains the new one', async () => {
    expect((await cli(['help', 'verify'])).out).toBe((await cli(['help', 'release', 'verify'])).out);
    expect((await cli(['help'])).out).not.toMatch(/^ {2}verify /m);
    expect((await cli(['release'])).err).toContain('release verify');
  });
});

test('`config` alone lists its verbs and exits with 2', async () => {
  const { code, err } = await cli(['config']);
  expect(code).toBe(2);
  expect(err).toContain('config validate');
});

describe('run', () => {
  test('hands the settings to the appliance and its exit code back', async () => {
    const file = join(folder.path, 'site.toml');
    writeFileSync(file, '[site]\nid = "x"\n');
    const argv = ['run', '-c', file, '--set', 'http.port=1', '--set', 'log.level=debug', '--simulator'];
    const { code, ran } = await cli(argv);
    expect(code).toBe(3);
    expect(
      ran.map(({ config }) => [config.site.id, config.http.port, config.log.level, config.simulator.enabled]),
    ).toEqual([['x', 1, 'debug', true]]);
  });

  test('takes the file from WSE_CONFIG, but rather from --config', async () => {
    for (const id of ['env', 'flag'])
      writeFileSync(join(folder.path, `${id}.toml`), `[site]\nid = "${id}"\n`);
    const env = { WSE_CONFIG: join(folder.path, 'env.toml') };
    expect((await cli(['run'], { env })).ran[0]?.config.site.id).toBe('env');
    expect(
      (await cli(['run', '--config', join(folder.path, 'flag.toml')], { env })).ran[0]?.config.site.id,
    ).toBe('flag');
  });

  test('does not run with wrong settings: 78 and every problem', async () => {
    const { code, err, ran } = await cli(['run', '--set', 'http.port=0', '--set', 'x.y=1']);
    expect({ code, ran }).toEqual({ code: 78, ran: [] });
    expect(err).toBe(
      'webscada-edge: there are 2 problems with the settings\n' +
        '  --set http.port: http.port must be a whole number from 1 to 65535, not 0\n' +
        '  --set x.y: is not a setting\n',
    );
  });
});

describe('config', () => {
  test('init writes a file that validate accepts, and never over another', async () => {
    const file = join(folder.path, 'site.toml');
    const init = ['config', 'init', '--site', 'north-hill', '--output', file];
    expect((await cli(init)).code).toBe(0);
    const text = readFileSync(file, 'utf8');
    expect((await cli(['config', 'init', '--site', 'north-hill'])).out).toBe(text);
    expect(await cli(['config', 'validate', '--config', file])).toMatchObject({
      code: 0,
      out: `the settings are valid (read ${file})\n`,
      err: '',
    });
    writeFileSync(file, 'mine');
    expect(await cli(init)).toMatchObject({ code: 1, err: expect.stringContaining('exists already') });
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  test('init refuses a name that is no site id', async () => {
    expect(await cli(['config', 'init', '--site', 'North Hill'])).toMatchObject({
      code: 2,
      out: '',
      err: 'webscada-edge: --site must be lower-case letters, digits and inner hyphens, at most 63\n',
    });
  });

  test('validate exits with 78 for a file that is not there', async () => {
    const file = join(folder.path, 'none.toml');
    expect(await cli(['config', 'validate', '--config', file])).toMatchObject({
      code: 78,
      err: `webscada-edge: there is a problem with the settings\n  ${file}: cannot be read: it does not exist\n`,
    });
  });

  test.each<[string, readonly string[]]>([
    ['settings', ['run', '--config', 'closed']],
    ['settings beside them', ['config', 'validate', '--config', 'beside/site.toml']],
    ['a token', ['doctor', '--token-file', 'closed']],
    ['devices', ['devices', 'import', 'closed']],
    ['a script', ['codec', 'test', 'closed', '--bytes', '00']],
    ['settings to begin with', ['install', '--prefix', 'box', '--config', 'closed']],
    ['a site', ['manifest', '--site', 'closed']],
  ])('O20: what may not be read (%s) is a matter of rights: %j ends with 77', async (_, words) => {
    const at = (word: string) => join(folder.path, word);
    mkdirSync(at('beside/conf.d'), { recursive: true });
    writeFileSync(at('beside/site.toml'), '');
    for (const name of ['closed', 'beside/conf.d/more.toml']) writeFileSync(at(name), '', { mode: 0 });
    const argv = words.map((word) => (/closed|^box|\//.test(word) ? at(word) : word));
    const { code, err, ran } = await asNobody(folder.path, () => cli(argv));
    expect({ code, ran }).toEqual({ code: 77, ran: [] });
    expect(err).toMatch(/cannot be read(: permission denied| \(EACCES\))\n$/);
  });

  test('O20: so is a secret file', async () => {
    const file = join(folder.path, 'token');
    writeFileSync(file, 'S3cret', { mode: 0 });
    const env = { WSE_INFLUX__TOKEN_FILE: file };
    expect(await asNobody(folder.path, () => cli(['run'], { env }))).toMatchObject({ code: 77, ran: [] });
  });

  test('validate warns of a secret in the environment without repeating it', async () => {
    const { code, err } = await cli(['config', 'validate'], { env: { WSE_INFLUX__TOKEN: 'S3cret' } });
    expect(code).toBe(0);
    expect(err).toContain('better WSE_INFLUX__TOKEN_FILE');
    expect(err).not.toContain('S3cret');
  });

  test('show says with --origin where values come from', async () => {
    const env = { WSE_HTTP__PORT: '81' };
    expect((await cli(['config', 'show', '--origin'], { env })).out).toContain(
      '\nport = 81 # WSE_HTTP__PORT\n',
    );
    expect((await cli(['config', 'show'], { env })).out).toContain('\nport = 81\n');
  });
});

test('version prints itself, as JSON with the platform', async () => {
  expect((await cli(['--version'])).out).toBe('webscada-edge 1.2.3\n');
  expect(JSON.parse((await cli(['version', '--json'])).out)).toEqual({
    name: 'webscada-edge',
    version: '1.2.3',
    node: process.versions.node,
    platform: process.platform,
    arch: process.arch,
  });
});
