declare module "proxy-from-env" {
  /** The proxy that HTTPS_PROXY and the like give for an address, `NO_PROXY` considered; none is an empty text. */
  export function getProxyForUrl(url: string): string;
}
