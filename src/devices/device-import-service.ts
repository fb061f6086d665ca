/**
 * Where devices come in and go out as files: an import becomes devices of the store in one transaction, an export has what
 * another network server needs to go on with them. Keys that a file leaves out stay as they are.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  ANY_JOIN_EUI,
  type CarriedOver,
  type Device,
  type DeviceState,
  type LinkSettings,
  remarksOf,
} from '../model/device.ts';
import type {
  ExportOptions,
  ImportedDevice,
  ImportOptions,
  ImportOutcome,
  ScannedDevice,
  UndoOutcome,
} from '../model/onboarding.ts';
import { type Told, tell, tellAll } from '../model/said.ts';
import type { Store } from '../store/contract.ts';
import type { OnboardingEntry } from './entry.ts';
import { exportDevices } from './export.ts';
import { importDevices, MAX_FILE_CHARS } from './import.ts';
import { withRunning } from './running-session.ts';
import { readOnboardingCode } from './tr005.ts';
import { createImportUndo } from './undo-import.ts';

const PLAN_TRIES = 3;
/** Devices between which others have their turn: a few milliseconds. */
const PLAN_PIECE = 200;

export interface DeviceImportServiceOptions {
  readonly store: Pick<Store, 'devices' | 'network'>;
  /** Names of all codecs. */
  readonly codecs: () => readonly string[];
}

export interface DeviceImportService {
  /** Bytes a file may have. */
  readonly maxBytes: number;
  /** Fails only for a store that cannot be written. */
  importFile(text: string, options?: ImportOptions): Promise<ImportOutcome>;
  /** Takes the last import back, but for devices changed since; undefined where there is none to take back. */
  undoImport(): UndoOutcome | undefined;
  exportFile(options: ExportOptions): string;
  /** What is scanned, or in words why it is no onboarding code. */
  readCode(scanned: string): ScannedDevice | Told;
}

export function createDeviceImportService({
  store,
  codecs,
}: DeviceImportServiceOptions): DeviceImportService {
  const { devices, network } = store;
  const undo = createImportUndo(devices);

  async function importFile(text: string, options: ImportOptions = {}): Promise<ImportOutcome> {
    const { entries, problems, columns } = await importDevices(text, options.columns);
    const { created, changed, skipped, wanted, counters } = await planUndisturbed(entries, options);
    if (!options.dryRun) undo.noted(wanted, () => devices.putAll(wanted, counters));
    return { created, changed, skipped, problems, ...(columns ? { columns } : {}) };
  }

  /**
   * What is known of the devices must not change between the plan and its writing. It takes long enough for others to need
   * their turn, so one that was disturbed is made again; the last time nobody has a turn.
   */
  async function planUndisturbed(entries: readonly OnboardingEntry[], options: ImportOptions): Promise<Plan> {
    for (let tries = 1; tries < PLAN_TRIES; tries++) {
      let isDisturbed = false;
      const end = devices.onChange(() => {
        isDisturbed = true;
      });
      const plan = startPlan(options);
      for (const [i, entry] of entries.entries()) {
        if (i % PLAN_PIECE === PLAN_PIECE - 1) await nextTurn();
        addToPlan(plan, entry);
      }
      if (!options.dryRun) await devices.prepare(plan.wanted);
      end();
      if (!isDisturbed && isSame(plan.joined, joinedDevices())) return plan;
    }
    const plan = startPlan(options);
    for (const entry of entries) addToPlan(plan, entry);
    return plan;
  }

  function joinedDevices(): Set<string> {
    return new Set(
      network.sessions().flatMap(({ devEui, joinNonce }) => (joinNonce === null ? [] : [devEui])),
    );
  }

  function startPlan({ codec }: ImportOptions): Plan {
    const counters = new Map<string, number>();
    const made = { created: [], changed: [], skipped: [], wanted: [], counters };
    const sessions = sessionsOf(devices.list());
    return { ...made, codec, names: codecs(), joined: joinedDevices(), sessions };
  }

  function addToPlan(plan: Plan, read: OnboardingEntry): void {
    const known = devices.get(read.devEui);
    // The session of a device that has joined here is newer than that of any file, and so are its counters.
    const { session: _older, carried: _old, ...rest } = read;
    const entry: OnboardingEntry = plan.joined.has(read.devEui) ? rest : read;
    const device = toDevice(entry, known, plan.names, plan.codec);
    const { devEui, name } = device;
    const reason = known && reasonToLeave(known, device, entry);
    if (reason !== undefined) {
      plan.skipped.push({ devEui, name, note: reason.detail, said: reason.said });
      return;
    }
    const note = noteOf(device, plan.names, entry, noteSession(plan.sessions, device));
    (known ? plan.changed : plan.created).push({ devEui, name, ...note });
    plan.wanted.push(device);
    if (entry.session?.fCntUp) plan.counters.set(devEui, entry.session.fCntUp);
  }

  return {
    maxBytes: MAX_FILE_CHARS,
    importFile,
    undoImport: undo.undo,
    exportFile(options) {
      const stored = new Map(network.sessions().map((session) => [session.devEui, session]));
      const entries = devices
        .list()
        .sort((a, b) => (a.devEui < b.devEui ? -1 : 1))
        .map((device) => {
          const session = stored.get(device.devEui);
          const entry = toEntry(device, session?.fCntDown ?? device.carried?.fCntDown);
          if (!options.withSessions) return entry;
          const joinEui = device.otaa?.joinEui ?? ANY_JOIN_EUI;
          return withRunning(entry, device, {
            session,
            devNonce: network.devNonces(device.devEui, joinEui).last,
          });
        });
      return exportDevices(entries, options);
    },
    readCode: (scanned) => readCode(devices, scanned),
  };
}

