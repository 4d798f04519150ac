import { BlockList, isIP } from "node:net";

/** Variables of an environment. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that an environment has for an https address, by the rules of Go's `httpproxy`, which the provider goes by:
 * `HTTPS_PROXY`, unless `NO_PROXY` names the host, a domain above it, its address or a range; never for the own machine.
 */
export function proxyFor(address: string, environment: Environment): string | undefined {
  const url = new URL(address);
  const proxy = environment.HTTPS_PROXY || environment.https_proxy;
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  if (url.protocol !== "https:" || !proxy || isOwn(host)) return undefined;
  const rules = (environment.NO_PROXY || environment.no_proxy || "").toLowerCase().split(",");
  if (rules.some((rule) => isNamed(host, url.port || "443", rule.trim()))) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

const isOwn = (host: string) => host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));

function isNamed(host: string, port: string, rule: string): boolean {
  if (rule === "*") return true;
  const [network = "", bits] = rule.split("/");
  if (bits !== undefined) return isWithin(host, network, Number(bits));
  if (isIP(rule) > 0) return rule === host;
  const [name = "", ofPort] = rule.split(":");
  if (name === "" || (ofPort !== undefined && ofPort !== port)) return false;
  const domain = name.replace(/^\*/, "");
  return domain.startsWith(".") ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

function isWithin(host: string, network: string, bits: number): boolean {
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family) return false;
  const range = new BlockList();
  range.addSubnet(network, bits, family === 4 ? "ipv4" : "ipv6");
  return range.check(host, family === 4 ? "ipv4" : "ipv6");
}
