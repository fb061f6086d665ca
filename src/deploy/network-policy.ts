/** The kinds of network policies that sites and the centre are made of. */
import { selectorOf } from './names.ts';
import type { LabelSelector, NetworkPolicyObject, NetworkPolicyPeer, NetworkPolicySpec } from './object.ts';

/** Any policy of the namespace. */
export function policy(
  name: string,
  podSelector: LabelSelector,
  rules: Omit<NetworkPolicySpec, 'podSelector'>,
) {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, labels: { 'app.kubernetes.io/part-of': 'webscada-edge' } },
    spec: { podSelector, ...rules },
  } satisfies NetworkPolicyObject;
}

/** Nobody, in either direction: what all others are exceptions from. */
export function denyAll(): NetworkPolicyObject {
  return policy('deny-all', {}, { policyTypes: ['Ingress', 'Egress'] });
}

export function dns(): NetworkPolicyObject {
  const server = {
    ...namespace('kube-system'),
    podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
  };
  return policy(
    'all-to-dns',
    {},
    {
      policyTypes: ['Egress'],
      egress: [
        {
          to: [server],
          ports: [
            { protocol: 'UDP', port: 53 },
            { protocol: 'TCP', port: 53 },
          ],
        },
      ],
    },
  );
}

/** All pods of a namespace. */
export function namespace(name: string): NetworkPolicyPeer {
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } };
}

export function from(
  name: string,
  to: string,
  ports: number | readonly number[],
  peer: NetworkPolicyPeer,
): NetworkPolicyObject {
  return policy(
    name,
    { matchLabels: selectorOf(to) },
    { policyTypes: ['Ingress'], ingress: [{ from: [peer], ports: tcp(ports) }] },
  );
}

export function fromAnywhere(
  name: string,
  to: string,
  port: number,
  protocol: 'TCP' | 'UDP',
): NetworkPolicyObject {
  return policy(
    name,
    { matchLabels: selectorOf(to) },
    { policyTypes: ['Ingress'], ingress: [{ ports: [{ protocol, port }] }] },
  );
}

/** Both sides of a connection inside the namespace: the client may go out, the server lets it in. */
export function connection(
  client: string,
  server: string,
  ports: number | readonly number[],
): NetworkPolicyObject[] {
  const to = { podSelector: { matchLabels: selectorOf(server) } };
  return [
    from(`${client}-to-${server}-in`, server, ports, { podSelector: { matchLabels: selectorOf(client) } }),
    policy(
      `${client}-to-${server}-out`,
      { matchLabels: selectorOf(client) },
      { policyTypes: ['Egress'], egress: [{ to: [to], ports: tcp(ports) }] },
    ),
  ];
}

/** The pods of one program may go out to networks. */
export function toNetworks(
  name: string,
  client: string,
  cidrs: readonly string[],
  ports: readonly number[],
): NetworkPolicyObject {
  return policy(
    name,
    { matchLabels: selectorOf(client) },
    {
      policyTypes: ['Egress'],
      egress: [
        {
          to: cidrs.map((cidr) => ({ ipBlock: { cidr } })),
          ports: tcp(ports),
        },
      ],
    },
  );
}

function tcp(ports: number | readonly number[]): { protocol: 'TCP'; port: number }[] {
  return [ports].flat().map((port) => ({ protocol: 'TCP', port }));
}
