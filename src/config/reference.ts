/** The reference page of all settings, docs/configuration.md, made from their declaration. */
import { COLLECT_SECTION_DOCS, COLLECT_SETTINGS } from './collect-schema.ts';
import type { Setting, TableField } from './declare.ts';
import { SECTION_DOCS, SETTINGS } from './schema.ts';
import { documentation } from './template.ts';
import { tomlValue } from './toml.ts';

const HEAD = `<!-- Made by \`node scripts/config-reference.ts\` from src/config/schema.ts: change that, not this page. -->

# Settings

\`webscada-edge config init\` prints a file with every setting and its description, \`config validate\` checks one, and
\`config show --origin\` shows what is in force and where each value came from.

## Where settings come from

Later wins:

1. the default;
2. the settings file: \`--config FILE\`, or \`WSE_CONFIG\`, or \`/etc/webscada-edge/config.toml\` if it exists. TOML, YAML
   or JSON by its extension; the keys are the same;
3. the files in \`conf.d\` beside it, in the order of their names. Single keys replace, \`[[devices]]\` add up;
4. what was saved on the pages (\`pages-settings.json\` in the folder of the store; not where that is, and no devices);
5. the environment: \`WSE_SECTION__KEY\`. An empty variable counts as not set. Lists are written \`a,b,c\`, lists of
   tables as JSON;
6. for secrets, a file named like the setting in systemd's \`$CREDENTIALS_DIRECTORY\` (\`influx.token\`), then the file
   that \`WSE_SECTION__KEY_FILE\` names. One line end at its end is dropped;
7. the command line: \`--set section.key=value\`, except for secrets.

A key, a section or a \`WSE_…\` variable that is no setting is an error, not ignored. All errors are reported at once, each
with its place; the exit code is then 78. Only what was saved on the pages never keeps the box from starting: where it does not fit, none of it is in force,
and the log and the page say why.

What is saved on the pages waits until somebody has the box begin anew with it, which takes some seconds; readings wait at the broker. It is in force for good
when that went well. Settings that may cut off whoever sets them (\`[http]\`, \`[access]\`) are tried for 60 s: unless somebody says on the pages that they are good,
those before come back, as they do when the box does not start with them, or is killed or loses its power before.

Names ending in \`_ms\`, \`_s\`, \`_days\` and \`_bytes\` give the unit.
`;

const COLLECT_HEAD = `<!-- Made by \`node scripts/config-reference.ts\` from src/config/collect-schema.ts: change that, not this page. -->

# Settings of the centre

Of \`collect\`, \`verify-sync\` and \`sites\` ([centre.md](centre.md)), in a file of their own: \`--config FILE\`, or \`WSE_CONFIG\`, or
\`/etc/webscada-edge/collect/config.toml\` if it exists. Where else they come from, and what wins: as at a site ([configuration.md](configuration.md)).
`;

/** The whole page, Markdown. */
export function configReference(): string {
  return pageOf(HEAD, SECTION_DOCS, SETTINGS);
}

/** The page of the settings of the verbs at the centre. */
export function collectReference(): string {
  return pageOf(COLLECT_HEAD, COLLECT_SECTION_DOCS, COLLECT_SETTINGS);
}

function pageOf(head: string, docs: Readonly<Record<string, string>>, all: readonly Setting[]): string {
  const sections = Object.entries(docs).map(([section, doc]) => {
    const settings = all.filter((setting) => setting.section === section);
    const [only] = settings;
    if (only?.kind.type === 'tables') return tablesPage(only, only.kind.fields, doc);
    return `## \`[${section}]\`\n\n${doc}\n\n${list(settings)}`;
  });
  return `${[head, ...sections].join('\n')}`;
}

function list(settings: readonly Setting[]): string {
  const items = settings.map((setting) => {
    const names = `\`${setting.key}\` (\`${setting.env}\`), ${fallback(setting)}`;
    return `- ${names}: ${documentation(setting)}${secret(setting)}`;
  });
  return `${items.join('\n')}\n`;
}

function tablesPage(setting: Setting, fields: readonly TableField[], doc: string): string {
  const items = fields.map((field) => {
    const value = field.required ? 'required' : fallback(field);
    return `- \`${field.key}\`, ${value}: ${documentation(field)}${field.doc.secret ? ' Secret.' : ''}`;
  });
  const words = `${doc} ${setting.doc.description} As a variable: \`${setting.env}\`, a JSON array.`;
  return `## \`[[${setting.path}]]\`\n\n${words}\n\n${items.join('\n')}\n`;
}

function secret(setting: Setting): string {
  if (setting.doc.secret === true) return ` Secret: better \`${setting.env}_FILE\`.`;
  return setting.doc.secret === 'in-url' ? ` May hold a password: then better \`${setting.env}_FILE\`.` : '';
}

function fallback(declared: Setting | TableField): string {
  if (declared.default !== undefined) return `default \`${tomlValue(declared.default)}\``;
  return declared.doc.example === undefined
    ? 'no default'
    : `no default, e.g. \`${tomlValue(declared.doc.example)}\``;
}
