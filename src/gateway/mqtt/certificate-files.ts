/** The certificate files of the settings, read anew for each connection, so that a renewed one needs no restart. */
import type { IClientOptions } from 'mqtt';
import type { MqttConfig } from '../../config/schema.ts';
import { readInTime } from '../../files/read-file.ts';
import { errorText } from '../../model/error-text.ts';
import { type ToldTrouble, tell } from '../../model/said.ts';
import type { World } from '../../model/world.ts';

export interface Unreadable {
  readonly unreadable: ToldTrouble;
}

export async function readFiles(
  { caFile, certFile, keyFile }: MqttConfig,
  { clock }: World,
): Promise<Pick<IClientOptions, 'ca' | 'cert' | 'key'> | Unreadable> {
  const files = { ca: caFile, cert: certFile, key: keyFile };
  const read: { ca?: string; cert?: string; key?: string } = {};
  for (const name of ['ca', 'cert', 'key'] as const) {
    const file = files[name];
    if (file === undefined) continue;
    try {
      read[name] = (await readInTime(file, clock)).toString();
    } catch (error) {
      return {
        unreadable: tell('broker.file', { setting: `mqtt.${name}_file`, error: errorText(error) }),
      };
    }
  }
  return read;
}
