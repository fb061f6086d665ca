/** Outage rehearsals, put together; their code is loaded with the first one, or where a start finds one under way. */
import type { InfluxWriter } from '../ingest/influx/writer.ts';
import type { RehearsalStatus } from '../model/rehearsal.ts';
import type { ApplianceStatus } from '../model/status.ts';
import type { Part } from '../model/world.ts';
import type { RehearsalService } from '../ops/rehearsal/service.ts';
import { isConfigured } from '../sync/site/central-sync.ts';
import type { RehearsalCare } from '../ui/routes/care-services.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { Core } from './core.ts';

export interface BoxRehearsal extends Part {
  status(): RehearsalStatus | undefined;
  readonly care: RehearsalCare;
}

export interface BoxRehearsalOptions {
  readonly influx: InfluxWriter;
  readonly status: () => ApplianceStatus;
  readonly audit: Pick<AuditTrail, 'note'>;
}

export function createBoxRehearsal(core: Core, options: BoxRehearsalOptions): BoxRehearsal {
  let service: RehearsalService | undefined;
  let loading: Promise<RehearsalService> | undefined;
  const load = () => {
    loading ??= loadService(core, options).then(async (loaded) => {
      service = loaded;
      await loaded.start();
      return loaded;
    });
    return loading;
  };
  const { name, id } = core.config.site;
  return {
    status: () => service?.status(),
    async start() {
      const found = core.store.notes.get('rehearsal') as { readonly state?: unknown } | undefined;
      if (found && found.state !== 'ended') await load();
    },
    async stop() {
      await (await loading)?.stop();
    },
    care: {
      site: id,
      async last() {
        const { rehearsalPage } = await import('../ops/rehearsal/page.ts');
        const rehearsal = (await load()).last();
        return rehearsal && { rehearsal, page: rehearsalPage(rehearsal, name ?? id) };
      },
      preview: async (plan) => (await load()).preview(plan),
      begin: async (plan, by) => (await load()).begin(plan, by),
      end: async (by) => (await load()).end(by),
    },
  };
}

async function loadService(
  { config, store, lines, world }: Core,
  { influx, status, audit }: BoxRehearsalOptions,
): Promise<RehearsalService> {
  const { createRehearsalService } = await import('../ops/rehearsal/service.ts');
  const { askCentre } = await import('../sync/site/witness.ts');
  const names = [
    ...(config.influx.url === undefined ? [] : ['influx']),
    ...(isConfigured(config.centre) ? ['centre'] : []),
  ];
  return createRehearsalService({
    ...{ lines, status, world, notes: store.notes, log: store.log },
    readers: () => names.map((name) => ({ ...store.cursor(name).state(), name })),
    checkInflux: () => influx.upkeep.check(false),
    askCentre: (upTo) =>
      askCentre({
        ...{ config: config.centre, site: config.site.id, clock: world.clock, line: lines.centre },
        ...{ epoch: store.epoch(), lastSeq: store.log.lastSeq(), upTo },
      }),
    noteEnd: (detail) => audit.note({ who: 'box', from: '', what: 'endRehearsal', detail }),
  });
}
