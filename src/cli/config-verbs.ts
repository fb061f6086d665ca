/** The verbs about settings: write a file, check one, show what is in force. */
import { writeFile } from 'node:fs/promises';
import { loadSettings, SETTINGS_OPTIONS, tellProblems } from './settings.ts';
import { EXIT, type Verb } from './verb.ts';

export const configInit: Verb = {
  name: 'config init',
  group: 'Settings',
  synopsis: '[--site NAME] [--output FILE]',
  summary: 'print a settings file that explains itself',
  details:
    'A TOML file with every setting, its description and its default. Without --output it goes to standard output.',
  options: {
    site: { type: 'string', value: 'NAME', summary: 'id of the site: lower-case letters, digits, hyphens' },
    output: { type: 'string', short: 'o', value: 'FILE', summary: 'write to FILE, which must not exist yet' },
  },
  examples: ['webscada-edge config init --site north-hill --output site.toml'],
  async run(given, { stdout, stderr }) {
    const { configTemplate } = await import('../config/template.ts');
    const site = given.text('site');
    if (site !== undefined) {
      const problem = await siteProblem(site);
      if (problem !== undefined) {
        stderr.write(`webscada-edge: --site ${problem}\n`);
        return EXIT.usage;
      }
    }
    const text = configTemplate(site === undefined ? {} : { site });
    const output = given.text('output');
    if (output === undefined) {
      stdout.write(text);
      return EXIT.ok;
    }
    try {
      await writeFile(output, text, { flag: 'wx', mode: 0o640 });
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      const reason =
        code === 'EEXIST'
          ? 'exists already; remove it or choose another name'
          : `cannot be written (${code})`;
      stderr.write(`webscada-edge: ${output} ${reason}\n`);
      return code === 'EACCES' || code === 'EPERM' ? EXIT.permission : EXIT.failure;
    }
    stderr.write(
      `${output} written. Check it after your changes: webscada-edge config validate --config ${output}\n`,
    );
    return EXIT.ok;
  },
};

async function siteProblem(site: string): Promise<string | undefined> {
  const [{ SETTINGS }, { checkValue }] = await Promise.all([
    import('../config/schema.ts'),
    import('../config/value.ts'),
  ]);
  const setting = SETTINGS.find(({ path }) => path === 'site.id');
  if (!setting) return undefined;
  const checked = checkValue(setting, site);
  return checked.ok ? undefined : checked.problems[0]?.message;
}

export const configValidate: Verb = {
  name: 'config validate',
  group: 'Settings',
  synopsis: '[--config FILE] [--set KEY=VALUE]...',
  summary: 'check the settings, telling every problem at once',
  options: SETTINGS_OPTIONS,
  examples: ['webscada-edge config validate --config site.toml'],
  async run(given, world) {
    const loaded = await loadSettings(given, world);
    if (typeof loaded === 'number') return loaded;
    if (loaded.warnings.length > 0) await tellProblems(world, 'warnings:', loaded.warnings);
    const read = loaded.files.length === 0 ? 'no file read' : `read ${loaded.files.join(', ')}`;
    world.stdout.write(`the settings are valid (${read})\n`);
    return EXIT.ok;
  },
};

export const configShow: Verb = {
  name: 'config show',
  group: 'Settings',
  synopsis: '[--origin] [--config FILE] [--set KEY=VALUE]...',
  summary: 'print the settings in force, secrets hidden',
  options: {
    origin: { type: 'boolean', summary: 'say of each value where it came from' },
    ...SETTINGS_OPTIONS,
  },
  examples: ['webscada-edge config show --origin --config site.toml'],
  async run(given, world) {
    const loaded = await loadSettings(given, world);
    if (typeof loaded === 'number') return loaded;
    const { showConfig } = await import('../config/show.ts');
    world.stdout.write(showConfig(loaded.config, given.flag('origin') ? loaded.origins : undefined));
    return EXIT.ok;
  },
};
