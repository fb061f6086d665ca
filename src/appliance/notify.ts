/** Notifications of the box: the notifier, with the ways out that the settings and the other rooms give it. */
import type { AlarmRule } from '../model/alarm.ts';
import type { NotifyService } from '../model/notify-service.ts';
import { codecOf } from '../model/profile.ts';
import { type Told, tell } from '../model/said.ts';
import type { ChannelSender } from '../notify/channels/channel.ts';
import { createDownlinkSender } from '../notify/channels/downlink.ts';
import { createEmailSender } from '../notify/channels/email.ts';
import { createMqttSender } from '../notify/channels/mqtt.ts';
import { createWebhookSender } from '../notify/channels/webhook.ts';
import { createNotifier } from '../notify/notifier.ts';
import type { Core } from './core.ts';
import type { Intake } from './intake.ts';
import type { OpenCodecs } from './open-codecs.ts';
import { timeZoneOf } from './status.ts';

export function createBoxNotify(
  core: Core,
  codecs: OpenCodecs,
  { gateway, transport }: Pick<Intake, 'gateway' | 'transport'>,
  ruleOf: (id: string) => AlarmRule | undefined,
): NotifyService {
  const { config, world, store, timekeeper } = core;
  const { nowMs } = timekeeper;
  const { notify, webhooks } = config;
  const senders = new Map<string, ChannelSender>([
    ['mqtt', createMqttSender(notify, (topic, payload) => transport.publish(topic, payload), world)],
    [
      'downlink',
      createDownlinkSender({ downlinks: gateway.downlinks, encode: encoder(core, codecs) }, nowMs),
    ],
    ...webhooks.map((hook) => [`webhook:${hook.name}`, createWebhookSender(hook, notify, world)] as const),
  ]);
  if (notify.smtpHost !== undefined) senders.set('email', createEmailSender(notify, world));
  return createNotifier({
    ...{
      store,
      world,
      nowMs,
      senders,
      ruleOf,
      config: { ...notify, webhooks },
      site: config.site,
      timeZone: timeZoneOf(config),
    },
  });
}

/** Bytes of an object, by the codec of the device. */
function encoder({ store }: Core, { scripts }: OpenCodecs) {
  return async (
    devEui: string,
    object: unknown,
    fPort: number,
  ): Promise<Told | { readonly data: string }> => {
    const device = store.devices.get(devEui);
    if (!device) return tell('rule.noDevice', { device: devEui });
    const name = codecOf(device, store.profiles.get(device.profile ?? ''));
    const encoded = await scripts.encode({ name }, { object, fPort });
    if (!encoded) return tell('codec.unknown', { codec: name });
    if (encoded.bytes === undefined) return { detail: encoded.problem, said: encoded.said ?? [] };
    return { data: Buffer.from(encoded.bytes).toString('hex') };
  };
}
