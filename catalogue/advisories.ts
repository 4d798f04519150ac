/** A published hole of vLLM. It affects the versions from `introduced` on (without one, all) and before `fixed`. */
export interface Advisory {
  cve: string;
  ghsa: string;
  severity: "low" | "medium" | "high" | "critical";
  introduced?: string;
  fixed: string;
  what: string;
}

type Row = [cve: string, ghsa: string, severity: Advisory["severity"], what: string, introduced?: string];

/**
 * By the version that fixed them. Source: github.com/advisories/<GHSA>, read in copies of that database and of OSV,
 * which at the end of 2026-09 knew of none that affects 0.30.0. Where an advisory contradicts itself, the CVE record
 * counts: of CVE-2026-73558 it says all before 0.27.0, of CVE-2026-73559 that 0.26.0 fixed it. Left out: advisories
 * without a CVE, those before 2025, and CVE-2026-9540, which names no fixed version.
 */
const fixedIn: Readonly<Record<string, readonly Row[]>> = {
  "0.7.0": [["CVE-2025-24357", "GHSA-rh4j-5rhw-hr54", "high", "loading a malicious model's weights runs code"]],
  "0.8.0": [
    ["CVE-2025-29770", "GHSA-mgrm-fgjv-mhv8", "medium", "new output grammars fill the disk (outlines)"],
    ["CVE-2025-29783", "GHSA-x3m8-f7g5-qhm7", "critical", "code execution through Mooncake", "0.6.5"],
  ],
  "0.8.5": [
    ["CVE-2025-30202", "GHSA-9f8f-2vmf-885j", "high", "a multi-node socket is open on all interfaces", "0.5.2"],
    ["CVE-2025-32444", "GHSA-hj4w-hm2g-p6w5", "critical", "code execution through Mooncake's open sockets", "0.6.5"],
    ["CVE-2025-46560", "GHSA-vc6m-hm49-g9qg", "medium", "long multimodal prompts take quadratic time", "0.8.0"],
    ["CVE-2025-47277", "GHSA-hjq4-87xh-g4fv", "critical", "code execution through PyNcclPipe", "0.6.5"],
  ],
  "0.9.0": [
    ["CVE-2025-46570", "GHSA-4qjh-9fv9-r85r", "low", "timing tells what others' prompts began with"],
    ["CVE-2025-46722", "GHSA-c65p-x677-fgj6", "medium", "images of other shapes share a cache entry", "0.7.0"],
    ["CVE-2025-48942", "GHSA-6qc9-v4r8-22xg", "medium", "an invalid JSON schema ends the server", "0.8.0"],
    ["CVE-2025-48943", "GHSA-9hcf-v7m4-6m2j", "medium", "an invalid regular expression ends the server", "0.8.0"],
    ["CVE-2025-48944", "GHSA-vrq3-r879-7m65", "medium", "a malformed tool schema ends the server", "0.8.0"],
  ],
  "0.10.0": [["CVE-2025-30165", "GHSA-9pcc-gvx5-r5wm", "high", "code execution between nodes (V0 engine)", "0.5.2"]],
  "0.10.1.1": [
    ["CVE-2025-48956", "GHSA-rxc4-3w6r-4v47", "high", "a very large HTTP header exhausts the memory", "0.1.0"],
    ["CVE-2025-9141", "GHSA-79j6-g2m3-jgfw", "high", "tool call arguments run code (Qwen3-Coder)", "0.10.0"],
  ],
  "0.11.0": [
    ["CVE-2025-59425", "GHSA-wr9h-g72x-mwhm", "high", "the API key can be found by timing"],
    ["CVE-2025-61620", "GHSA-6fvq-23cw-5628", "medium", "a chat template exhausts CPU and memory", "0.5.1"],
    ["CVE-2025-6242", "GHSA-3f6c-7fw2-ppm4", "high", "media URLs reach internal addresses", "0.5.0"],
  ],
  "0.11.1": [
    ["CVE-2025-62164", "GHSA-mrw7-hf4f-83pf", "high", "prompt embeddings corrupt memory", "0.10.2"],
    ["CVE-2025-62372", "GHSA-pmqf-x6x8-p7qw", "high", "embeddings of a wrong shape end the engine", "0.5.5"],
    ["CVE-2025-62426", "GHSA-69j4-grxj-j64p", "medium", "chat_template_kwargs block the API server", "0.5.5"],
    ["CVE-2025-66448", "GHSA-8fr4-5q9j-m8gm", "high", "a model's config (auto_map) runs foreign code"],
  ],
  "0.12.0": [["CVE-2026-22773", "GHSA-grg2-63fw-f2qr", "medium", "a 1x1 image ends the engine (Idefics3)", "0.6.4"]],
  "0.13.0": [
    ["CVE-2026-56340", "GHSA-mcmc-2m55-j8jj", "high", "prompt embeddings, if on, still corrupt memory", "0.10.2"],
  ],
  "0.14.0": [
    ["CVE-2026-22807", "GHSA-2pc9-4j83-qjmr", "high", "a model runs code without trust-remote-code", "0.10.1"],
  ],
  "0.14.1": [
    ["CVE-2026-22778", "GHSA-4r2x-xpjr-7cvv", "critical", "code execution by a video", "0.8.3"],
    ["CVE-2026-24779", "GHSA-qh4c-xf7m-gxfc", "high", "media URLs get past the check of the host"],
  ],
  "0.18.0": [
    ["CVE-2026-27893", "GHSA-7972-pg2x-xr59", "high", "two model classes always trust remote code", "0.10.1"],
    ["CVE-2026-34760", "GHSA-6c4r-fmh3-7rh8", "medium", "audio sounds other to the model than to people", "0.5.5"],
  ],
  "0.19.0": [
    ["CVE-2026-34753", "GHSA-pf3h-qjgv-vcpr", "medium", "batch input reaches internal addresses", "0.16.0"],
    ["CVE-2026-34755", "GHSA-pq5c-rjhq-qp7p", "medium", "a video of many frames exhausts the memory", "0.7.0"],
    ["CVE-2026-34756", "GHSA-3mwp-wvh9-7528", "medium", "a huge 'n' in a request exhausts the memory", "0.1.0"],
    ["CVE-2026-5497", "GHSA-wcwg-c5fc-9vrc", "high", "a video of many frames exhausts the memory", "0.8.0"],
  ],
  "0.20.0": [
    ["CVE-2026-44222", "GHSA-hpv8-x276-m59f", "medium", "special tokens in a prompt end the engine", "0.6.1"],
    ["CVE-2026-44223", "GHSA-83vm-p52w-f9pw", "medium", "penalties in a request end the engine", "0.18.0"],
  ],
  "0.22.0": [
    ["CVE-2026-41523", "GHSA-q8gq-377p-jq3r", "high", "a model's config runs code under python -O"],
    ["CVE-2026-47155", "GHSA-3ww4-5jv9-j5gm", "medium", "a pinned revision does not pin all that is loaded"],
    ["CVE-2026-48746", "GHSA-94f4-hr76-p5j6", "critical", "a Host header gets past the API key", "0.3.0"],
  ],
  "0.22.1": [["CVE-2026-54232", "GHSA-jrf6-vqxq-pjv2", "high", "the image's build may take a stranger's package"]],
  "0.24.0": [
    ["CVE-2026-12491", "GHSA-8jr5-v98p-w75m", "medium", "images look other to the model than to people", "0.11.0"],
    ["CVE-2026-53923", "GHSA-5jv2-g5wq-cmr4", "medium", "GGUF models show left-over GPU memory", "0.5.5"],
    ["CVE-2026-54233", "GHSA-6pr9-rp53-2pmc", "medium", "a small audio file unpacks to all of the memory"],
    ["CVE-2026-54234", "GHSA-8wr5-jm2h-8r4f", "high", "speculative decoding can end the engine", "0.17.1"],
    ["CVE-2026-54235", "GHSA-7h4p-rffg-7823", "medium", "a temperature of NaN reaches the GPU", "0.8.5"],
    ["CVE-2026-54236", "GHSA-hgg8-fqqc-vfmw", "medium", "the Anthropic API shows memory addresses"],
    ["CVE-2026-55514", "GHSA-33cg-gxv8-3p8g", "high", "prompt embeddings end the engine (M-RoPE)", "0.12.0"],
    ["CVE-2026-55574", "GHSA-rwxx-mrjm-wc2m", "high", "a regular expression blocks the server"],
    ["CVE-2026-55646", "GHSA-v82g-2437-67m2", "medium", "an audio upload is read before it is measured", "0.22.0"],
  ],
  "0.26.0": [
    ["CVE-2026-71486", "GHSA-8737-qx52-hjff", "medium", "the derender endpoints take input without bounds"],
    ["CVE-2026-73555", "GHSA-hwrm-c4cx-rf4j", "medium", "error messages show paths and the user's name"],
    ["CVE-2026-73556", "GHSA-48jh-3gj7-fg8v", "medium", "a regular expression blocks lm-format-enforcer"],
    ["CVE-2026-73559", "GHSA-87x5-vmc3-756j", "medium", "a list of prompts starts requests without bound", "0.19.0"],
    ["CVE-2026-73560", "GHSA-4hhp-h66f-j5j7", "medium", "media of MiMo-V2-Omni reach internal files"],
  ],
  "0.27.0": [["CVE-2026-73558", "GHSA-7m6h-x95x-82q5", "medium", "a large batch leaks one user's answer to another"]],
};

export const advisories: readonly Advisory[] = Object.entries(fixedIn).flatMap(([fixed, rows]) =>
  rows.map(([cve, ghsa, severity, what, introduced]) => ({ cve, ghsa, severity, introduced, fixed, what })),
);
