/**
 * Which settings a command of the centre may change: those the site lists in `centre.command_settings`, one by one or by section, and
 * of these never a secret, never who may use the box, where new versions come from, or what
 * the site lets its centre do.
 */
import { type Told, tell } from '../model/said.ts';
import type { Setting } from './declare.ts';
import { isForPages } from './layer.ts';
import { SETTINGS } from './schema.ts';
import { hideSecret } from './show.ts';

const NEVER_SECTIONS: ReadonlySet<string> = new Set(['access', 'updates']);
const NEVER: ReadonlySet<string> = new Set(['centre.commands', 'centre.command_settings']);

/** Whether a site can let its centre change it at all. */
export function isForCommands({ path, section, doc, kind }: Setting): boolean {
  return (
    isForPages({ path, kind }) && doc.secret !== true && !NEVER_SECTIONS.has(section) && !NEVER.has(path)
  );
}

/** What is wrong with an entry of the list; undefined when nothing is. */
export function problemOfEntry(entry: string): Told | undefined {
  const meant = SETTINGS.filter(({ path, section }) => path === entry || section === entry);
  if (meant.length === 0) return tell('setting.notNamed', { entry });
  if (!meant.some(isForCommands)) return tell('setting.neverByCommand', { entry });
  return undefined;
}

/** Why a command may not set `path` to `value` where the site allows what is in `allowed`; undefined when it may. */
export function whyNotByCommand(
  path: string,
  value: unknown,
  allowed: readonly string[],
): string | undefined {
  const setting = SETTINGS.find((one) => one.path === path);
  if (!setting) return 'is not a setting';
  if (!isForCommands(setting)) return 'is never changed by a command';
  if (!allowed.includes(path) && !allowed.includes(setting.section))
    return 'is not in centre.command_settings of this site';
  if (setting.doc.secret === 'in-url' && typeof value === 'string' && hideSecret('in-url', value) !== value)
    return 'holds a password or a query, which never goes by a command';
  return undefined;
}
