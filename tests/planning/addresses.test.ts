import assert from "node:assert/strict";
import { test } from "node:test";
import { endpoint } from "../../planning/addresses.ts";

test("the endpoint", () => assert.equal(endpoint("chat", "inference"), "http://chat.inference.svc/v1"));
