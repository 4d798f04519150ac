import assert from "node:assert/strict";
import { test } from "node:test";
import { endpoint, modelPrefix, revisionLocation, revisionPrefix, servicePort } from "../../planning/addresses.ts";

test("the endpoint", () => assert.equal(endpoint("chat", "inference"), "http://chat.inference.svc/v1"));

test("the endpoint's port, which goes unsaid, is the Service's", () => {
  assert.equal(servicePort, 80);
  const { protocol, host, port, pathname } = new URL(endpoint("chat", "inference"));
  assert.deepEqual([protocol, host, port, pathname], ["http:", "chat.inference.svc", "", "/v1"]);
  assert.equal(new URL(`http://chat.inference.svc:${servicePort}/v1`).href, endpoint("chat", "inference"));
});

test("where a model and its revisions lie: each in its own part of the bucket", () => {
  assert.equal(modelPrefix("chat"), "models/chat/");
  assert.equal(revisionPrefix("chat", "v1"), "models/chat/v1/");
  assert.equal(revisionLocation("bucket", "chat", "v1"), "s3://bucket/models/chat/v1/");
  assert.ok(!modelPrefix("chat-2").startsWith(modelPrefix("chat")), "a name that begins like another is another part");
  assert.ok(!revisionPrefix("chat", "v10").startsWith(revisionPrefix("chat", "v1")), "and so is a revision");
});
