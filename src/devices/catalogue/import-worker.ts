/** The thread in which a collection is read: thousands of strangers' files hold up nobody, and what it may take is bounded. */
import { parentPort, workerData } from 'node:worker_threads';
import type { CatalogueOutcome, CatalogueProgress } from '../../model/device-catalogue.ts';
import { type ImportTask, importCatalogue } from './import-catalogue.ts';

/** What it says. */
export type ImportWord = { readonly progress: CatalogueProgress } | { readonly outcome: CatalogueOutcome };

// No await up here: the executable loads this file with require.
const port = parentPort;
if (port) {
  const say = (word: ImportWord): void => port.postMessage(word);
  void importCatalogue(workerData as ImportTask, (progress) => say({ progress })).then((outcome) =>
    say({ outcome }),
  );
}
