/** The device catalogue as the API has it: looked into, filled from a file that was brought, models taken into the site. */
import type { CatalogueOutcome, CatalogueProgress, CatalogueService } from '../../model/device-catalogue.ts';
import type { Part, World } from '../../model/world.ts';
import { openDeviceCatalogue } from '../../store/device-catalogue.ts';
import { type ImportThread, importInThread } from './import-thread.ts';
import { type TakeOptions, takeModel } from './take-model.ts';

export interface CatalogueServiceOptions extends Omit<TakeOptions, 'catalogue'> {
  /** Of the store. */
  readonly dir: string;
  readonly reserveBytes: number;
  readonly uploads: {
    whole(id: string): { readonly path: string; readonly name: string } | undefined;
    drop(id: string): Promise<boolean>;
  };
  readonly world: World;
}

interface Running {
  readonly file: string;
  readonly thread: ImportThread;
  progress: CatalogueProgress;
}

export function createCatalogueService(options: CatalogueServiceOptions): CatalogueService & Part {
  const { dir, reserveBytes, uploads, world } = options;
  const catalogue = openDeviceCatalogue(dir);
  let running: Running | undefined;
  let last:
    | { readonly file: string; readonly endedMs: number; readonly outcome: CatalogueOutcome }
    | undefined;
  /** One after the other: two who take the same model at once get the same profile. */
  let taking: Promise<unknown> = Promise.resolve();

  function ended(file: string, outcome: CatalogueOutcome): void {
    running = undefined;
    last = { file, endedMs: world.clock.nowMs(), outcome };
    if (outcome.kind === 'refused')
      world.logger.warn('catalogue.refused', { file, problem: outcome.problem });
    else
      world.logger.info('catalogue.imported', {
        file,
        models: outcome.models,
        problems: outcome.problemCount,
      });
  }

  return {
    async start() {},
    async stop() {
      await running?.thread.cut();
      catalogue.close();
    },
    state() {
      const summary = catalogue.summary();
      return {
        ...(summary ? { summary } : {}),
        ...(running ? { importing: { file: running.file, progress: running.progress } } : {}),
        ...(last ? { last } : {}),
      };
    },
    search: catalogue.search,
    model: catalogue.model,
    codec: catalogue.codec,
    begin(uploadId) {
      const file = uploads.whole(uploadId);
      if (!file) return 'unknown';
      if (running) return 'busy';
      const task = { path: file.path, name: file.name, dir, reserveBytes, nowMs: world.clock.nowMs() };
      const progress: CatalogueProgress = { step: 'reading', done: 0 };
      const thread = importInThread(task, world.clock, (told) => {
        if (running) running.progress = told;
      });
      running = { file: file.name, thread, progress };
      void thread.outcome.then((outcome) => {
        ended(file.name, outcome);
        return uploads.drop(uploadId);
      });
      return 'begun';
    },
    remove() {
      if (running) return 'busy';
      return catalogue.remove() ? 'removed' : 'none';
    },
    take(key, wish) {
      const taken = taking.then(() => takeModel({ ...options, catalogue }, key, wish));
      taking = taken.catch(() => {});
      return taken;
    },
  };
}
