/** How a command ended at the site: done, or refused with a word that stays and a sentence for people. */
export type CommandResult =
  | { readonly ok: true; readonly result?: unknown }
  | { readonly ok: false; readonly code: string; readonly reason: string };