function readCode(devices: Store['devices'], scanned: string): ScannedDevice | Told {
  const { code, problem } = readOnboardingCode(scanned);
  if (!code) return problem;
  const { format, devEui, joinEui, vendorId, modelId, serialNumber } = code;
  return {
    ...{ format, devEui, joinEui, vendorId, modelId },
    ...(serialNumber === undefined ? {} : { serialNumber }),
    known: devices.get(devEui) !== undefined,
    missing: 'key',
  };
}

/** What is to become of the devices of a file, as things stood when it was made. */
interface Plan {
  readonly created: ImportedDevice[];
  readonly changed: ImportedDevice[];
  readonly skipped: ImportedDevice[];
  readonly wanted: Device[];
  readonly counters: Map<string, number>;
  readonly codec: string | undefined;
  readonly names: readonly string[];
  readonly joined: ReadonlySet<string>;
  /** Who has a personalised session, by its address and key. */
  readonly sessions: Map<string, string>;
}

function isSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((item) => b.has(item));
}

/** The device as the file wants it; what it does not say stays as it is. */
function toDevice(
  entry: OnboardingEntry,
  known: Device | undefined,
  codecs: readonly string[],
  otherwise: string | undefined,
): Device {
  const { devEui, name, joinEui, appKey, session } = entry;
  const profile = entry.profile ?? known?.profile;
  const ofProfile = profile !== undefined && codecs.includes(profile) ? profile : undefined;
  const abp = session
    ? { devAddr: session.devAddr, nwkSKey: session.nwkSKey, appSKey: session.appSKey }
    : known?.abp;
  const key = appKey ?? known?.otaa?.appKey;
  const otaa = key && {
    joinEui: joinEui ?? known?.otaa?.joinEui ?? known?.keyless?.joinEui ?? ANY_JOIN_EUI,
    appKey: key,
  };
  const joins = joinEui ?? known?.keyless?.joinEui;
  const link = linkOf(entry, known);
  const carried = carriedOf(entry, known);
  const area = entry.area ?? known?.area;
  const notes = entry.description ?? known?.notes;
  return {
    devEui,
    // A file without names gives the DevEUI, which is no reason to take a name away.
    name: known && name === devEui ? known.name : name,
    codec: entry.codec ?? known?.codec ?? ofProfile ?? otherwise ?? 'raw',
    origin: 'api',
    ...(abp ? { abp } : {}),
    ...(otaa ? { otaa } : {}),
    ...(!otaa && !abp && joins !== undefined ? { keyless: { joinEui: joins } } : {}),
    ...(profile === undefined ? {} : { profile }),
    ...(link ? { link } : {}),
    ...(carried ? { carried } : {}),
    ...remarksOf({
      ...known,
      ...(area === undefined ? {} : { area }),
      ...(notes === undefined ? {} : { notes }),
    }),
  };
}

/** Of the file's session, and of the root key it names. */
function carriedOf(
  { session, carried }: OnboardingEntry,
  known: Device | undefined,
): CarriedOver | undefined {
  if (!session && !carried) return known?.carried;
  const fCntDown = session?.fCntDown;
  return { ...known?.carried, ...carried, ...(fCntDown === undefined ? {} : { fCntDown }) };
}

