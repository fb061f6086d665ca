/** The codecs, and the service the pages change them by; a codec that did not come back once stays stopped. */
import { join } from 'node:path';
import { type CodecService, createCodecService } from '../ingest/codec/codec-service.ts';
import { type Codecs, createCodecs } from '../ingest/codec/codecs.ts';
import { openStoppedScripts } from '../ingest/codec/stopped-file.ts';
import type { Core } from './core.ts';

export interface OpenCodecs {
  readonly codecs: Codecs;
  readonly scripts: CodecService;
}

export function openCodecs({ config, store, world }: Core): OpenCodecs {
  const stopped = openStoppedScripts(join(config.store.dir, 'stopped-codecs.json'));
  const codecs = createCodecs({
    clock: world.clock,
    onHeld(codec, source) {
      world.logger.error('codec.held', { codec, hint: 'it did not come back and was ended: replace it' });
      stopped.add(codec, source);
    },
  });
  const scripts = createCodecService({ codecs, store, folder: config.codecs.dir, stopped, world });
  return { codecs, scripts };
}
