/**
 * `manifest`: from the short description of a site to everything Kubernetes needs to run it. Passwords come from a file of
 * their own, which is made when it does not exist yet: with random ones, and a place for each that only others know.
 */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { SecretForms, SecretName, SecretValues } from '../deploy/secrets.ts';
import type { Site } from '../deploy/site.ts';
import type { SiteProblem } from '../deploy/site-rules.ts';
import { fail, failToRead, failWith } from './fail.ts';
import { type CliWorld, EXIT, type Given, type Verb } from './verb.ts';

export const manifest: Verb = {
  name: 'manifest',
  group: 'Kubernetes',
  synopsis: '--site FILE [--secrets FORM] [--secret-values FILE] [--output FILE] [OPTION]...',
  summary: 'print the Kubernetes objects of a site',
  details:
    'Reads the short description of a site (TOML, YAML or JSON) and prints every object of it, for kubectl apply or the manifests folder of K3s. Plain and sealed secrets take their values from --secret-values; the file is made, with random passwords and a place for each that only another server knows, if it does not exist. --output makes a file that its owner alone may read: plain secrets are in it.',
  options: {
    site: { type: 'string', short: 's', value: 'FILE', summary: 'description of the site' },
    secrets: {
      type: 'string',
      value: 'FORM',
      summary: 'plain, external or sealed, over the one in the description',
    },
    'secret-values': { type: 'string', value: 'FILE', summary: 'YAML file of the passwords; keep it safe' },
    'sealing-cert': {
      type: 'string',
      value: 'FILE',
      summary: 'certificate of the Sealed Secrets controller, PEM',
    },
    part: {
      type: 'string',
      value: 'PART',
      summary: 'all (if not said), site, or monitoring: what needs the Prometheus operator',
    },
    format: { type: 'string', value: 'FORMAT', summary: 'yaml (if not said) or json' },
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      summary: 'write to FILE, in the place of what is there',
    },
  },
  examples: [
    'webscada-edge manifest --site site.toml --secret-values secrets.yaml -o site.yaml',
    'webscada-edge manifest --site site.toml --secrets external | kubectl apply -f -',
  ],
  async run(given, world) {
    const format = given.text('format') ?? 'yaml';
    if (format !== 'yaml' && format !== 'json')
      return fail(world, '--format must be yaml or json', EXIT.usage);
    const part = given.text('part') ?? 'all';
    if (!/^(all|site|monitoring)$/.test(part))
      return fail(world, '--part must be all, site or monitoring', EXIT.usage);
    const site = await readSiteFile(given, world);
    if (typeof site === 'number') return site;
    const secrets = await chooseSecrets(site, given, world);
    if (typeof secrets === 'number') return secrets;
    const [{ siteObjects }, { jsonList, yamlDocuments, yamlText }] = await Promise.all([
      import('../deploy/objects.ts'),
      import('../deploy/print.ts'),
    ]);
    const settingsText = yamlText(site.settings);
    const all = siteObjects(site, { version: world.version, secrets, settingsText });
    const objects = all.filter(
      ({ apiVersion }) => part === 'all' || (part === 'monitoring') === isMonitoring(apiVersion),
    );
    const heading = `${site.site.id}: made by webscada-edge ${world.version}; change the description of the site, not this file.`;
    const text = format === 'json' ? jsonList(objects) : yamlDocuments(objects, heading);
    return put(text, given.text('output'), world);
  },
};

/** Of the Prometheus operator: a cluster without it refuses them, and `kubectl apply` ends with an error. */
function isMonitoring(apiVersion: string): boolean {
  return apiVersion.startsWith('monitoring.coreos.com/');
}

async function put(text: string, file: string | undefined, world: CliWorld): Promise<number> {
  if (file === undefined) {
    world.stdout.write(text);
    return EXIT.ok;
  }
  const { replaceFile } = await import('../files/replace-file.ts');
  try {
    replaceFile(file, text);
    return EXIT.ok;
  } catch (error) {
    return failWith(world, `${file} cannot be written`, error);
  }
}

/** The site's description, or the exit code after its problems were told. */
async function readSiteFile(given: Given, world: CliWorld): Promise<Site | number> {
  const file = given.text('site');
  if (file === undefined)
    return fail(world, 'manifest wants --site FILE\nSee: webscada-edge help manifest', EXIT.usage);
  const text = await readText(file, world);
  if (typeof text === 'number') return text;
  const [{ parseFile }, { readSite }] = await Promise.all([
    import('../config/file.ts'),
    import('../deploy/read-site.ts'),
  ]);
  const parsed = await parseFile(file, text);
  if (!parsed.ok) {
    const lines = parsed.problems.map(
      ({ line, message }) => `${line === undefined ? '' : `line ${line} `}${message}`,
    );
    return fail(world, `${file}: ${lines.join('; ')}`, EXIT.config);
  }
  const { table, lineOf } = parsed.parsed;
  const form = given.text('secrets');
  const result = readSite(form === undefined ? table : withForm(table, form));
  const problems = result.ok ? await settingsProblems(result.site) : result.problems;
  if (result.ok && problems.length === 0) return result.site;
  const lines = problems.map(({ path, message }) => {
    const line = lineOf(path.split('.'));
    return `  ${file}${line === undefined ? '' : `:${line}`}: ${path} ${message}\n`;
  });
  return fail(world, `the description of the site is wrong\n${lines.join('').trimEnd()}`, EXIT.config);
}

function withForm(table: Readonly<Record<string, unknown>>, form: string): Record<string, unknown> {
  return { ...table, secrets: { ...(table.secrets ?? {}), form } };
}

