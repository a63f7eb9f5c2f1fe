import ipaddr from 'ipaddr.js';

/** What IANA has given to the public (RFC 4291 section 2.4); what is reserved inside of it is known by name. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** Public by its number, and yet only there for machines of Azure: it hands out their settings. */
const HOST_SERVICES = new Set(['168.63.129.16']);

/**
 * Whether an address is one of the public internet: not loopback, private, link-local, shared (RFC 6598),
 * reserved or multicast, nor an IPv6 address that stands for an IPv4 one, in whatever way.
 *
 * @param address without brackets
 * @internal
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  return (
    parsed.range() === 'unicast' &&
    (parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST)) &&
    !HOST_SERVICES.has(parsed.toString())
  );
}
