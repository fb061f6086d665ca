/** Whether NetworkPolicies let a connection through, as Kubernetes defines it: both sides must agree. */
import { BlockList } from 'node:net';
import type { KubeObject, NetworkPolicyPeer } from '../../src/deploy/object.ts';
import { matches } from './manifest-sites.ts';

/** A pod of the site, a pod of another namespace, or an address outside of the cluster. */
export interface End {
  readonly pod?: Readonly<Record<string, string>>;
  /** Absent: the site's own. */
  readonly namespace?: string;
  readonly address?: string;
}

export function isAllowed(
  objects: readonly KubeObject[],
  from: End,
  to: End,
  port: number,
  protocol: 'TCP' | 'UDP',
): boolean {
  return (
    side(objects, 'Egress', from, to, port, protocol) && side(objects, 'Ingress', to, from, port, protocol)
  );
}

/** Whether the policies that hold `self` for one direction let `peer` through; ends elsewhere have none of ours. */
function side(
  objects: readonly KubeObject[],
  direction: 'Ingress' | 'Egress',
  self: End,
  peer: End,
  port: number,
  protocol: string,
): boolean {
  if (self.namespace !== undefined || self.pod === undefined) return true;
  const labels = self.pod;
  const policies = objects.flatMap((object) =>
    object.kind === 'NetworkPolicy' &&
    object.spec?.policyTypes?.includes(direction) &&
    matches(object.spec.podSelector?.matchLabels, labels)
      ? [object.spec]
      : [],
  );
  if (policies.length === 0) return true;
  return policies.some(({ ingress, egress }) => {
    const rules =
      direction === 'Ingress'
        ? (ingress ?? []).map((rule) => ({ peers: rule.from, ports: rule.ports }))
        : (egress ?? []).map((rule) => ({ peers: rule.to, ports: rule.ports }));
    return rules.some(
      ({ peers, ports }) =>
        (peers === undefined || peers.some((one) => isPeer(one, peer))) &&
        (ports === undefined || ports.some((one) => one.port === port && one.protocol === protocol)),
    );
  });
}

function isPeer({ ipBlock, namespaceSelector, podSelector }: NetworkPolicyPeer, end: End): boolean {
  if (ipBlock) return end.address !== undefined && inBlock(ipBlock.cidr, end.address);
  if (end.pod === undefined) return false;
  const name = namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name'];
  return name === end.namespace && matches(podSelector?.matchLabels, end.pod);
}

function inBlock(cidr: string, address: string): boolean {
  const [network = '', bits = '0'] = cidr.split('/');
  const family = (text: string): 'ipv4' | 'ipv6' => (text.includes(':') ? 'ipv6' : 'ipv4');
  if (family(network) !== family(address)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family(network));
  return list.check(address, family(address));
}
