/** Settings: the broker the gateways publish to. */
import * as z from 'zod/mini';
import { setting } from '../declare.ts';
import { port, text, topicPrefix, url, whole } from '../formats.ts';

export const mqtt = z.strictObject({
  mode: setting(z.enum(['embedded', 'external']), {
    description:
      '`embedded`: the appliance is the broker the gateways publish to. `external`: it is a client of the broker at `url`.',
    default: 'embedded',
  }),
  embedded_host: setting(text(), {
    description:
      'Address the embedded broker listens on. `0.0.0.0` or `::` opens it to the network, for gateways that have a user (`broker-user add`).',
    default: '127.0.0.1',
  }),
  embedded_port: setting(port(), { description: 'Port of the embedded broker.', default: 1883 }),
  url: setting(url(['mqtt', 'mqtts']), {
    description: 'The external broker; `mqtts://` for TLS. Name and password have settings of their own.',
    example: 'mqtts://broker.example:8883',
  }),
  username: setting(text(), { description: 'User name at the broker.', example: 'webscada-edge' }),
  password: setting(text(65_535), { description: 'Password at the broker.', secret: true }),
  ca_file: setting(text(4096), {
    description:
      'PEM file of the authority that signed the broker’s certificate, if the system does not know it.',
    example: '/etc/webscada-edge/broker-ca.pem',
  }),
  cert_file: setting(text(4096), {
    description: 'PEM file of the client certificate; needs `key_file`.',
    example: '/etc/webscada-edge/client.pem',
  }),
  key_file: setting(text(4096), {
    description: 'PEM file of the client certificate’s key; needs `cert_file`.',
    example: '/etc/webscada-edge/client.key',
  }),
  client_id: setting(text(255), {
    description:
      'Name of the session the broker keeps for us. No two clients may share one. After a change the session of before is emptied and ended.',
    default: 'webscada-edge-<site.id>',
  }),
  protocol: setting(z.enum(['auto', '5', '3.1.1']), {
    description: 'MQTT version; `auto` tries 5, then 3.1.1.',
    default: 'auto',
  }),
  topic_prefixes: setting(z.array(topicPrefix()).check(z.maxLength(32)), {
    description:
      'What bridges may put before `gateway/` in their topics, beside nothing; others are refused. Empty: anything, and commands then go where frames of our devices came from. One with a `/` in it has to be named for `external`: a broker is asked for it by name.',
    default: [],
    example: ['eu868'],
  }),
  keepalive_s: setting(whole(5, 65_535), {
    description: 'Seconds of silence after which the broker is asked whether it is still there.',
    default: 30,
  }),
});
