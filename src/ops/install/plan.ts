/**
 * An installation as data: the steps in order, each saying how something shall be in the end. What is so already is left
 * as it is, so a second run changes nothing.
 */

import { type Layout, NAME } from './layout.ts';
import { credentialsText, portsText, unitText } from './unit.ts';

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
    { kind: 'enabled', unit: NAME },
    { kind: 'running', unit: NAME },
  ];
}

/** What belongs to the executable and is another text in another version: its unit, man page and completion. */
export function programFiles({
  layout,
  manual,
  completion,
}: Pick<InstallOptions, 'layout' | 'manual' | 'completion'>): (InstallStep & { readonly kind: 'file' })[] {
  const texts = [
    [manualFile(layout), manual],
    [completionFile(layout), completion],
    [layout.unit, unitText(layout)],
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
    case 'running':
      return `${step.unit} runs`;
  }
}
