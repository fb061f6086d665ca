/** The connections of the settings looked at step by step: for the pages, and for doctor where the box does not answer. */
import type { Config } from '../config/schema.ts';
import { subscriptionsFor } from '../gateway/bridge/topics.ts';
import { brokerLoginSteps } from '../gateway/mqtt/login-steps.ts';
import { influxLoginSteps } from '../ingest/influx/login-steps.ts';
import {
  type ConnectionName,
  type ConnectionReport,
  type ConnectionStep,
  walk,
} from '../model/connection-test.ts';
import type { World } from '../model/world.ts';
import { mailLoginSteps } from '../notify/mail-steps.ts';
import { networkSteps, type Server } from '../ops/connections/network-steps.ts';
import { parseRedisUrl } from '../sync/site/client.ts';
import { centreLoginSteps } from '../sync/site/login-steps.ts';

/** 'not_configured': there is no such connection. Never rejects. */
export async function testConnection(
  name: ConnectionName,
  config: Config,
  world: World,
): Promise<ConnectionReport | 'not_configured'> {
  const server = serverOf(name, config);
  if (!server) return 'not_configured';
  const steps = await walk([...networkSteps(server, world.clock), () => loginSteps(name, config, world)]);
  return { connection: name, server: `${server.host}:${server.port}`, steps };
}

function loginSteps(
  name: ConnectionName,
  { mqtt, influx, centre, notify, site }: Config,
  world: World,
): Promise<readonly ConnectionStep[]> {
  switch (name) {
    case 'broker':
      return brokerLoginSteps(mqtt, subscriptionsFor(mqtt.topicPrefixes), world);
    case 'influx':
      return influxLoginSteps(influx, world.clock);
    case 'centre':
      return centreLoginSteps(centre, site.id, world.clock);
    case 'mail':
      return mailLoginSteps(notify, world);
  }
}

function serverOf(name: ConnectionName, { mqtt, influx, centre, notify }: Config): Server | undefined {
  switch (name) {
    case 'broker':
      return mqtt.mode === 'external' && mqtt.url
        ? { ...ofUrl(mqtt.url, { 'mqtt:': 1883, 'mqtts:': 8883 }), ...files(mqtt) }
        : undefined;
    case 'influx':
      return influx.url
        ? { ...ofUrl(influx.url, { 'http:': 80, 'https:': 443 }), hasNoFiles: true }
        : undefined;
    case 'centre':
      return centreServer(centre);
    case 'mail':
      return notify.smtpHost === undefined
        ? undefined
        : {
            ...{ host: notify.smtpHost, port: notify.smtpPort, caFile: notify.caFile },
            // With STARTTLS the certificate comes after the greeting.
            isTls: notify.smtpSecurity === 'tls',
          };
  }
}

/** The first of several Sentinels or nodes stands for all. */
function centreServer(centre: Config['centre']): Server | undefined {
  if (centre.url) {
    const { host, port, tls } = parseRedisUrl(centre.url);
    return { host, port, isTls: tls, ...files(centre) };
  }
  const [first] = centre.sentinels ?? centre.clusterNodes ?? [];
  if (first === undefined) return undefined;
  const colon = first.lastIndexOf(':');
  const host = first.slice(0, colon).replace(/^\[|\]$/g, '');
  return { host, port: Number(first.slice(colon + 1)), isTls: centre.tls, ...files(centre) };
}

function ofUrl(text: string, ports: Readonly<Record<string, number>>): Server {
  const { protocol, hostname, port } = new URL(text);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || (ports[protocol] ?? 0)),
    isTls: /^(mqtts|https):$/.test(protocol),
  };
}

function files({ caFile, certFile, keyFile }: Pick<Server, 'caFile' | 'certFile' | 'keyFile'>) {
  return { caFile, certFile, keyFile };
}
