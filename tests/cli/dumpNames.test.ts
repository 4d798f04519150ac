import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

/** cli/dumpNames.py, on sources written as vLLM's are. */

const folder = mkdtempSync(join(tmpdir(), "dump-names-"));
after(() => rmSync(folder, { recursive: true }));
const script = fileURLToPath(new URL("../../cli/dumpNames.py", import.meta.url));
const file = join(folder, "names.json");

function add(version: string, sources: Record<string, string>) {
  const unpacked = join(folder, version);
  for (const [path, text] of Object.entries(sources)) {
    mkdirSync(dirname(join(unpacked, path)), { recursive: true });
    writeFileSync(join(unpacked, path), text);
  }
  const { status, stderr } = spawnSync("python3", [script, file, version, unpacked], { encoding: "utf8" });
  return { status, stderr };
}
const table = () => JSON.parse(readFileSync(file, "utf8"));

const sources = {
  "tool_parsers/__init__.py": `_TOOL_PARSERS_TO_REGISTER = {"hermes": ("a", "B"), "old": ("a", "C")}\n`,
  "model_executor/layers/quantization/__init__.py": `QuantizationMethods = Literal["awq", "fp8"]\n`,
  "config/cache.py": `CacheDType = Literal[\n    "auto",\n    "fp8",\n]\n`,
  "v1/attention/backends/registry.py": `class AttentionBackendEnum(Enum):\n    FLASH_ATTN = "a"\n    TRITON_ATTN = "b"\n`,
  "transformers_utils/chat_templates/template_basic.jinja": "",
  "config/scheduler.py": `class SchedulerConfig:\n    max_num_seqs: int = Field(default=128, ge=1)\n    policy: str = Field(default="fcfs")\n`,
  "engine/arg_utils.py": `
class EngineArgs:
    def add_cli_args(parser):
        scheduler_kwargs = get_kwargs(SchedulerConfig)
        parser.add_argument("--max-num-seqs", **scheduler_kwargs["max_num_seqs"])
        parser.add_argument("--scheduling-policy", **scheduler_kwargs["policy"])
`,
  "envs.py": `
def get_vllm_port():
    return int(os.environ["VLLM_PORT"])
environment_variables: dict = {
    "VLLM_PORT": get_vllm_port,
    "VLLM_CPU_KVCACHE_SPACE": lambda: int(os.getenv("VLLM_CPU_KVCACHE_SPACE", "0")),
    "VLLM_LOGGING_LEVEL": env_with_choices("VLLM_LOGGING_LEVEL", "INFO", ["INFO", "DEBUG"], case_sensitive=False),
    "VLLM_HOST_IP": lambda: os.getenv("VLLM_HOST_IP", ""),
}
`,
};

test("names, bounds and types of variables, each with the versions that have it", () => {
  assert.deepEqual(add("0.40.0", sources), { status: 0, stderr: "" });
  const { note, ...first } = table();
  assert.match(note, /beside its parser/);
  assert.deepEqual(first.versions, ["0.40.0"]);
  assert.deepEqual(first.names["tool-call-parser"], { hermes: [{}], old: [{}] });
  assert.deepEqual(first.names.quantization, { awq: [{}], fp8: [{}] });
  assert.deepEqual(first.names["attention-backend"], { FLASH_ATTN: [{}], TRITON_ATTN: [{}] });
  assert.deepEqual(first.names["kv-cache-dtype"], { auto: [{}], fp8: [{}] });
  assert.deepEqual(first.names["chat-template"], { "template_basic.jinja": [{}] });
  assert.deepEqual(first.names["reasoning-parser"], {});
  assert.deepEqual(first.bounds, { "max-num-seqs": [{ ge: 1 }] });
  assert.deepEqual(first.variables, {
    VLLM_CPU_KVCACHE_SPACE: [{ type: "int" }],
    VLLM_HOST_IP: [{}],
    VLLM_LOGGING_LEVEL: [{ type: "str", choices: ["INFO", "DEBUG"], anyCase: true }],
    VLLM_PORT: [{ type: "int" }],
  });

  const changed = {
    ...sources,
    "tool_parsers/__init__.py": `_TOOL_PARSERS_TO_REGISTER = {"hermes": ("a", "B"), "new": ("a", "C")}\n`,
    "config/scheduler.py": `class SchedulerConfig:\n    max_num_seqs: int = Field(default=128, ge=2)\n`,
  };
  assert.equal(add("0.41.0", changed).status, 0);
  const second = table();
  assert.deepEqual(second.versions, ["0.40.0", "0.41.0"]);
  assert.deepEqual(second.names["tool-call-parser"], {
    hermes: [{}],
    new: [{ from: "0.41.0" }],
    old: [{ to: "0.40.0" }],
  });
  assert.deepEqual(second.bounds, {
    "max-num-seqs": [
      { ge: 1, to: "0.40.0" },
      { from: "0.41.0", ge: 2 },
    ],
  });
  assert.deepEqual(second.variables, first.variables);
});

test("a version that is there already is not added again", () => {
  const before = readFileSync(file, "utf8");
  const { status, stderr } = add("0.41.0", sources);
  assert.deepEqual([status, stderr], [1, "0.41.0 is there already\n"]);
  assert.equal(readFileSync(file, "utf8"), before);
});
