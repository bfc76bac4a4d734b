/**
 * Which internet addresses are public: an address of this machine or of the network around it may hold what the
 * one who wrote the URL must not reach (server-side request forgery).
 *
 * Source: the IANA special-purpose address registries (RFC 6890 and its updates). Of IPv6 only global unicast is
 * public, less what it holds of documentation, tunnels and identifiers; an address that carries an IPv4 address is
 * as public as that one.
 */
import { BlockList, isIPv4, isIPv6 } from "node:net";

const privateSubnets = new BlockList();
for (const subnet of [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
]) {
  const [address, bits] = subnet.split("/");
  privateSubnets.addSubnet(address!, Number(bits), "ipv4");
}

/** Whether an IP address is not one of the public internet; what is no address counts as private. */
export function isPrivateAddress(address: string): boolean {
  if (isIPv4(address)) return privateSubnets.check(address, "ipv4");
  // A zone ("fe80::1%eth0") stands only behind link-local addresses.
  if (!isIPv6(address) || address.includes("%")) return true;
  const words = wordsOf(address);
  const embedded = embeddedIpv4(words);
  if (embedded !== undefined) return privateSubnets.check(embedded, "ipv4");
  const [first, second] = [words[0]!, words[1]!];
  if (first >> 13 !== 1) return true;
  // 2001::/23 holds Teredo, ORCHID and benchmarking; 2001:db8::/32 and 3fff::/20 are documentation.
  return (first === 0x2001 && (second < 0x200 || second === 0xdb8)) || (first === 0x3fff && second < 0x1000);
}

/** The eight words of an IPv6 address. */
function wordsOf(address: string): readonly number[] {
  // The URL parser writes every form, dotted ends too, in one way.
  const text = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = "", tail] = text.split("::");
  const list = (part: string): number[] =>
    part
      .split(":")
      .filter(Boolean)
      .map((word) => Number.parseInt(word, 16));
  const before = list(head);
  const after = list(tail ?? "");
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
}

/** The IPv4 address inside: mapped (::ffff:0:0/96), translated (64:ff9b::/96) or 6to4 (2002::/16). */
function embeddedIpv4(words: readonly number[]): string | undefined {
  const dotted = (high: number, low: number): string =>
    [high >> 8, high & 255, low >> 8, low & 255].join(".");
  const starts = (...prefix: readonly number[]): boolean => prefix.every((word, at) => words[at] === word);
  if (starts(0, 0, 0, 0, 0, 0xffff) || starts(0x64, 0xff9b, 0, 0, 0, 0)) return dotted(words[6]!, words[7]!);
  return words[0] === 0x2002 ? dotted(words[1]!, words[2]!) : undefined;
}
