/** Settings: the servers by which people are told of alarms. Who is told is data, on the pages. */
import * as z from 'zod/mini';
import { setting } from '../declare.ts';
import { label, port, text, url, whole } from '../formats.ts';

export const WEBHOOK_TEMPLATES = ['json', 'slack', 'teams', 'mattermost', 'telegram'] as const;

const webhook = z.strictObject({
  name: setting(label(), {
    description: 'Name by which addresses of people name it.',
    required: true,
    example: 'night-shift',
  }),
  url: setting(url(['http', 'https']), {
    description: 'Where messages are posted to. Redirects are refused.',
    required: true,
    secret: true,
    example: 'https://hooks.example/services/abc',
  }),
  template: setting(z.enum(WEBHOOK_TEMPLATES), {
    description: 'Form of the body: our own JSON, or what a chat expects.',
    default: 'json',
  }),
  secret: setting(text(1024), {
    description:
      'Messages are signed with it (HMAC-SHA256, as Standard Webhooks have it: `webhook-id`, `webhook-timestamp`, `webhook-signature`).',
    secret: true,
  }),
});

export const notify = z.strictObject({
  smtp_host: setting(text(), {
    description: 'Mail server messages are handed to. Without it no e-mail is sent.',
    example: 'mail.example',
  }),
  smtp_port: setting(port(), { description: 'Port of the mail server.', default: 587 }),
  smtp_security: setting(z.enum(['starttls', 'tls', 'none']), {
    description:
      '`starttls`: nothing is said before the connection is encrypted. `tls`: encrypted from the start, usually port 465. `none`: in the clear, for a server on this machine.',
    default: 'starttls',
  }),
  smtp_username: setting(text(), {
    description: 'User name at the mail server.',
    example: 'edge@site.example',
  }),
  smtp_password: setting(text(4096), { description: 'Password at the mail server.', secret: true }),
  from: setting(text(320), {
    description: 'Address e-mails come from; needed with `smtp_host`.',
    example: 'edge@site.example',
  }),
  ca_file: setting(text(4096), {
    description:
      'PEM file of the authority that signed the certificate of the mail server and the webhooks, if the system does not know it.',
    example: '/etc/webscada-edge/notify-ca.pem',
  }),
  timeout_ms: setting(whole(1000, 120_000), {
    description: 'How long a server may take for one message before it is tried again.',
    default: 20_000,
  }),
  pages_url: setting(url(['http', 'https']), {
    description: 'Where people open the pages; messages link there. Without it they have no link.',
    example: 'https://edge.site.example',
  }),
  mqtt_topic: setting(text(200), {
    description:
      'First part of the topics messages are published under, at the broker of the gateways; the address of a person says the rest.',
    default: 'webscada-edge/alarms',
  }),
});

export const webhooks = setting(z.array(webhook).check(z.maxLength(20)), {
  description: 'Webhooks messages to people are posted to, a table each.',
  default: [],
});
