/** Where the settings saved on the pages lie: in the folder of the store, since that one can be written. */

export interface PagesSettingsFiles {
  /** In force. */
  readonly kept: string;
  /** Saved and not in force. */
  readonly next: string;
}

/** For a store in `dir`. */
export function pagesSettingsFiles(dir: string): PagesSettingsFiles {
  const folder = dir.replace(/\/+$/, '');
  return { kept: `${folder}/pages-settings.json`, next: `${folder}/pages-settings.next.json` };
}
