/** Messages that a real Gateway Bridge published or took; test/fixtures/gateway-bridge/README.md says how they were made. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Recording {
  /** The Gateway Bridge's version, or 'mqtt-forwarder' and its. */
  readonly bridge: string;
  readonly backend: 'semtech_udp' | 'basics_station';
  readonly marshaler: 'json' | 'protobuf';
  /** Of the case in bridge-cases.ts. */
  readonly name: string;
  readonly topic: string;
  /** JSON as text, protobuf in base64. */
  readonly payload: string;
  /** Of a command: what the radio's side was told, in order. */
  readonly radio?: readonly object[];
}

export const RECORDINGS = join(import.meta.dirname, '../fixtures/gateway-bridge/recordings.jsonl');

export function readRecordings(): readonly Recording[] {
  const lines = readFileSync(RECORDINGS, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Recording);
}
