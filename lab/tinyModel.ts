import { createCipheriv } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const beginOfText = "<|begin|>";
const endOfText = "<|end|>";
/** Token 0–255 is the byte of that value; the two special tokens follow. */
const specialTokens = [beginOfText, endOfText].map((content, index) => ({ id: 256 + index, content }));
const [begin, end] = specialTokens.map(({ id }) => id);

const hiddenSize = 128;
const intermediateSize = 256;
const layers = 2;
const queryHeads = 2;
const keyValueHeads = 1;
/** Supported by the attention kernels for CPUs and for GPUs alike. */
const headSize = 64;
const vocabularySize = 256 + specialTokens.length;

/**
 * Writes a complete Llama model of about 0.7 MB into `folder`, and returns the names of its files. vLLM loads it and
 * answers; its weights are random, so the answers are noise. Every call writes the same bytes.
 */
export async function writeTinyModel(folder: string): Promise<string[]> {
  const files: Record<string, string | Buffer> = {
    "config.json": json(config),
    "generation_config.json": json({ bos_token_id: begin, eos_token_id: end }),
    "model.safetensors": safetensors(tensorShapes()),
    "tokenizer.json": json(tokenizer()),
    "tokenizer_config.json": json(tokenizerConfig),
  };
  await mkdir(folder, { recursive: true });
  await Promise.all(Object.entries(files).map(([name, content]) => writeFile(join(folder, name), content)));
  return Object.keys(files);
}

const json = (value: unknown) => JSON.stringify(value, null, 2) + "\n";

const config = {
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  dtype: "bfloat16",
  vocab_size: vocabularySize,
  hidden_size: hiddenSize,
  intermediate_size: intermediateSize,
  num_hidden_layers: layers,
  num_attention_heads: queryHeads,
  num_key_value_heads: keyValueHeads,
  head_dim: headSize,
  hidden_act: "silu",
  rms_norm_eps: 1e-5,
  rope_parameters: { rope_type: "default", rope_theta: 10000 },
  max_position_embeddings: 32768,
  tie_word_embeddings: true,
  bos_token_id: begin,
  eos_token_id: end,
};

const tokenizerConfig = {
  tokenizer_class: "PreTrainedTokenizerFast",
  bos_token: beginOfText,
  eos_token: endOfText,
  model_max_length: config.max_position_embeddings,
  chat_template:
    "{{ bos_token }}{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}" +
    "{% if add_generation_prompt %}assistant: {% endif %}",
};

/** A byte-pair tokenizer without a single merge: each byte of the text is one token. */
function tokenizer() {
  return {
    version: "1.0",
    added_tokens: specialTokens.map((token) => ({
      ...token,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false },
    decoder: { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false },
    model: {
      type: "BPE",
      vocab: Object.fromEntries([
        ...byteCharacters().map((character, byte) => [character, byte]),
        ...specialTokens.map(({ id, content }) => [content, id]),
      ]),
      merges: [],
    },
  };
}

/** How byte-level tokenizers spell each byte: its Latin-1 character if that is visible, else the next one from U+0100. */
function byteCharacters(): string[] {
  const visible = (byte: number) => (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(visible(byte) ? byte : next++));
}

/** The tensors that the config asks for, by the names of Hugging Face's Llama. A matrix is output × input. */
function tensorShapes(): Record<string, number[]> {
  const shapes: Record<string, number[]> = {
    "model.embed_tokens.weight": [vocabularySize, hiddenSize],
    "model.norm.weight": [hiddenSize],
  };
  for (let layer = 0; layer < layers; layer++) {
    const block = `model.layers.${layer}`;
    Object.assign(shapes, {
      [`${block}.input_layernorm.weight`]: [hiddenSize],
      [`${block}.self_attn.q_proj.weight`]: [queryHeads * headSize, hiddenSize],
      [`${block}.self_attn.k_proj.weight`]: [keyValueHeads * headSize, hiddenSize],
      [`${block}.self_attn.v_proj.weight`]: [keyValueHeads * headSize, hiddenSize],
      [`${block}.self_attn.o_proj.weight`]: [hiddenSize, queryHeads * headSize],
      [`${block}.post_attention_layernorm.weight`]: [hiddenSize],
      [`${block}.mlp.gate_proj.weight`]: [intermediateSize, hiddenSize],
      [`${block}.mlp.up_proj.weight`]: [intermediateSize, hiddenSize],
      [`${block}.mlp.down_proj.weight`]: [hiddenSize, intermediateSize],
    });
  }
  return shapes;
}

/** Lays tensors out one after the other, behind a header that gives each one's type, shape and place. */
function safetensors(shapes: Record<string, number[]>): Buffer {
  let offset = 0;
  const entries = Object.entries(shapes).map(([name, shape]) => {
    const start = offset;
    offset += 2 * shape.reduce((product, size) => product * size);
    return [name, { dtype: "BF16", shape, data_offsets: [start, offset] }] as const;
  });
  const text = JSON.stringify({ __metadata__: { format: "pt" }, ...Object.fromEntries(entries) });
  const header = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const headerLength = Buffer.alloc(8);
  headerLength.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([headerLength, header, weights(offset / 2)]);
}

/** Random values below 0.1 in bfloat16, the upper half of a float32: the same at every call, from a cipher's key stream. */
function weights(count: number): Buffer {
  const random = createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(2 * count));
  const float = Buffer.alloc(4);
  for (let at = 0; at < random.length; at += 2) {
    float.writeFloatLE((random.readInt16LE(at) / 2 ** 15) * 0.1);
    float.copy(random, at, 2);
  }
  return random;
}
