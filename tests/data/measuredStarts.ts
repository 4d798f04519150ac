/**
 * Starts of a real vLLM 0.32 with CPU in a memory cgroup, as its pod's user. `cold`: weights and libraries were not in
 * the page cache, so that the pod is charged for reading them. A shape has the bytes of its file.
 */
export interface MeasuredStart {
  model: "tiny" | "0.6B" | "1.7B";
  limit: string;
  kvCacheGib: number;
  cold: boolean;
  started: boolean;
}

const heads = { attentionHeads: 16, keyValueHeads: 8, headSize: 128, vocabularySize: 151_936, contextLength: 40_960 };

/** The shapes of Qwen3-0.6B and 1.7B, with random weights, and a tiny Llama. */
export const measuredShapes = {
  tiny: { layers: 2, hiddenSize: 64, attentionHeads: 4, parameters: 1_100_000, contextLength: 2048 },
  "0.6B": { ...heads, layers: 28, hiddenSize: 1024, parameters: 751_600_000 },
  "1.7B": { ...heads, layers: 28, hiddenSize: 2048, parameters: 1_720_000_000 },
} as const;

const row = (
  model: MeasuredStart["model"],
  limit: string,
  kvCacheGib: number,
  state: "cold" | "warm",
  result: "ready" | "refused",
): MeasuredStart => ({ model, limit, kvCacheGib, cold: state === "cold", started: result === "ready" });

export const measuredStarts: readonly MeasuredStart[] = [
  row("tiny", "8Gi", 1, "warm", "ready"),
  row("tiny", "8Gi", 2, "warm", "ready"),
  row("0.6B", "8Gi", 2, "warm", "ready"),
  row("0.6B", "8Gi", 2, "cold", "refused"),
  row("0.6B", "8Gi", 1, "cold", "ready"),
  row("0.6B", "9Gi", 1, "cold", "ready"),
  row("0.6B", "9Gi", 1, "warm", "ready"),
  row("1.7B", "9Gi", 2, "warm", "refused"),
  row("1.7B", "11Gi", 2, "cold", "refused"),
  row("1.7B", "13824Mi", 1, "cold", "ready"),
  row("1.7B", "13824Mi", 1, "warm", "ready"),
  row("1.7B", "13815Mi", 1, "cold", "ready"),
  row("1.7B", "13815Mi", 1, "warm", "ready"),
];
