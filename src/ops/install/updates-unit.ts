/**
 * The units by which root carries out an update the service asks for: a path that watches for the request, and what it starts. Only where
 * the operator wants it (`install --updates-by-page on`). Why this is no way to root: docs/decisions/0036.
 */
import { type Layout, layoutOf, NAME, UPDATES } from './layout.ts';

export function updatesPathText({ data }: Layout = layoutOf()): string {
  return `# Made by "${NAME} install --updates-by-page on"; "off" removes it.
[Unit]
Description=Updates that WebSCADA Edge asks for

[Path]
PathExists=${data}/update/request.json

[Install]
WantedBy=multi-user.target
`;
}

export function updatesUnitText({ executable, data }: Layout = layoutOf()): string {
  return `# Made by "${NAME} install --updates-by-page on". Started by ${UPDATES}.path
[Unit]
Description=Takes a signed version of WebSCADA Edge that the service asks for
Documentation=man:${NAME}(1)
# Whoever writes requests all the time must not keep the next good one out for ever.
StartLimitIntervalSec=0

[Service]
Type=oneshot
# So that it cannot be made to run all the time.
ExecStartPre=/bin/sleep 5
ExecStart=${executable} upgrade --requested
TimeoutStartSec=20min
UMask=0022
Nice=10
LimitCORE=0
MemoryMax=450M
TasksMax=64
StandardOutput=journal
StandardError=journal
SyslogIdentifier=${UPDATES}
# The program, its units and its pages of the manual; the folder of the service, to take the request away.
ProtectSystem=strict
ReadWritePaths=/usr/local /etc/systemd/system ${data}
# To run the new version as the service before it is trusted with anything, and to see which one the service runs.
CapabilityBoundingSet=CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_CHOWN CAP_FOWNER CAP_SETUID CAP_SETGID CAP_KILL CAP_SYS_PTRACE
NoNewPrivileges=yes
DevicePolicy=closed
LockPersonality=yes
PrivateDevices=yes
PrivateMounts=yes
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
`;
}
