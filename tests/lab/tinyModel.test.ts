import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { writeTinyModel } from "../../lab/tinyModel.ts";

const folder = mkdtempSync(join(tmpdir(), "tiny-model-"));
after(() => rmSync(folder, { recursive: true }));
const files = await writeTinyModel(folder);
const read = (name: string) => readFileSync(join(folder, name));
const parse = (name: string) => JSON.parse(read(name).toString());

/** The header of the weights, and where the data begins. */
function header() {
  const bytes = read("model.safetensors");
  const start = 8 + Number(bytes.readBigUInt64LE());
  const { __metadata__, ...tensors } = JSON.parse(bytes.subarray(8, start).toString());
  return { bytes, start, metadata: __metadata__, tensors: tensors as Record<string, Tensor> };
}
interface Tensor {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

test("the folder holds the files that the call names, below 2 MB", () => {
  assert.deepEqual(readdirSync(folder).sort(), [...files].sort());
  assert.ok(files.reduce((sum, name) => sum + read(name).length, 0) < 2e6);
});

test("every call writes the same bytes", async () => {
  const hash = createHash("sha256");
  for (const name of [...files].sort()) hash.update(name).update("\0").update(read(name));
  assert.equal(hash.digest("hex"), "6b5879346b9b4edb37e21ad82c7c4fbd93523a22ae61fcce697e4847487a90a7");
  const before = files.map(read);
  assert.deepEqual(await writeTinyModel(folder), files);
  assert.deepEqual(files.map(read), before);
});

test("the weights' header is aligned, and its tensors tile the data", () => {
  const { bytes, start, metadata, tensors } = header();
  assert.equal(start % 8, 0);
  assert.deepEqual(metadata, { format: "pt" });
  let end = 0;
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(tensors)) {
    assert.equal(dtype, "BF16", name);
    assert.deepEqual(data_offsets, [end, end + 2 * shape.reduce((product, size) => product * size)], name);
    end = data_offsets[1];
  }
  assert.equal(start + end, bytes.length);
});

test("every weight is a number below 0.1, and they are spread", () => {
  const { bytes, start } = header();
  const float = Buffer.alloc(4);
  let sum = 0;
  const count = (bytes.length - start) / 2;
  for (let at = start; at < bytes.length; at += 2) {
    bytes.copy(float, 2, at, at + 2);
    const value = Math.abs(float.readFloatLE());
    assert.ok(value <= 0.1, `${value} at ${at}`);
    sum += value;
  }
  assert.ok(Math.abs(sum / count - 0.05) < 0.001, `mean ${sum / count}`);
});

test("names and shapes of the tensors are those of the Llama that the config describes", () => {
  const c = parse("config.json");
  assert.deepEqual([c.model_type, c.architectures], ["llama", ["LlamaForCausalLM"]]);
  const [q, kv] = [c.num_attention_heads * c.head_dim, c.num_key_value_heads * c.head_dim];
  const expected: Record<string, number[]> = {
    "embed_tokens.weight": [c.vocab_size, c.hidden_size],
    "norm.weight": [c.hidden_size],
  };
  for (let layer = 0; layer < c.num_hidden_layers; layer++)
    for (const [name, shape] of Object.entries({
      input_layernorm: [c.hidden_size],
      post_attention_layernorm: [c.hidden_size],
      "self_attn.q_proj": [q, c.hidden_size],
      "self_attn.k_proj": [kv, c.hidden_size],
      "self_attn.v_proj": [kv, c.hidden_size],
      "self_attn.o_proj": [c.hidden_size, q],
      "mlp.gate_proj": [c.intermediate_size, c.hidden_size],
      "mlp.up_proj": [c.intermediate_size, c.hidden_size],
      "mlp.down_proj": [c.hidden_size, c.intermediate_size],
    }))
      expected[`layers.${layer}.${name}.weight`] = shape;
  const actual = Object.entries(header().tensors).map(([name, { shape }]) => [name.replace(/^model\./, ""), shape]);
  assert.deepEqual(Object.fromEntries(actual), expected);
  assert.equal(c.tie_word_embeddings, true, "there is no lm_head");
});

test("the vocabulary has each id once, the 256 bytes and the special tokens", () => {
  const { vocab_size, bos_token_id, eos_token_id } = parse("config.json");
  const { model, added_tokens } = parse("tokenizer.json");
  const ids = Object.values<number>(model.vocab).sort((a, b) => a - b);
  assert.deepEqual(
    ids,
    Array.from({ length: vocab_size }, (_, id) => id),
  );
  for (const { id, content } of added_tokens) assert.equal(model.vocab[content], id);
  const { bos_token, eos_token, chat_template } = parse("tokenizer_config.json");
  assert.deepEqual([model.vocab[bos_token], model.vocab[eos_token]], [bos_token_id, eos_token_id]);
  assert.deepEqual(parse("generation_config.json"), { bos_token_id, eos_token_id });
  assert.match(chat_template, /add_generation_prompt/);
  // The spelling of bytes that every byte-level tokenizer shares: `Ġ` is the space, `Ċ` the line's end.
  assert.deepEqual([model.vocab.Ġ, model.vocab.Ċ, model.vocab.A, model.vocab.ÿ, model.vocab.Ń], [32, 10, 65, 255, 173]);
});
