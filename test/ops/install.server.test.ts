/** The installation: what it checks, what it puts where, that it may be run again, and how hard its unit is. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { checkMachine } from '../../src/ops/install/checks.ts';
import { layoutOf } from '../../src/ops/install/layout.ts';
import type { Machine } from '../../src/ops/install/machine.ts';
import { planInstallation } from '../../src/ops/install/plan.ts';
import { credentialsText, portsText, unitText } from '../../src/ops/install/unit.ts';
import { canRun, needs } from '../support/needs.ts';
import { freePort, temporaryFolder } from '../support/process.ts';

const root = dirname(dirname(import.meta.dirname));
const has = (program: string): boolean => canRun(program, '--version');

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

async function cli(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return answering(undefined, ...argv);
}

/** The same with somebody at the terminal who gives this answer to every question, or these one after the other. */
async function answering(
  answer: string | undefined | readonly string[],
  ...argv: readonly string[]
): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const answers = typeof answer === 'object' ? [...answer] : undefined;
  const code = await runCli(argv, {
    runAppliance: async () => 0,
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    env: {},
    version: '1.2.3',
    ask: async () => (typeof answer === 'object' ? answers?.shift() : answer),
  });
  return { code, out, err };
}

/** Every file below a folder with its mode and content. */
function snapshot(path: string): Record<string, string> {
  const names = existsSync(path) ? readdirSync(path, { recursive: true, encoding: 'utf8' }) : [];
  const entries = names.sort().map((name) => {
    const { mode, size, mtimeMs } = statSync(join(path, name));
    return [name, `${mode.toString(8)} ${size} ${mtimeMs}`];
  });
  return Object.fromEntries(entries) as Record<string, string>;
}