/** What is wrong with `settings`, which the appliance itself will read: unknown, secret, or the manifest's to say. */
async function settingsProblems(site: Site): Promise<readonly SiteProblem[]> {
  const [{ loadConfig }, { SETTINGS }, { applianceEnv }, { yamlText }, { isTable }] = await Promise.all([
    import('../config/load.ts'),
    import('../config/schema.ts'),
    import('../deploy/appliance.ts'),
    import('../deploy/print.ts'),
    import('../config/value.ts'),
  ]);
  const { WSE_CONFIG: _, ...env } = applianceEnv(site);
  const problems: SiteProblem[] = [];
  for (const { section, key, path, doc, env: variable, kind } of SETTINGS) {
    const content = site.settings[section];
    const value = key === undefined || !isTable(content) ? content : content[key];
    if (value === undefined || (key !== undefined && !isTable(content))) continue;
    const secretFields = kind.type === 'tables' ? kind.fields.filter((field) => field.doc.secret) : [];
    const rows: readonly unknown[] = Array.isArray(value) ? value : [];
    const hasSecret = secretFields.some((field) => rows.some((row) => isTable(row) && field.key in row));
    if (doc.secret || hasSecret) {
      problems.push({
        path: `settings.${path}`,
        message: 'holds a secret, which does not belong into this file',
      });
    } else if (Object.hasOwn(env, variable)) {
      problems.push({ path: `settings.${path}`, message: 'is set by the manifest: remove it' });
    }
  }
  if (problems.length > 0) return problems;
  const loaded = await loadConfig({
    file: 'settings.yaml',
    env,
    readFile: async () => yamlText(site.settings),
    listFolder: async () => [],
  });
  if (loaded.ok) return [];
  return loaded.problems.map(({ path, where, message }) => ({
    path: `settings${path === '' ? ` (${where})` : `.${path}`}`,
    message,
  }));
}

async function chooseSecrets(site: Site, given: Given, world: CliWorld): Promise<SecretForms | number> {
  const { form } = site.secrets;
  if (form === 'external') return { external: true };
  const values = await secretValues(site, given.text('secret-values'), world);
  if (typeof values === 'number') return values;
  if (form === 'plain') return { plain: values };
  const file = given.text('sealing-cert');
  if (file === undefined) {
    return fail(
      world,
      'sealed secrets want --sealing-cert FILE (kubeseal --fetch-cert gives it)',
      EXIT.usage,
    );
  }
  const certificate = await readText(file, world);
  if (typeof certificate === 'number') return certificate;
  const { createSeal } = await import('../deploy/seal.ts');
  const seal = createSeal(certificate);
  if (!seal) return fail(world, `${file}: holds no certificate with an RSA key`, EXIT.config);
  return { sealed: { values, seal } };
}

/** Values of the site's secrets, or the exit code. */
async function secretValues(
  site: Site,
  file: string | undefined,
  world: CliWorld,
): Promise<SecretValues | number> {
  if (file === undefined) {
    return fail(
      world,
      `${site.secrets.form} secrets want --secret-values FILE; it is made if it does not exist`,
      EXIT.usage,
    );
  }
  const { neededSecrets } = await import('../deploy/secrets.ts');
  const needed = neededSecrets(site);
  if (!(await exists(file))) return makeSecretValues(site, needed, file, world);
  const text = await readText(file, world);
  if (typeof text === 'number') return text;
  const { parseFile } = await import('../config/file.ts');
  const parsed = await parseFile(file, text);
  if (!parsed.ok)
    return fail(world, `${file}: ${parsed.problems[0]?.message ?? 'cannot be read'}`, EXIT.config);
  const { table } = parsed.parsed;
  const value = (name: SecretName): string => (typeof table[name] === 'string' ? table[name] : '');
  const missing = needed.filter((name) => value(name) === '' || /[\r\n\0]/.test(value(name)));
  if (missing.length > 0) {
    return fail(world, `${file}: wants a text of one line for: ${missing.join(', ')}`, EXIT.config);
  }
  return {
    mqtt: value('mqtt'),
    bridge: value('bridge'),
    influx_admin: value('influx_admin'),
    influx_token: value('influx_token'),
    centre: value('centre'),
    sentinel: value('sentinel'),
  };
}

/** Writes the file; the exit code when somebody has to fill in what is not ours to choose. */
async function makeSecretValues(
  site: Site,
  needed: readonly SecretName[],
  file: string,
  world: CliWorld,
): Promise<SecretValues | number> {
  const random = (): string => randomBytes(24).toString('base64url');
  const values = {
    mqtt: random(),
    bridge: random(),
    influx_admin: random(),
    influx_token: random(),
    centre: '',
    sentinel: '',
  };
  const { othersSecrets } = await import('../deploy/secrets.ts');
  const others = othersSecrets(site).filter(({ name }) => needed.includes(name));
  const lines = needed.map((name) => {
    const other = others.find((known) => known.name === name);
    return other ? `# ${other.whose}\n${name}: ""\n` : `${name}: ${JSON.stringify(values[name])}\n`;
  });
  try {
    await writeFile(file, lines.join(''), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    return failWith(world, `${file} cannot be written`, error);
  }
  world.stderr.write(
    `${file} written with new passwords. Keep it: the next manifest of this site needs it.\n`,
  );
  if (others.length === 0) return values;
  const words = others.map(({ name, whose }) => `${name} (${whose})`).join(', ');
  return fail(world, `put into ${file} what cannot be made up, then run this again: ${words}`, EXIT.config);
}

async function exists(file: string): Promise<boolean> {
  try {
    await readFile(file);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ENOENT');
  }
}

async function readText(file: string, world: CliWorld): Promise<string | number> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    return failToRead(world, file, error);
  }
}
