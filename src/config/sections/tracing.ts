/** Settings: traces of frames, at a site and at the centre. */
import * as z from 'zod/mini';
import { setting } from '../declare.ts';
import { text, url, whole } from '../formats.ts';

export const tracing = z.strictObject({
  endpoint: setting(url(['http', 'https']), {
    description:
      'Where spans are sent by OTLP/HTTP as JSON: the whole address at an OpenTelemetry Collector, Tempo or Jaeger. Without it nothing is traced. Redirects are not followed.',
    example: 'http://tempo.example:4318/v1/traces',
  }),
  sample_one_in: setting(whole(1, 1_000_000), {
    description:
      'Of how many frames one is traced, by a number that follows from the record; 1: all. The centre traces nothing that its site does not.',
    default: 100,
  }),
  authorization: setting(text(4096), {
    description: 'Value of the header `Authorization`, where the collector wants one.',
    secret: true,
  }),
  ca_file: setting(text(4096), {
    description:
      'PEM file of the authority that signed the certificate of the collector, if the system does not know it.',
    example: '/etc/webscada-edge/tracing-ca.pem',
  }),
});
