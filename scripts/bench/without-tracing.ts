/**
 * The program's source with the places taken out where it asks whether a frame is traced: what tracing costs while it is off is
 * the difference. A place that is not found as it stands here, once, is an error.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../house/sources.ts';

export interface Hook {
  /** Below src/. */
  readonly file: string;
  readonly text: string;
  readonly instead: string;
}

/** On the way of a frame at a site. */
export const HOOKS: readonly Hook[] = [
  {
    file: 'gateway/gateway.ts',
    text: 'const traced = tracer && traceFrame(tracer, clock, receptionsBegin(receptions, outcome.device));',
    instead: 'const traced = undefined;',
  },
  {
    file: 'gateway/gateway.ts',
    text: 'const traced = tracer && traceFrame(tracer, clock, { heardMs: clock.monotonicMs(), attributes });',
    instead: 'const traced = undefined;',
  },
  { file: 'gateway/gateway.ts', text: 'traced?.decoded(decoded);', instead: '' },
  {
    file: 'gateway/gateway.ts',
    text: 'commits.carryOut({ change, transmission, acks, traced })',
    instead: 'commits.carryOut({ change, transmission, acks })',
  },
  {
    file: 'gateway/gateway.ts',
    text: 'commits.carryOut({ change: decoded, transmission, acks, traced })',
    instead: 'commits.carryOut({ change: decoded, transmission, acks })',
  },
  {
    file: 'gateway/commits.ts',
    text: "if ('firstSeq' in outcome) entry.traced?.stored(outcome.firstSeq);",
    instead: '',
  },
  {
    file: 'ingest/influx/delivery.ts',
    text: "if (context.tracer && outcome.kind === 'delivered')\n    traceWrite(context.tracer, batch.entries, startMs, endMs);",
    instead: '',
  },
  {
    file: 'sync/site/batches.ts',
    text: 'const traces = tracer && records.map((record) => tracer.traceOf(record));',
    instead: '',
  },
  {
    file: 'sync/site/batches.ts',
    text: 'toEntry(epoch, record, traces?.[at]?.traceparent)',
    instead: 'toEntry(epoch, record)',
  },
  {
    file: 'sync/site/batches.ts',
    text: 'if (traces) traceAppend(traces.slice(0, landed), sentMs, world.clock.monotonicMs());',
    instead: '',
  },
];

/** `source` of the file without its hooks. */
export function withoutHooks(file: string, source: string): string {
  return HOOKS.filter((hook) => hook.file === file).reduce((text, hook) => {
    const parts = text.split(hook.text);
    if (parts.length !== 2) throw new Error(`src/${file}: ${parts.length - 1} times: ${hook.text}`);
    return parts.join(hook.instead);
  }, source);
}

export interface Sources {
  /** Folders with a copy of src/ each, so that one's code is compiled for itself: without the hooks, and as it is. */
  readonly without: string;
  readonly off: string;
  readonly on: string;
  remove(): void;
}

/** Copies below out/, where they find the packages. */
export function copySources(): Sources {
  const folder = join(root, 'out/without-tracing');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const copies = { without: join(folder, 'without'), off: join(folder, 'off'), on: join(folder, 'on') };
  for (const copy of Object.values(copies))
    for (const name of ['src', 'package.json'])
      cpSync(join(root, name), join(copy, name), { recursive: true });
  for (const file of new Set(HOOKS.map((hook) => hook.file))) {
    const path = join(copies.without, 'src', file);
    writeFileSync(path, withoutHooks(file, readFileSync(path, 'utf8')));
  }
  return { ...copies, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
