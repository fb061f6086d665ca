/** The verb that tries a device maker's script with sample bytes, exactly as the box would run it, and without a box. */

import { readFile } from 'node:fs/promises';
import type { Codecs } from '../ingest/codec/codecs.ts';
import type { Clock } from '../model/world.ts';
import { failToRead } from './fail.ts';
import { type CliWorld, EXIT, type Verb } from './verb.ts';

/** The largest application payload of any LoRaWAN region. */
const MAX_PAYLOAD_BYTES = 242;

export const codecTest: Verb = {
  name: 'codec test',
  group: 'Devices',
  synopsis: 'FILE --port N --bytes HEX [--json]',
  summary: "try a device maker's script with sample bytes",
  details:
    'Runs the script as the box would: the same engine, the same limits. With --object it encodes a downlink instead. Needs no box. Exit code 1: the script does not compile, or did not decode the bytes.',
  options: {
    port: { type: 'string', value: 'N', summary: 'FPort, 1 to 223 (1)' },
    bytes: { type: 'string', value: 'HEX', summary: 'payload to decode' },
    object: { type: 'string', value: 'JSON', summary: 'what to encode' },
    json: { type: 'boolean', summary: 'as one line of JSON' },
  },
  maxWords: 1,
  examples: [
    'webscada-edge codec test em300.js --port 85 --bytes 01755c03673401',
    'webscada-edge codec test em300.js --object \'{"interval": 600}\' --json',
  ],
  async run(given, world, [file]) {
    const fPort = Number(given.text('port') ?? 1);
    const bytes = given.text('bytes')?.replace(/[\s:]/g, '');
    const object = given.text('object');
    if (file === undefined) return wrong('say which file holds the script', world);
    if (!Number.isInteger(fPort) || fPort < 1 || fPort > 223) return wrong('--port is 1 to 223', world);
    if ((bytes === undefined) === (object === undefined)) return wrong('give --bytes or --object', world);
    if (bytes !== undefined && !(/^([0-9a-f]{2})*$/i.test(bytes) && bytes.length <= 2 * MAX_PAYLOAD_BYTES)) {
      return wrong(`--bytes are pairs of hex digits, at most ${MAX_PAYLOAD_BYTES}`, world);
    }
    const wanted = object === undefined ? undefined : readJson(object);
    if (object !== undefined && wanted === undefined) return wrong('--object is not JSON', world);
    let source: string;
    try {
      source = await readFile(file, 'utf8');
    } catch (error) {
      return failToRead(world, file, error);
    }
    const result =
      bytes === undefined
        ? await encode(source, wanted?.value, fPort)
        : await decode(source, Buffer.from(bytes, 'hex'), fPort);
    if (given.flag('json')) world.stdout.write(`${JSON.stringify(result)}\n`);
    else tell(result, world);
    return result.problem === undefined ? EXIT.ok : EXIT.failure;
  },
};

interface Result {
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly hex?: string;
  readonly fPort?: number;
  readonly problem?: string;
  readonly warnings: readonly string[];
}

/** Gives `task` codecs of its own, and ends their worker afterwards: it would keep the process alive. */
async function withCodecs<T>(task: (codecs: Codecs, clock: Clock) => Promise<T>): Promise<T> {
  const [{ createCodecs }, { createWorld }] = await Promise.all([
    import('../ingest/codec/codecs.ts'),
    import('../ops/world.ts'),
  ]);
  const silent = (): void => {};
  const { clock } = createWorld({ debug: silent, info: silent, warn: silent, error: silent });
  const codecs = createCodecs({ clock });
  try {
    return await task(codecs, clock);
  } finally {
    await codecs.stop();
  }
}

function decode(source: string, data: Uint8Array, fPort: number): Promise<Result> {
  return withCodecs(async (codecs, clock) => {
    const { fields, problem, warnings } = await codecs.test(source, { fPort, data, timeMs: clock.nowMs() });
    return { fields, ...(problem === undefined ? {} : { problem }), warnings };
  });
}

function encode(source: string, object: unknown, fPort: number): Promise<Result> {
  return withCodecs(async (codecs) => {
    const encoded = await codecs.testEncode(source, { object, fPort });
    if (encoded.bytes === undefined) return { problem: encoded.problem, warnings: [] };
    const { bytes, warnings } = encoded;
    return { hex: Buffer.from(bytes).toString('hex'), fPort: encoded.fPort ?? fPort, warnings };
  });
}

function tell({ fields, hex, fPort, problem, warnings }: Result, { stdout, stderr }: CliWorld): void {
  for (const [name, value] of Object.entries(fields ?? {}))
    stdout.write(`${name} = ${JSON.stringify(value)}\n`);
  if (hex !== undefined) stdout.write(`${hex} on FPort ${fPort}\n`);
  for (const warning of warnings) stderr.write(`warning: ${warning}\n`);
  if (problem !== undefined) stderr.write(`webscada-edge: ${problem}\n`);
}

function readJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function wrong(problem: string, world: CliWorld): number {
  world.stderr.write(`webscada-edge: ${problem}\n`);
  return EXIT.usage;
}
