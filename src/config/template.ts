/** The commented TOML file `config init` writes: every setting with its description, commented out at its default. */
import type { Setting, TableField } from './declare.ts';
import { SECTION_DOCS, SETTINGS } from './schema.ts';
import { tomlComment, tomlValue } from './toml.ts';
import { describeKind } from './value.ts';

const HEAD = `# Settings of WebSCADA Edge. What is commented out shows the default, or an example where there is none.
# Files in conf.d beside this one are read after it. A variable WSE_SECTION__KEY wins over files, and a flag
# --set section.key=value over everything. Keep secrets out of here: WSE_SECTION__KEY_FILE names a file that holds one.
# To check this file: webscada-edge config validate --config FILE`;

/** `site`: the site's id, put in uncommented. */
export function configTemplate(options: { readonly site?: string } = {}): string {
  const lines = [HEAD];
  let section = '';
  for (const setting of SETTINGS) {
    if (setting.section !== section) {
      section = setting.section;
      lines.push('', ...tomlComment(sectionDoc(section)));
      if (setting.kind.type !== 'tables') lines.push(`[${section}]`);
    }
    if (setting.kind.type === 'tables') lines.push(...tableLines(setting, setting.kind.fields));
    else lines.push(...settingLines(setting, options.site));
  }
  return `${lines.join('\n')}\n`;
}

function sectionDoc(section: string): string {
  return (SECTION_DOCS as Readonly<Record<string, string>>)[section] ?? '';
}

function settingLines(setting: Setting, site: string | undefined): string[] {
  const key = setting.key ?? '';
  const lines = tomlComment(documentation(setting));
  if (setting.path === 'site.id' && site !== undefined) return [...lines, `${key} = ${tomlValue(site)}`];
  if (setting.doc.secret === true)
    return [...lines, `# Better not here: ${setting.env}_FILE.`, `#${key} = ""`];
  return [...lines, `#${key} = ${tomlValue(setting.default ?? setting.doc.example ?? '')}`];
}

function tableLines(setting: Setting, fields: readonly TableField[]): string[] {
  const lines = [...tomlComment(setting.doc.description), `#[[${setting.path}]]`];
  for (const field of fields) {
    const value = field.doc.secret ? '' : (field.default ?? field.doc.example ?? '');
    lines.push(...tomlComment(documentation(field)), `#${field.key} = ${tomlValue(value)}`);
  }
  return lines;
}

/** The description, and the allowed values where it does not name them. */
export function documentation(declared: Setting | TableField): string {
  const { description } = declared.doc;
  const { type } = declared.kind;
  if (type === 'integer' || type === 'choice') {
    const allowed = describeKind(declared);
    return `${description} ${allowed.charAt(0).toUpperCase()}${allowed.slice(1)}.`;
  }
  return description;
}