describe('a plain installation below a folder', () => {
  test('puts the program, settings that start and a data folder there, and a second run changes nothing', async () => {
    const place = join(folder.path, 'box');
    const first = await cli('install', '--prefix', place, '--port', '18080', '--site', 'north-hill');
    expect(first).toMatchObject({ code: 0, err: expect.not.stringContaining('PROBLEM') });
    const { settingsFile, executable, data } = layoutOf(place);
    expect(statSync(executable).mode & 0o777).toBe(0o755);
    expect(statSync(data).mode & 0o777).toBe(0o750);
    const shown = await cli('config', 'show', '--config', settingsFile);
    expect(shown.out).toContain('id = "north-hill"');
    expect(shown.out).toContain('port = 18080');
    expect(shown.out).toContain(`dir = "${data}"`);
    const before = snapshot(place);
    const second = await cli('install', '--prefix', place);
    expect(second.out).toContain('nothing was changed');
    expect(snapshot(place)).toEqual(before);
  });

  test('dry, it makes nothing and says what it would', async () => {
    const place = join(folder.path, 'box');
    const { code, out } = await cli('install', '--prefix', place, '--dry-run');
    expect(code).toBe(0);
    expect(out).toContain(`to do     ${layoutOf(place).executable}`);
    expect(existsSync(place)).toBe(false);
  });

  test('keeps the operator’s settings, and refuses those that would not start', async () => {
    const { settings, settingsFile } = layoutOf(folder.path);
    mkdirSync(settings, { recursive: true });
    const own = '[site]\nid = "mine"\n[store]\ndir = "/srv/wse"\n';
    writeFileSync(settingsFile, own);
    expect((await cli('install', '--prefix', folder.path)).code).toBe(0);
    expect(readFileSync(settingsFile, 'utf8')).toBe(own);
    rmSync(settingsFile);
    const given = join(folder.path, 'given.toml');
    writeFileSync(given, '[http]\nprot = 1\n');
    const refused = await cli('install', '--prefix', folder.path, '--config', given);
    expect(refused).toMatchObject({ code: 78, err: expect.stringContaining('prot') });
    writeFileSync(given, '[store]\ndir = "data"\n');
    const relative = await cli('install', '--prefix', folder.path, '--config', given);
    expect(relative).toMatchObject({ code: 78, err: expect.stringContaining('absolute') });
    expect(existsSync(settingsFile)).toBe(false);
  });

  test.each([
    ['of `config init`', undefined],
    ['without a section for it', '[site]\nid = "x"\n'],
    ['with an empty one', '[store]\n\n[site]\nid = "x"\n'],
  ])('O17: settings %s say no folder of the store: it is the one of the installation', async (_, text) => {
    const given = join(folder.path, 'site.toml');
    if (text === undefined) await cli('config', 'init', '--site', 'x', '--output', given);
    else writeFileSync(given, text);
    const place = join(folder.path, 'box');
    const { settingsFile, data } = layoutOf(place);
    const port = String(await freePort());
    const more = ['--broker-port', port];
    const { code, err } = await cli('install', '--prefix', place, '--config', given, ...more);
    expect({ code, err }).toEqual({ code: 0, err: expect.not.stringContaining('PROBLEM') });
    const shown = (await cli('config', 'show', '--config', settingsFile)).out;
    for (const line of [`dir = "${data}"`, 'id = "x"', `embedded_port = ${port}`])
      expect(shown).toContain(line);
  });

  describe('O17: where another broker has the port', () => {
    let port = 0;
    let other: Server;
    beforeEach(async () => {
      port = await freePort();
      other = createServer().listen(port, '127.0.0.1');
      await once(other, 'listening');
    });
    afterEach(() => other.close());

    const install = async (answers: readonly string[] | undefined, ...more: readonly string[]) => {
      const given = join(folder.path, 'site.toml');
      writeFileSync(given, `[mqtt]\nembedded_port = ${port}\n[http]\nport = ${await freePort()}\n`);
      const place = join(folder.path, 'box');
      const done = await answering(answers, 'install', '--prefix', place, '--config', given, ...more);
      const { settingsFile, credentials } = layoutOf(place);
      const shown = (await cli('config', 'show', '--config', settingsFile)).out;
      return { ...done, shown, passwordFile: join(credentials, 'mqtt.password') };
    };

    test('and nobody answers, it is told with both ways out, and nothing is installed', async () => {
      const { code, err } = await install(undefined);
      expect(code).toBe(1);
      expect(err).toMatch(/PROBLEM +broker: port \d+ is in use \(.*--broker mqtt:.*--broker-port/);
      expect(existsSync(layoutOf(join(folder.path, 'box')).settingsFile)).toBe(false);
    });

    test('it is used, with its login', async () => {
      const { code, shown, passwordFile } = await install(['y', 'box', 'S3cret']);
      expect(code).toBe(0);
      for (const line of ['mode = "external"', `url = "mqtt://127.0.0.1:${port}"`, 'username = "box"'])
        expect(shown).toContain(line);
      expect(readFileSync(passwordFile, 'utf8')).toBe('S3cret');
      expect(statSync(passwordFile).mode & 0o777).toBe(0o600);
    });

    test('or without one', async () => {
      const { code, shown, passwordFile } = await install(['yes', '']);
      expect([code, existsSync(passwordFile)]).toEqual([0, false]);
      expect(shown).toContain('mode = "external"');
    });

    test('or ours takes another port', async () => {
      const { code, shown, out } = await install(['n']);
      expect(code).toBe(0);
      const taken = /Our own broker takes port (\d+)/.exec(out)?.[1];
      expect(shown).toContain(`embedded_port = ${taken}`);
      expect(Number(taken)).toBeGreaterThan(port);
    });

    test('options say the same, without a question', async () => {
      const file = join(folder.path, 'password');
      writeFileSync(file, 'S3cret\n');
      const login = ['--broker-user', 'box', '--broker-password-file', file];
      const made = await install(undefined, '--broker', `mqtt://127.0.0.1:${port}`, ...login);
      expect(made).toMatchObject({ code: 0, shown: expect.stringContaining('username = "box"') });
      expect(readFileSync(made.passwordFile, 'utf8')).toBe('S3cret');
    });
  });

  test.each([
    [['--broker-user', 'x'], 'want --broker URL'],
    [['--broker', 'mqtt://b', '--broker-port', '1'], 'exclude each other'],
    [['--broker-port', '0'], '1 to 65535'],
  ])('O17: wrong use of the options is told: %j', async (more, problem) => {
    const { code, err } = await cli('install', '--prefix', join(folder.path, 'box'), ...more);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(problem) });
  });

  test('O18: --program-files brings the files of this program up to date, and nothing else', async () => {
    const place = join(folder.path, 'box');
    const { unit } = layoutOf(place);
    const manual = join(place, 'usr/local/share/man/man1/webscada-edge.1');
    const completion = join(place, 'usr/local/share/bash-completion/completions/webscada-edge');
    for (const file of [unit, manual, completion]) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, 'of another version');
    }
    expect((await cli('install', '--program-files', '--prefix', place)).code).toBe(0);
    expect(readFileSync(unit, 'utf8')).toBe(unitText(layoutOf(place)));
    expect(readFileSync(manual, 'utf8')).toContain('1.2.3');
    expect(readFileSync(completion, 'utf8')).toContain('_webscada_edge');
    const before = snapshot(place);
    await cli('install', '--program-files', '--prefix', place);
    expect(snapshot(place)).toEqual(before);
    const { executable, settingsFile } = layoutOf(place);
    expect([executable, settingsFile].map(existsSync)).toEqual([false, false]);
  });

  test('uninstall keeps settings and data, without a question', async () => {
    const { executable, settingsFile, data } = layoutOf(folder.path);
    await cli('install', '--prefix', folder.path);
    writeFileSync(join(data, 'reading'), '1');
    expect((await cli('uninstall', '--prefix', folder.path)).code).toBe(0);
    expect([executable, settingsFile, join(data, 'reading')].map(existsSync)).toEqual([false, true, true]);
  });

  test.each<[string | undefined, string[], boolean]>([
    [undefined, [], false],
    ['', [], false],
    ['n', [], false],
    ['y', [], true],
    [undefined, ['--yes'], true],
  ])('O4: uninstall --purge, answered %j and with %j: gone: %s', async (answer, more, gone) => {
    const { executable, settingsFile, data } = layoutOf(folder.path);
    expect(await cli('install', '--prefix', folder.path)).toMatchObject({ code: 0 });
    writeFileSync(join(data, 'reading'), '1'.repeat(2_500_000));
    const { code, out, err } = await answering(
      answer,
      'uninstall',
      '--purge',
      '--prefix',
      folder.path,
      ...more,
    );
    expect(out).toContain(`${data}: readings, keys and users, 2.5 MB\n`);
    expect(out).toContain('the store: no store\n');
    expect([executable, settingsFile, data].map(existsSync)).toEqual([!gone, !gone, !gone]);
    expect(code).toBe(gone ? 0 : 1);
    expect(err).toContain(gone ? '' : 'nothing was removed; --yes does it without asking');
  });
});