function linkOf(
  { region, macVersion, deviceClass, allowCounterReset }: OnboardingEntry,
  known: Device | undefined,
): LinkSettings | undefined {
  const link: LinkSettings = {
    ...known?.link,
    ...(region ? { region } : {}),
    ...(macVersion ? { macVersion } : {}),
    ...(deviceClass ? { deviceClass } : {}),
    ...(allowCounterReset ? { allowCounterReset } : {}),
  };
  return Object.keys(link).length > 0 ? link : undefined;
}

/** Why a known device stays as it is, undefined if it is to be changed. */
function reasonToLeave(
  known: Device & DeviceState,
  wanted: Device,
  { session }: OnboardingEntry,
): Told | undefined {
  if (known.origin === 'config') return tell('import.declared');
  if (known.origin === 'chirpstack') return tell('import.chirpstack');
  const ahead = (session?.fCntUp ?? 0) > known.nextFCntUp;
  return ahead || Object.keys(identity(wanted)).some((part) => differs(part, known, wanted))
    ? undefined
    : tell('import.same');
}

function identity(device: Device): Readonly<Record<string, unknown>> {
  const { name, codec, abp, otaa, keyless, profile, link, carried, area, notes } = device;
  return { name, codec, abp, otaa, keyless, profile, link, carried, area, notes };
}

function differs(part: string, a: Device, b: Device): boolean {
  const sorted = (value: unknown) =>
    JSON.stringify(value, value instanceof Object ? Object.keys(value).sort() : undefined);
  return sorted(identity(a)[part]) !== sorted(identity(b)[part]);
}

function sessionsOf(devices: readonly Device[]): Map<string, string> {
  const sessions = new Map<string, string>();
  for (const device of devices) noteSession(sessions, device);
  return sessions;
}

/** The first device with that address and key, by which alone frames are told apart. */
function noteSession(sessions: Map<string, string>, { devEui, abp }: Device): string {
  if (!abp) return devEui;
  const session = `${abp.devAddr} ${abp.nwkSKey}`;
  const first = sessions.get(session) ?? devEui;
  sessions.set(session, first);
  return first;
}

function noteOf(
  { devEui, abp, otaa, codec, link }: Device,
  codecs: readonly string[],
  { session, carried, usedNonces = 0 }: OnboardingEntry,
  twin: string,
): Pick<ImportedDevice, 'note' | 'said'> {
  const version = link?.macVersion;
  const notes = [
    ...(abp || otaa ? [] : [tell('import.noKey')]),
    ...(abp && twin !== devEui ? [tell('import.twin', { devEui: twin })] : []),
    ...(otaa?.joinEui === ANY_JOIN_EUI ? [tell('import.anyJoin')] : []),
    ...(codecs.includes(codec)
      ? []
      : [tell('import.noCodec', { codec: JSON.stringify(codec).slice(1, -1) })]),
    ...(usedNonces > 1 && version !== '1.0.4' ? [tell('import.nonces', { number: usedNonces })] : []),
    // A device of 1.0.4 takes no JoinNonce that is not above its last.
    ...(session && otaa && carried?.joinNonce === undefined && version === '1.0.4'
      ? [tell('import.joinNonce')]
      : []),
  ];
  if (notes.length === 0) return {};
  const { detail, said } = tellAll(notes);
  return { note: detail, said };
}

function toEntry(device: Device & DeviceState, fCntDown: number | undefined): OnboardingEntry {
  const { devEui, name, codec, profile, link = {}, otaa, keyless, abp, nextFCntUp, area, notes } = device;
  const { region, macVersion, deviceClass } = link;
  return {
    devEui,
    ...(otaa ? { joinEui: otaa.joinEui, appKey: otaa.appKey } : {}),
    ...(keyless ? { joinEui: keyless.joinEui } : {}),
    name,
    codec,
    ...(notes === undefined ? {} : { description: notes }),
    ...(area === undefined ? {} : { area }),
    ...(profile === undefined ? {} : { profile }),
    ...(region ? { region } : {}),
    ...(macVersion ? { macVersion } : {}),
    ...(deviceClass ? { deviceClass } : {}),
    ...(abp
      ? { session: { ...abp, fCntUp: nextFCntUp, ...(fCntDown === undefined ? {} : { fCntDown }) } }
      : {}),
    missing: otaa || abp ? 'nothing' : 'key',
  };
}
