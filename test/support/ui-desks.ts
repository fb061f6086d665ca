/** Desks in memory behind the pages of codecs, quarantine and downlinks; the scripts are really run. */

import { createCodecService } from '../../src/ingest/codec/codec-service.ts';
import { createCodecs } from '../../src/ingest/codec/codecs.ts';
import type { DownlinkService, QueuedDownlink } from '../../src/model/downlink.ts';
import type { DownlinkBody } from '../../src/model/record.ts';
import type { QuarantinedRecord } from '../../src/store/contract.ts';
import type { CodecService, QuarantineService } from '../../src/ui/routes/services.ts';
import type { UiSite } from './ui-site.ts';

export interface CodecShelf {
  readonly desk: CodecService;
  /** Scripts as stored. */
  readonly sources: Map<string, string>;
}

export function createCodecShelf({ deps: { world, store } }: UiSite): CodecShelf {
  const sources = new Map<string, string>();
  const codecs = {
    list: () => [...sources].map(([name, source]) => ({ name, source })),
    get: (name: string) => sources.get(name),
    put: ({ name, source }: { name: string; source: string }) => void sources.set(name, source),
    remove: (name: string) => sources.delete(name),
    onChange: () => () => {},
  };
  const desk = createCodecService({
    codecs: createCodecs(world),
    store: { codecs, devices: store.devices },
    world,
  });
  return { desk, sources };
}

/** A quarantine of `records`; one whose fields hold 'bad' is refused again. */
export function createQuarantineBox(site: UiSite, records: QuarantinedRecord[]): QuarantineService {
  const tell = (): void => {
    site.status.influx = { ...site.status.influx, quarantined: records.length };
  };
  tell();
  return {
    sinks: ['influx'],
    list: (_sink, afterSeq, limit) => records.filter(({ seq }) => seq > afterSeq).slice(0, limit),
    async act(_sink, { seqs = [] }, { action }) {
      const chosen = records.filter(({ seq }) => seqs.includes(seq));
      const stay = action === 'drop' ? [] : chosen.filter(({ body }) => body.includes('bad'));
      const gone = chosen.filter((record) => !stay.includes(record));
      for (const record of gone) records.splice(records.indexOf(record), 1);
      tell();
      const dropped = action === 'drop' ? gone.length : 0;
      const matched = chosen.length;
      return { matched, delivered: gone.length - dropped, dropped, refused: stay.length, unfit: 0, ahead: 0 };
    },
  };
}

export interface DownlinkLine {
  readonly desk: DownlinkService;
  /** The first one in the line of `devEui` has come to this end. */
  end(devEui: string, step: DownlinkBody['step'], reason?: string): void;
}

/** A network server that only queues. */
export function createDownlinkLine(site: UiSite): DownlinkLine {
  const { clock } = site.deps.world;
  let queue: readonly QueuedDownlink[] = [];
  let made = 0;
  const tell = (devEui: string, body: DownlinkBody): void => {
    site.write({ kind: 'downlink', device: devEui, timeMs: clock.nowMs(), body: JSON.stringify(body) });
  };
  const take = (
    { id, devEui, fPort, confirmed }: QueuedDownlink,
    step: DownlinkBody['step'],
    reason?: string,
  ) => {
    queue = queue.filter((other) => other.id !== id);
    tell(devEui, { id, step, fPort, confirmed, ...(reason === undefined ? {} : { reason }) });
  };
  return {
    desk: {
      list: (devEui) => queue.filter((item) => item.devEui === devEui),
      async enqueue(devEui, input) {
        made += 1;
        const id = made.toString(16).padStart(16, '0');
        const item: QueuedDownlink = {
          ...input,
          id,
          devEui,
          queuedMs: clock.nowMs(),
          tries: 0,
          state: 'waiting',
        };
        queue = [...queue, item];
        const { fPort, confirmed, data } = input;
        tell(devEui, { id, step: 'queued', fPort, confirmed, data });
        return item;
      },
      async cancel(devEui, id) {
        const chosen = queue.filter((item) => item.devEui === devEui && (id === undefined || item.id === id));
        for (const item of chosen) take(item, 'cancelled');
        return chosen.length;
      },
      status: () => ({
        devAddr: '01020304',
        activation: 'otaa',
        region: 'EU868',
        deviceClass: 'A',
        joinedMs: clock.nowMs() - 7_200_000,
        nextFCntDown: 12,
        dataRate: 'SF9BW125',
        txPowerIndex: 0,
        battery: { source: 'battery', percent: 87, marginDb: 11, timeMs: clock.nowMs() - 3_600_000 },
      }),
    },
    end(devEui, step, reason) {
      const item = queue.find((other) => other.devEui === devEui);
      if (item) take(item, step, reason);
    },
  };
}
