/**
 * Asks the machine about its clock, cheaply: a few small files and, on the loopback address only, the time daemons that
 * answer there. Everything may be missing, as in a container; then nothing is known, and that is no error.
 */
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from '../model/world.ts';
import type { MachineTime } from './clock-verdict.ts';

export interface ClockProbe {
  /** Names this run of the monotonic clock, 16 hex digits. */
  readonly boot: string;
  look(): Promise<MachineTime>;
  /** How long the machine has slept since it booted, milliseconds: the monotonic clock stands still meanwhile. */
  sleptMs(): number;
}

/** What a time daemon says of itself. */
export interface DaemonAnswer {
  readonly synchronized: boolean;
  readonly syncedAtMs?: number;
}

const ANSWER_MS = 300;
const NTP_EPOCH_MS = Date.UTC(1900, 0, 1);
const CHRONY_PORT = 323;
const NTP_PORT = 123;
/** Left by chronyd and ntpd while they run. */
const PID_FILES = ['run/chrony/chronyd.pid', 'run/chronyd.pid', 'run/ntpd.pid', 'run/ntpsec/ntpd.pid'];

/** The probe of this machine; `root` is where its files are. */
export function createClockProbe({ clock, random }: World, root = '/'): ClockProbe {
  async function timesyncd(): Promise<DaemonAnswer | undefined> {
    const folder = join(root, 'run/systemd/timesync');
    if (!(await exists(folder))) return undefined;
    // Touched at every answer of a time server.
    const touched = await stat(join(folder, 'synchronized')).catch(() => undefined);
    return touched ? { synchronized: true, syncedAtMs: touched.mtimeMs } : { synchronized: false };
  }

  async function ask(
    port: number,
    question: Buffer,
    read: (answer: Buffer) => DaemonAnswer | undefined,
  ): Promise<DaemonAnswer | undefined> {
    const socket = createSocket('udp4');
    return new Promise<DaemonAnswer | undefined>((resolve) => {
      const end = (answer?: DaemonAnswer) => {
        cancel();
        resolve(answer);
      };
      const cancel = clock.after(ANSWER_MS, end);
      socket.once('error', () => end());
      socket.once('message', (answer) => end(read(answer)));
      // Connected, so that a closed port is an error at once.
      socket.connect(port, '127.0.0.1', () => socket.send(question));
    }).finally(() => socket.close());
  }

  return {
    boot: bootOf(root) ?? Array.from({ length: 16 }, () => Math.floor(random() * 16).toString(16)).join(''),
    async look() {
      const [files, chrony, ntp, rtcMs, ...pids] = await Promise.all([
        timesyncd(),
        ask(CHRONY_PORT, chronyQuestion(), readChronyAnswer),
        ask(NTP_PORT, ntpQuestion(), readNtpAnswer),
        readRtcMs(root),
        ...PID_FILES.map((file) => exists(join(root, file))),
      ]);
      const answers = [files, chrony, ntp].filter((answer) => answer !== undefined);
      const good = answers.find(({ synchronized }) => synchronized);
      const silent = answers.length > 0 || pids.includes(true);
      return {
        daemon: good ? 'synchronized' : silent ? 'unsynchronized' : 'none',
        ...(good?.syncedAtMs === undefined ? {} : { syncedAtMs: good.syncedAtMs }),
        ...(rtcMs === undefined ? {} : { rtcMs }),
      };
    },
    sleptMs() {
      const uptimeMs = Number.parseFloat(readText(join(root, 'proc/uptime')) ?? '') * 1_000;
      return Number.isFinite(uptimeMs) ? Math.max(0, uptimeMs - clock.monotonicMs()) : 0;
    },
  };
}

function bootOf(root: string): string | undefined {
  const id = readText(join(root, 'proc/sys/kernel/random/boot_id'))?.replaceAll('-', '').trim();
  return id !== undefined && /^[0-9a-f]{32}$/.test(id) ? id.slice(0, 16) : undefined;
}

async function readRtcMs(root: string): Promise<number | undefined> {
  const text = await readFile(join(root, 'sys/class/rtc/rtc0/since_epoch'), 'utf8').catch(() => '');
  const seconds = Number.parseInt(text, 10);
  return Number.isFinite(seconds) ? seconds * 1_000 : undefined;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** chrony's monitoring protocol, version 6: a 'tracking' request (33), as long as its reply, as chronyd demands. */
function chronyQuestion(): Buffer {
  const question = Buffer.alloc(104);
  question.writeUInt8(6, 0);
  question.writeUInt8(1, 1);
  question.writeUInt16BE(33, 4);
  return question;
}

/** chronyd's answer; undefined for anything else. */
export function readChronyAnswer(answer: Buffer): DaemonAnswer | undefined {
  if (answer.length < 68 || answer.readUInt8(0) !== 6 || answer.readUInt8(1) !== 2) return undefined;
  const [command, reply, status] = [answer.readUInt16BE(4), answer.readUInt16BE(6), answer.readUInt16BE(8)];
  if (command !== 33 || reply !== 5 || status !== 0) return undefined;
  const leap = answer.readUInt16BE(54);
  const syncedAtMs = (answer.readUInt32BE(56) * 2 ** 32 + answer.readUInt32BE(60)) * 1_000;
  return leap < 3 ? { synchronized: true, syncedAtMs } : { synchronized: false };
}

/** RFC 5905: a client's question of version 4. */
function ntpQuestion(): Buffer {
  const question = Buffer.alloc(48);
  question.writeUInt8(0x23, 0);
  return question;
}

/** A time server's answer; undefined for anything else. */
export function readNtpAnswer(answer: Buffer): DaemonAnswer | undefined {
  if (answer.length < 48 || (answer.readUInt8(0) & 7) !== 4) return undefined;
  const leap = answer.readUInt8(0) >> 6;
  const stratum = answer.readUInt8(1);
  if (leap === 3 || stratum < 1 || stratum > 15) return { synchronized: false };
  return { synchronized: true, syncedAtMs: NTP_EPOCH_MS + answer.readUInt32BE(16) * 1_000 };
}