describe('the checks', () => {
  const machine: Machine = {
    run: async (command, args) => ({
      code: command === 'systemctl' && args[0] === 'is-active' ? 3 : 0,
      stdout: 'systemd 252 (252.1)\n',
      stderr: '',
    }),
    uid: () => 0,
    read: () => 'ID=raspbian\nID_LIKE=debian\nPRETTY_NAME="Raspbian 12"\n',
    exists: () => true,
    portFree: async () => true,
    freeBytes: () => 20e9,
    fleeting: () => undefined,
    glibc: () => '2.36',
  };
  const problemsOf = async (change: Partial<Machine>): Promise<string[]> => {
    const findings = await checkMachine({
      machine: { ...machine, ...change },
      layout: layoutOf('/'),
      system: true,
      ports: [{ host: '127.0.0.1', port: 8080, what: 'pages' }],
    });
    return findings.flatMap(({ what, level, hint }) => {
      // Whatever is wrong says what to do.
      if (level !== 'ok') expect(hint).toBeTruthy();
      return level === 'ok' ? [] : [`${level} ${what}`];
    });
  };

  test('are content with a Raspberry Pi', async () => {
    expect(await problemsOf({})).toEqual([]);
  });

  test.each<[string, Partial<Machine>, string]>([
    ['somebody who is not root', { uid: () => 1000 }, 'problem rights'],
    ['another distribution', { read: () => 'ID=fedora\n' }, 'warning system'],
    ['a machine without systemd', { exists: () => false }, 'problem systemd'],
    [
      'an old systemd',
      { run: async () => ({ code: 1, stdout: 'systemd 241', stderr: '' }) },
      'problem systemd',
    ],
    ['an old C library', { glibc: () => '2.31' }, 'problem C library'],
    ['musl', { glibc: () => '' }, 'problem C library'],
    ['a full disk', { freeBytes: () => 100e6 }, 'problem disk'],
    ['a small disk', { freeBytes: () => 2e9 }, 'warning disk'],
    ['a disk in memory', { fleeting: () => ({ kind: 'memory', type: 'tmpfs' }) }, 'warning disk'],
    ['a port in use', { portFree: async () => false }, 'problem pages'],
  ])('tell %s', async (_, change, problem) => {
    expect(await problemsOf(change)).toEqual([problem]);
  });
});

