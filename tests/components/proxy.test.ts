import assert from "node:assert/strict";
import { test } from "node:test";
import { proxyFor } from "../../components/proxy.ts";

/** Go's rules, as its `httpproxy` documents and tests them. */

const proxy = "http://proxy:3128";
const eks = "https://ABC.gr7.eu-west-1.eks.amazonaws.com";
const given = (address: string, NO_PROXY?: string) => proxyFor(address, { HTTPS_PROXY: proxy, NO_PROXY });

test("the environment's proxy, in either case, with and without a scheme", () => {
  assert.equal(proxyFor(eks, { HTTPS_PROXY: proxy }), proxy);
  assert.equal(proxyFor(eks, { https_proxy: proxy }), proxy);
  assert.equal(proxyFor(eks, { HTTPS_PROXY: "proxy:3128" }), proxy);
  assert.equal(proxyFor(eks, { HTTPS_PROXY: "socks5://proxy:1080" }), "socks5://proxy:1080");
});

test("none where none is named for https", () => {
  assert.equal(proxyFor(eks, {}), undefined);
  assert.equal(proxyFor(eks, { HTTPS_PROXY: "" }), undefined);
  assert.equal(proxyFor(eks, { HTTP_PROXY: proxy, ALL_PROXY: proxy }), undefined);
  assert.equal(proxyFor("http://cluster", { HTTPS_PROXY: proxy }), undefined);
});

test("none for the own machine", () => {
  for (const host of ["localhost", "localhost:6443", "127.0.0.1", "127.9.9.9:6443", "[::1]:6443"])
    assert.equal(given(`https://${host}`), undefined, host);
  assert.equal(given("https://127.example.com"), proxy);
});

for (const [rules, isExempt] of Object.entries({
  "*": true,
  "amazonaws.com": true,
  ".amazonaws.com": true,
  "*.amazonaws.com": true,
  "example.com, .EKS.amazonaws.com": true,
  "abc.gr7.eu-west-1.eks.amazonaws.com": true,
  "amazonaws.com:443": true,
  "amazonaws.com:6443": false,
  "zonaws.com": false,
  ".abc.gr7.eu-west-1.eks.amazonaws.com": false,
  "": false,
  ",": false,
  "10.0.0.0/8": false,
}))
  test(`NO_PROXY=${rules} ${isExempt ? "exempts" : "does not exempt"} the cluster's name`, () =>
    assert.equal(given(eks, rules), isExempt ? undefined : proxy));

for (const [rules, isExempt] of Object.entries({
  "10.0.0.0/8": true,
  "10.1.2.3": true,
  "10.1.2.3/32": true,
  "10.1.2.4": false,
  "11.0.0.0/8": false,
  "fd00::/8": false,
}))
  test(`NO_PROXY=${rules} ${isExempt ? "exempts" : "does not exempt"} an address`, () =>
    assert.equal(given("https://10.1.2.3:6443", rules), isExempt ? undefined : proxy));

test("ranges of IPv6", () => {
  assert.equal(given("https://[fd00::7]:6443", "fd00::/8"), undefined);
  assert.equal(given("https://[fe00::7]:6443", "fd00::/8"), proxy);
});
