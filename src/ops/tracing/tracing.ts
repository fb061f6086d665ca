/** Tracing as a part of the box, or of `collect`: a tracer and what sends its spans. Loaded only where it is on. */
import type { TracingConfig } from '../../config/schema.ts';
import type { TracingStatus } from '../../model/status.ts';
import type { CarriedTracer, Tracer } from '../../model/trace.ts';
import type { Part, World } from '../../model/world.ts';
import { release } from '../release.ts';
import { createExemplars, type Exemplars } from './exemplars.ts';
import { createTraceExporter } from './exporter.ts';
import { createCarriedTracer, createSiteTracer } from './tracers.ts';

export interface Tracing<T> extends Part {
  readonly tracer: T;
  status(): TracingStatus;
}

/** Of a site, whose own figures lead to its traces. */
export interface SiteTracing extends Tracing<Tracer> {
  readonly exemplars: Exemplars['of'];
}

type On = TracingConfig & { readonly endpoint: string };

export function siteTracing(
  config: On,
  { site, epoch }: { readonly site: string; readonly epoch: () => number },
  world: World,
): SiteTracing {
  const resource = {
    ...{ 'service.name': 'webscada-edge', 'service.instance.id': site },
    'service.version': release().version,
  };
  const exporter = createTraceExporter(config, resource, world);
  const { clock } = world;
  const exemplars = createExemplars(clock);
  const oneIn = config.sampleOneIn;
  const tracer = createSiteTracer({ site, epoch, oneIn, exporter, clock, took: exemplars.note });
  return { ...exporter, tracer, exemplars: exemplars.of };
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
