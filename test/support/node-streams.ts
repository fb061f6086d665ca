/**
 * Node's own streams under MQTT.js, as the bundle has it (docs/decisions/0039). The switch is the package's own, and is read when
 * it is first asked for; programs that a test starts must not inherit it: older versions of the package break by it.
 */
import { createRequire } from 'node:module';

process.env.READABLE_STREAM = 'disable';
createRequire(import.meta.url)('readable-stream');
delete process.env.READABLE_STREAM;
