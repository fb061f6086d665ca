/**
 * An installation as data: the steps in order, each saying how something shall be in the end. What is so already is left
 * as it is, so a second run changes nothing.
 */

import { type Layout, NAME, UPDATES } from './layout.ts';
import { credentialsText, portsText, unitText } from './unit.ts';
import { updatesPathText, updatesUnitText } from './updates-unit.ts';

export type Owner = 'root' | 'service';

export type InstallStep =
  | { readonly kind: 'user'; readonly name: string; readonly home: string }
  | { readonly kind: 'folder'; readonly path: string; readonly mode: number; readonly group: Owner }
  /** `owned`: changed when it differs; otherwise only made when it is missing. */
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly text: string;
      readonly mode: number;
      readonly group: Owner;
      readonly owned: boolean;
    }
  | { readonly kind: 'executable'; readonly from: string; readonly path: string }
  | { readonly kind: 'removed'; readonly path: string }
  | { readonly kind: 'enabled'; readonly unit: string }
  /** Stopped, and not started with the machine; nothing where it is not there. */
  | { readonly kind: 'disabled'; readonly unit: string; readonly path: string }
  /** Running with everything before it: started anew when something has changed. */
  | { readonly kind: 'running'; readonly unit: string };

export interface InstallOptions {
  readonly layout: Layout;
  /** With systemd, a user of its own and the ownership that goes with them. */
  readonly system: boolean;
  /** The executable to install. */
  readonly from: string;
  /** Settings file to begin with. */
  readonly settings: string;
  /** Secret settings for which there is a file among the credentials. */
  readonly credentials: readonly string[];
  /** Secret settings whose files are to be made, by path. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Where the service listens. */
  readonly ports?: readonly number[];
  readonly manual: string;
  readonly completion: string;
  /** Whether root shall carry out updates the service asks for; as it is without. */
  readonly updatesByPage?: boolean | undefined;
}

export function planInstallation(wishes: InstallOptions): InstallStep[] {
  const { layout, system, from } = wishes;
  const folder = (path: string, mode: number, group: Owner = 'root'): InstallStep => ({
    kind: 'folder',
    path,
    mode,
    group,
  });
  const file = (
    path: string,
    text: string,
    owned: boolean,
    mode = 0o644,
    group: Owner = 'root',
  ): InstallStep => ({
    kind: 'file',
    path,
    text,
    mode,
    group,
    owned,
  });
  const common: InstallStep[] = [
    folder(layout.versions, 0o755),
    { kind: 'executable', from, path: layout.executable },
    folder(layout.settings, 0o750, 'service'),
    file(layout.settingsFile, wishes.settings, false, 0o640, 'service'),
    folder(layout.credentials, 0o700),
    ...Object.entries(wishes.secrets ?? {}).map(([name, text]) =>
      file(`${layout.credentials}/${name}`, text, true, 0o600),
    ),
  ];
  // Without systemd nobody else makes it; with systemd it belongs to the service and systemd sees to that.
  if (!system) return [...common, folder(layout.data, 0o750)];
  const ports = portsText(wishes.ports ?? []);
  return [
    { kind: 'user', name: NAME, home: layout.data },
    ...common,
    folder(layout.backups, 0o700),
    ...programFiles(wishes),
    ...(wishes.credentials.length > 0
      ? [
          folder(layout.dropIns, 0o755),
          file(layout.credentialsDropIn, credentialsText(layout, wishes.credentials), true),
        ]
      : [{ kind: 'removed', path: layout.credentialsDropIn } as const]),
    ...(ports === undefined
      ? [{ kind: 'removed', path: layout.portsDropIn } as const]
      : [folder(layout.dropIns, 0o755), file(layout.portsDropIn, ports, true)]),
    ...updatesSteps(wishes, file),
    { kind: 'enabled', unit: NAME },
    { kind: 'running', unit: NAME },
  ];
}

/** The units of updates by page; the path is started before the service, which is the last of all. */
function updatesSteps(
  { layout, updatesByPage }: InstallOptions,
  file: (path: string, text: string, owned: boolean) => InstallStep,
): InstallStep[] {
  const unit = `${UPDATES}.path`;
  if (updatesByPage === undefined) return [];
  if (!updatesByPage) {
    return [
      { kind: 'disabled', unit, path: layout.updatesPath },
      { kind: 'removed', path: layout.updatesPath },
      { kind: 'removed', path: layout.updatesUnit },
    ];
  }
  return [
    ...updatesFiles(layout).map(([path, text]) => file(path, text, true)),
    { kind: 'enabled', unit },
    { kind: 'running', unit },
  ];
}

/** By their places; changed with the program only where they are there. */
export function updatesFiles(layout: Layout): (readonly [path: string, text: string])[] {
  return [
    [layout.updatesUnit, updatesUnitText(layout)],
    [layout.updatesPath, updatesPathText(layout)],
  ];
}

/** What belongs to the executable and is another text in another version: its unit, man page and completion. */
export function programFiles({
  layout,
  manual,
  completion,
  updates = [],
}: Pick<InstallOptions, 'layout' | 'manual' | 'completion'> & {
  /** Files of the units of updates by page, where those are there. */
  readonly updates?: readonly (readonly [path: string, text: string])[];
}): (InstallStep & { readonly kind: 'file' })[] {
  const texts = [
    [manualFile(layout), manual],
    [completionFile(layout), completion],
    [layout.unit, unitText(layout)],
    ...updates,
  ] as const;
  return texts.map(([path, text]) => ({
    kind: 'file',
    path,
    text,
    mode: 0o644,
    group: 'root',
    owned: true,
  }));
}

/** What goes in any case, and what goes with `purge`: settings, data, backups. */
export function removals(layout: Layout, purge: boolean): readonly string[] {
  const program = [
    layout.dropIns,
    layout.unit,
    layout.updatesPath,
    layout.updatesUnit,
    manualFile(layout),
    completionFile(layout),
    layout.cache,
    layout.versions,
    layout.executable,
  ];
  return purge ? [...program, layout.settings, layout.data, layout.backups] : program;
}

function manualFile({ prefix }: Layout): string {
  return `${prefix.replace(/\/$/, '')}/usr/local/share/man/man1/${NAME}.1`;
}

function completionFile({ prefix }: Layout): string {
  return `${prefix.replace(/\/$/, '')}/usr/local/share/bash-completion/completions/${NAME}`;
}

/** For people. */
export function describeStep(step: InstallStep): string {
  switch (step.kind) {
    case 'user':
      return `system user ${step.name}`;
    case 'folder':
      return `folder ${step.path}`;
    case 'file':
      return step.path;
    case 'executable':
      return step.path;
    case 'removed':
      return `no ${step.path}`;
    case 'enabled':
      return `${step.unit} starts with the machine`;
    case 'disabled':
      return `no ${step.unit}`;
    case 'running':
      return `${step.unit} runs`;
  }
}
