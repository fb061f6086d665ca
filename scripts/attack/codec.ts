/**
 * Codecs that spend their time in built-in functions, which the interpreter cannot interrupt (S3): how long the event loop
 * was held, and how long the answer took. `node scripts/attack/codec.ts`.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createCodecs } from '../../src/ingest/codec/codecs.ts';
import { createWorld } from '../../src/ops/world.ts';

const LOOPS: Readonly<Record<string, string>> = {
  repeat: "'x'.repeat(6000000)",
  escape: "escape('ü'.repeat(500000))",
  Number: "Number('1'.repeat(3000000))",
  parseInt: "parseInt('1'.repeat(3000000), 7)",
  eval: "eval('1;'.repeat(100000))",
  toUpperCase: "'ß'.repeat(1000000).toUpperCase()",
  'JSON.parse': "JSON.parse('[' + '1,'.repeat(200000) + '1]')",
  'Date.parse': "Date.parse('1'.repeat(3000000))",
};

const silent = { debug() {}, info() {}, warn() {}, error() {} };
for (const [name, expression] of Object.entries(LOOPS)) {
  const codecs = createCodecs(createWorld(silent));
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const source = `function decodeUplink() { for (;;) { ${expression}; } }`;
  delay.enable();
  const startedMs = performance.now();
  const { problem } = await codecs.test(source, { fPort: 1, data: Uint8Array.of(1), timeMs: 0 });
  delay.disable();
  console.log(
    `${name}: event loop held ${(delay.max / 1e6).toFixed(0)} ms, answered after ${(performance.now() - startedMs).toFixed(0)} ms: ${problem}`,
  );
  await codecs.stop();
}
