/** Tracing as a part of the box, or of `collect`: a tracer and what sends its spans. Loaded only where it is on. */
import type { TracingConfig } from '../../config/schema.ts';
import type { TracingStatus } from '../../model/status.ts';
import type { CarriedTracer, Tracer } from '../../model/trace.ts';
import type { Part, World } from '../../model/world.ts';
import { release } from '../release.ts';
import { createTraceExporter } from './exporter.ts';
import { createCarriedTracer, createSiteTracer } from './tracers.ts';

export interface Tracing<T> extends Part {
  readonly tracer: T;
  status(): TracingStatus;
}

type On = TracingConfig & { readonly endpoint: string };

export function siteTracing(
  config: On,
  { site, epoch }: { readonly site: string; readonly epoch: () => number },
  world: World,
): Tracing<Tracer> {
  const resource = {
    ...{ 'service.name': 'webscada-edge', 'service.instance.id': site },
    'service.version': release().version,
  };
  const exporter = createTraceExporter(config, resource, world);
  const { clock } = world;
  const tracer = createSiteTracer({ site, epoch, oneIn: config.sampleOneIn, exporter, clock });
  return { ...exporter, tracer };
}

export function centreTracing(config: On, consumer: string, world: World): Tracing<CarriedTracer> {
  const resource = {
    ...{ 'service.name': 'webscada-collect', 'service.instance.id': consumer },
    'service.version': release().version,
  };
  const exporter = createTraceExporter(config, resource, world);
  const tracer = createCarriedTracer({ oneIn: config.sampleOneIn, exporter, clock: world.clock });
  return { ...exporter, tracer };
}
