/**
 * The systemd unit of the service, hardened as far as V8 allows: it writes and runs code of its own, so memory must be
 * allowed to be both, one after the other. deploy/systemd holds the same text, which a test compares.
 */
import { type Layout, layoutOf, NAME } from './layout.ts';

/** The whole unit file. `configExit` is the exit code after which a restart is of no use. */
export function unitText(layout: Layout = layoutOf(), configExit = 78): string {
  return `# Made by "${NAME} install". Changes belong into a drop-in: systemctl edit ${NAME}
[Unit]
Description=WebSCADA Edge, the appliance of a remote site
Documentation=man:${NAME}(1)
After=network.target time-sync.target mosquitto.service
# A remote box never gives up: it is tried again for ever.
StartLimitIntervalSec=0

${lifeText(layout, configExit)}
${placesText(layout)}
${MEMORY}
${HARDENING}
[Install]
WantedBy=multi-user.target
`;
}

/** How the service starts, ends and is tried again. */
function lifeText({ executable, settingsFile, versions }: Layout, configExit: number): string {
  return `[Service]
Type=notify
# systemd-notify is a child of the service.
NotifyAccess=all
ExecStart=${executable} run --config ${settingsFile}
ExecReload=/bin/sh -c 'kill -HUP $MAINPID'
# After a failure under an upgrade that has not proven itself (power cut, lost connection): the version before counts it.
ExecStopPost=+-/bin/sh -c 'if [ "$$SERVICE_RESULT" != success ] && [ -e ${versions}/upgrade.json ]; then exec ${versions}/previous upgrade --recover; fi'
Restart=always
RestartSec=3
# Wrong settings do not get right by themselves.
RestartPreventExitStatus=${configExit}
WatchdogSec=60
# A damaged store is repaired before the service is ready; while that advances, systemd is asked to wait on.
TimeoutStartSec=1h
TimeoutStopSec=20
# A watchdog must not leave a core of all memory on the SD card.
WatchdogSignal=SIGKILL
LimitCORE=0
`;
}

/** As whom it runs, where it writes, and what it is told. */
function placesText({ data, cache }: Layout): string {
  return `User=${NAME}
Group=${NAME}
UMask=0077
StateDirectory=${NAME}
StateDirectoryMode=0750
# Where sticks and shares are mounted, for backups (backup.dir).
ReadWritePaths=-/media -/mnt
CacheDirectory=${NAME}
CacheDirectoryMode=0750
WorkingDirectory=${data}
Environment=NODE_OPTIONS="--max-semi-space-size=1 --max-old-space-size=128" MALLOC_ARENA_MAX=1
Environment=PKG_NATIVE_CACHE_PATH=${cache} HOME=${data}
StandardOutput=journal
StandardError=journal
SyslogIdentifier=${NAME}
# A flood of words must not wear out the card.
LogRateLimitIntervalSec=30s
LogRateLimitBurst=500
`;
}

const MEMORY = `# Memory runs out for others first, and when it does for us the whole service starts anew.
OOMScoreAdjust=-500
OOMPolicy=stop
MemoryHigh=350M
MemoryMax=450M
TasksMax=128
LimitNOFILE=8192
Nice=-2
IOSchedulingClass=best-effort
IOSchedulingPriority=2
`;

const HARDENING = `CapabilityBoundingSet=
AmbientCapabilities=
NoNewPrivileges=yes
DevicePolicy=closed
LockPersonality=yes
# Off: V8 writes code and then runs it.
MemoryDenyWriteExecute=no
PrivateDevices=yes
PrivateMounts=yes
PrivateTmp=yes
PrivateUsers=yes
ProcSubset=all
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
`;

/** The drop-in that hands the files in the folder of credentials, named like their settings, to the service. */
export function credentialsText(layout: Layout, names: readonly string[]): string {
  const lines = names.map((name) => `LoadCredential=${name}:${layout.credentials}/${name}\n`);
  return `# Made by "${NAME} install" from ${layout.credentials}: run it again after a change there.\n[Service]\n${lines.join('')}`;
}

/** Ports below this are not for everybody. */
const FIRST_FREE_PORT = 1024;

/**
 * The drop-in that lets the service listen on ports below 1024; undefined where it does not. The right counts only outside a
 * user namespace of its own.
 */
export function portsText(ports: readonly number[]): string | undefined {
  if (!ports.some((port) => port > 0 && port < FIRST_FREE_PORT)) return undefined;
  return `# Made by "${NAME} install" for a port below ${FIRST_FREE_PORT}: run it again after a change of the ports.
[Service]
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
PrivateUsers=no
`;
}
