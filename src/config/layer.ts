/**
 * The settings saved on the pages: a file of their own in the folder of the store, between the files and the environment.
 * Beside it lies the one that was saved last and has not been tried yet; a box that starts by itself never reads that one.
 */
import { tell } from '../model/said.ts';
import type { Setting } from './declare.ts';
import { type ConfigProblem, inWords, type Origin } from './problem.ts';
import type { Gathered } from './source.ts';
import { isTable } from './value.ts';

/** By section and key, as in every settings file. */
export type Layer = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** By path, 'influx.url'; null gives the setting back to the files. */
export type LayerChanges = Readonly<Record<string, unknown>>;

/** What the pages cannot set: where the store and its key are, since that is where they save, and devices, which have a page. */
export function isForPages({ path, kind }: Pick<Setting, 'path' | 'kind'>): boolean {
  return kind.type !== 'tables' && path !== 'store.dir' && path !== 'store.key_file';
}

/** The layer with some settings other ones. */
export function withChanges(layer: Layer, changes: LayerChanges): Layer {
  const sections = new Map(Object.entries(layer).map(([name, keys]) => [name, { ...keys }]));
  for (const [path, value] of Object.entries(changes)) {
    const [section = '', key = ''] = path.split('.');
    const keys = sections.get(section) ?? {};
    if (value === null) delete keys[key];
    else keys[key] = value;
    sections.set(section, keys);
  }
  return Object.fromEntries([...sections].filter(([, keys]) => Object.keys(keys).length > 0));
}

/** The text of the file. */
export function layerText(layer: Layer): string {
  return `${JSON.stringify(layer, null, 2)}\n`;
}

/** The layer out of its file; an empty one where the text is none, which loading the settings has told. */
export function parseLayer(text: string): Layer {
  try {
    const parsed: unknown = JSON.parse(text);
    if (!isTable(parsed)) return {};
    return Object.fromEntries(
      Object.entries(parsed).filter((entry): entry is [string, Record<string, unknown>] => isTable(entry[1])),
    );
  } catch {
    return {};
  }
}

/** What was read of the layer's file, as the pages' own. */
export function fromPages({ given, problems }: Gathered): Gathered {
  const refused: ConfigProblem[] = given
    .filter(({ setting }) => !isForPages(setting))
    .map(({ setting, origin }) => ({
      path: setting.path,
      where: origin.source === 'file' ? origin.file : '',
      ...inWords(tell('setting.notOnPages')),
    }));
  return {
    given: given
      .filter(({ setting }) => isForPages(setting))
      .map(({ originAt, ...item }) => ({
        ...item,
        origin: asPages(item.origin),
        ...(originAt ? { originAt: (at: string) => asPages(originAt(at)) } : {}),
      })),
    problems: [...problems, ...refused],
  };
}

function asPages(origin: Origin): Origin {
  return origin.source === 'file' ? { ...origin, source: 'pages' } : origin;
}
