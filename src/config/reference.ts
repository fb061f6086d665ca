/** The reference page of all settings, docs/configuration.md, made from their declaration. */
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
4. the environment: \`WSE_SECTION__KEY\`. An empty variable counts as not set. Lists are written \`a,b,c\`, lists of
   tables as JSON;
5. for secrets, a file named like the setting in systemd's \`$CREDENTIALS_DIRECTORY\` (\`influx.token\`), then the file
   that \`WSE_SECTION__KEY_FILE\` names. One line end at its end is dropped;
6. the command line: \`--set section.key=value\`, except for secrets.

A key, a section or a \`WSE_…\` variable that is no setting is an error, not ignored. All errors are reported at once, each
with its place; the exit code is then 78.

Names ending in \`_ms\`, \`_s\`, \`_days\` and \`_bytes\` give the unit.
`;

/** The whole page, Markdown. */
export function configReference(): string {
  const sections = Object.entries(SECTION_DOCS).map(([section, doc]) => {
    const settings = SETTINGS.filter((setting) => setting.section === section);
    const [only] = settings;
    if (only?.kind.type === 'tables') return tablesPage(only, only.kind.fields, doc);
    return `## \`[${section}]\`\n\n${doc}\n\n${list(settings)}`;
  });
  return `${[HEAD, ...sections].join('\n')}`;
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
