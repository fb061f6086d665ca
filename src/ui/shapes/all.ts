/** All shapes of the API's answers, as components of the OpenAPI document. */
import * as z from 'zod/mini';
import './access.ts';
import './alarms.ts';
import './backups.ts';
import './audit.ts';
import './catalogue.ts';
import './codecs.ts';
import './connections.ts';
import './devices.ts';
import './frames.ts';
import './history.ts';
import './logs.ts';
import './notify.ts';
import './pictures.ts';
import './rehearsal.ts';
import './settings.ts';
import './sheets.ts';
import './silence.ts';
import './status.ts';
import './survey.ts';
import './update.ts';
import { components } from './component.ts';

const REFERENCE = '#/components/schemas/';

/** JSON Schemas by name. */
export function answerSchemas(): Record<string, object> {
  const { schemas } = z.toJSONSchema(components, { uri: (id) => `${REFERENCE}${id}`, io: 'input' });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $id: _id, $schema: _schema, ...schema }]) => [id, schema]),
  );
}