describe('the unit', () => {
  const committed = join(root, 'deploy/systemd/webscada-edge.service');

  test('in deploy/systemd is the one that is installed', () => {
    expect(readFileSync(committed, 'utf8')).toBe(unitText());
  });

  test('hands over each credential, and only root may read them', () => {
    const layout = layoutOf('/');
    expect(credentialsText(layout, ['influx.token'])).toContain(
      'LoadCredential=influx.token:/etc/webscada-edge/credentials/influx.token\n',
    );
    const steps = planInstallation({
      layout,
      system: true,
      from: '/x',
      settings: '',
      credentials: ['influx.token'],
      manual: '',
      completion: '',
    });
    expect(steps).toContainEqual({ kind: 'folder', path: layout.credentials, mode: 0o700, group: 'root' });
    expect(steps.at(-1)).toEqual({ kind: 'running', unit: 'webscada-edge' });
  });

  const withPort = (port: number) =>
    planInstallation({
      ...{ layout: layoutOf('/'), system: true, from: '/x', settings: '', credentials: [] },
      ...{ ports: [port, 1883], manual: '', completion: '' },
    });
  const portsDropIn = '/etc/systemd/system/webscada-edge.service.d/ports.conf';

  test.each([8080, 1024, 0])('with the port %i has no right to lower ones', (port) => {
    expect(withPort(port)).toContainEqual({ kind: 'removed', path: portsDropIn });
    expect(JSON.stringify(withPort(port))).not.toContain('CAP_NET_BIND_SERVICE');
  });

  test.each([443, 1023])('with the port %i may listen on it: the right is in a drop-in', (port) => {
    const step = withPort(port).find((each) => 'path' in each && each.path === portsDropIn);
    expect(step).toMatchObject({ kind: 'file', mode: 0o644, owned: true, text: portsText([port]) });
  });

  const canAnalyze = has('systemd-analyze');

  test('scores 2.0 or better for security', (context) => {
    needs(context, 'systemd-analyze', canAnalyze);
    const scored = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', committed], {
      encoding: 'utf8',
    });
    expect({ status: scored.status, stderr: scored.stderr }).toEqual({ status: 0, stderr: '' });
    expect(scored.stdout).toMatch(/Overall exposure level for webscada-edge\.service: [01]\.\d/);
  });

  test('scores 2.0 or better with a port below 1024 as well', (context) => {
    needs(context, 'systemd-analyze', canAnalyze);
    const folder = temporaryFolder();
    try {
      const unit = join(folder.path, 'webscada-edge.service');
      // Without a drop-in's ways: what it sets takes the place of what the unit sets.
      const set = (portsText([443]) ?? '').split('\n').filter((line) => line.includes('='));
      const names = set.map((line) => `${line.split('=')[0]}=`);
      const kept = unitText()
        .split('\n')
        .filter((line) => !names.some((name) => line.startsWith(name)));
      const text = kept.join('\n').replace('[Service]\n', `[Service]\n${set.join('\n')}\n`);
      writeFileSync(unit, text);
      const args = ['security', '--offline=true', '--threshold=20', unit];
      const scored = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
      expect({ status: scored.status, stderr: scored.stderr }).toEqual({ status: 0, stderr: '' });
      expect(scored.stdout).toMatch(/Overall exposure level for webscada-edge\.service: [01]\.\d/);
    } finally {
      folder.remove();
    }
  });

  test('holds nothing that systemd does not know', (context) => {
    needs(context, 'systemd-analyze', canAnalyze);
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', committed], { encoding: 'utf8' });
    const complaints = stderr.split('\n').filter((line) => line.includes('webscada-edge.service'));
    expect(complaints.filter((line) => !line.includes('webscada-edge is not executable'))).toEqual([]);
  });
});
