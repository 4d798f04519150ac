import assert from "node:assert/strict";
import { test } from "node:test";
import { sentence } from "../../../../config/problems.ts";
import { checkFlags } from "../../../../planning/engine/vllm/flags.ts";

const message = (flag: string, value: string | number | boolean, version = "0.32.0") => {
  const { problems, unchecked } = checkFlags(version, { [flag]: value });
  assert.deepEqual([problems.length, unchecked.length], [1, 0], flag);
  return problems.map(sentence)[0];
};

test("one name a flag: the others that vLLM takes say which", () => {
  assert.equal(message("max_num_seqs", 1), "is written 'max-num-seqs' here");
  assert.equal(message("--max-num-seqs", 1), "is written 'max-num-seqs' here");
  assert.equal(message("tp", 2), "is another name of 'tensor-parallel-size'; write 'tensor-parallel-size'");
  assert.equal(
    message("device-memory-utilization", 1),
    "is another name of 'gpu-memory-utilization'; write 'gpu-memory-utilization'",
  );
  assert.equal(message("no-enable-lora", true), "is 'enable-lora' turned off; write 'enable-lora: false'");
  assert.equal(message("no_enable_lora", true), "is 'enable-lora' turned off; write 'enable-lora: false'");
  assert.equal(
    message("compilation-config.mode", 3),
    "belongs into the group 'compilation-config': compilation-config: {mode: …}",
  );
  assert.equal(message("eplb-config.a.b", 3), "belongs into the group 'eplb-config': eplb-config: {a: {b: …}}");
  // From 0.33.0 on the opposite word turns a flag off too.
  assert.equal(message("disable-lora", true, "0.33.0"), "is 'enable-lora' turned off; write 'enable-lora: false'");
  assert.equal(
    message("enable-fastapi-docs", true, "0.33.0"),
    "is 'disable-fastapi-docs' turned off; write 'disable-fastapi-docs: false'",
  );
  assert.equal(message("disable-lora", true), "is no flag of vLLM 0.32.0; did you mean 'enable-lora'?");
});

test("short names of groups, a dot with nothing behind it, and levels of optimization too", () => {
  const [mode, level] = [
    "belongs into the group 'compilation-config': compilation-config: {mode: …}",
    "optimization-level",
  ];
  for (const name of ["-cc.mode", "cc.mode", "--compilation_config.mode"]) assert.equal(message(name, 3), mode, name);
  for (const name of ["compilation-config.", "cc."])
    assert.equal(message(name, 3), "has nothing behind its dot; write 'compilation-config'", name);
  for (const name of ["-O3", "O3", "-O=3", "-O", "O"])
    assert.equal(message(name, 3), `is another name of '${level}'; write '${level}: ${name.includes("3") ? 3 : "…"}'`);
});
