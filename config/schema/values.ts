import * as v from "valibot";
import { instanceTypes } from "../../catalogue/prices.ts";
import { hiddenSign } from "../signs.ts";
import { readSize, sizeText } from "../sizes.ts";

/** What settings are made of: the kinds of values, each with the words that say what is allowed. */

/** The CLI hands top-level scalars over as strings, so `"3"` is taken where a number is asked for. */
export const number = v.union(
  [v.number(), v.pipe(v.string(), v.regex(/^-?\d+(\.\d+)?$/), v.transform(Number))],
  "a number",
);

export const integer = (min: number, max = 1_000_000) =>
  v.pipe(number, v.integer("a whole number"), v.minValue(min, `at least ${min}`), v.maxValue(max, `at most ${max}`));

const families = [...new Set(instanceTypes.map((type) => type.replace(/\..*/, "")))];

/** An EC2 instance type that the catalogue knows: of another nobody knows what fits on it. */
export const instanceType = v.picklist(
  instanceTypes,
  `an instance type such as g6.xlarge, of one of the families ${families.join(", ")}`,
);

/** A price in USD an hour: no instance type of EC2 costs near as much as the most. */
export const price = v.pipe(
  number,
  v.check((usd) => usd > 0 && usd <= 10_000, "more than 0 and at most 10000 USD an hour"),
);

/** A context as `--max-model-len` takes it; -1 is its other word for `auto`. */
export const contextTokens = (max: number) =>
  v.union(
    [
      v.pipe(v.number(), v.integer("a whole number"), v.minValue(1, "at least 1"), v.maxValue(max, `at most ${max}`)),
      v.pipe(
        v.union([v.literal(-1), v.pipe(v.string(), v.regex(/^\s*([aA][uU][tT][oO]|-1)\s*$/))]),
        v.transform((): "auto" => "auto"),
      ),
      v.pipe(
        v.string(),
        v.regex(sizeText),
        v.check((text) => {
          const size = readSize(text) ?? 0;
          return size >= 1 && size <= max;
        }),
        v.transform((text) => readSize(text) ?? Number.NaN),
      ),
    ],
    `auto, or a whole number from 1 to ${max}, with a suffix or without (1k is 1000, 1K is 1024, 25.6k is 25600)`,
  );

export const boolean = v.union(
  [
    v.boolean(),
    v.pipe(
      v.picklist(["true", "false"]),
      v.transform((text) => text === "true"),
    ),
  ],
  "true or false",
);

/** Whether a number is as it was written: a whole one may have been rounded, unless it is not written out. */
const isExact = (number: number) =>
  Number.isInteger(number) && /^-?\d+$/.test(String(number)) ? Number.isSafeInteger(number) : Number.isFinite(number);

/** A number where text is meant (`rotation: 2`) is text, unless it was rounded when it was read. */
const written = v.union(
  [v.string(), v.pipe(v.number(), v.check(isExact), v.transform(String)), v.pipe(v.boolean(), v.transform(String))],
  ({ input }) => (typeof input === "number" ? "text: put the number in quotes" : "text"),
);
const notEmpty = "text that is not empty";

/** In words, what of a text nobody sees. */
const without = (sign: string | undefined) => `text without ${sign}, a sign that nobody sees`;

/** Bytes in UTF-8. */
export const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/**
 * The most bytes of one argument or one `NAME=value`, without the NUL behind it: MAX_ARG_STRLEN of Linux, 32 pages of
 * 4 KiB (include/uapi/linux/binfmts.h); a longer one is E2BIG, and the container does not start.
 */
export const longestWord = 32 * 4096 - 1;

/** Text, which may have lines, or not a letter. */
export const anyText = v.pipe(
  written,
  v.check(
    (text) => hiddenSign(text) === undefined,
    ({ input }) => without(hiddenSign(input)),
  ),
  v.check((text) => text.length <= longestWord && bytesOf(text) <= longestWord, `text of at most ${longestWord} bytes`),
);

export const text = v.pipe(anyText, v.minLength(1, notEmpty));

/** A name: one line, longer than any that someone types. */
export const name = v.pipe(
  written,
  v.minLength(1, notEmpty),
  v.check(
    (text) => hiddenSign(text, true) === undefined,
    ({ input }) => without(hiddenSign(input, true)),
  ),
  v.maxLength(256, "at most 256 characters"),
);

/** Text of a form; `what` says which. */
export const form = (what: string, pattern: RegExp) => v.pipe(anyText, v.regex(pattern, what));

/** A reason in words, for those who read the stack file after its writer. */
export const reason = v.pipe(
  text,
  v.regex(/\S+\s+\S+/, "a reason, in a few words"),
  v.maxLength(4096, "at most 4096 characters"),
);

/** One of several words. */
export const choice = <const Words extends readonly string[]>(words: Words) =>
  v.picklist(words, words.map((word) => `'${word}'`).join(" or "));

/** A name that Kubernetes takes as a DNS label (RFC 1123) of at most `max` characters. */
export const label = (max = 63) =>
  v.pipe(
    v.string(),
    v.regex(
      /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
      "lower-case letters, digits and '-', beginning and ending with a letter or digit",
    ),
    v.maxLength(max, `at most ${max} characters`),
  );

/** Namespaces that every cluster has for itself ("Initial namespaces" in Kubernetes' documentation). */
const ownNamespaces = ["kube-system", "kube-public", "kube-node-lease"];

/** A namespace for servers. */
export const namespaceName = v.pipe(
  label(),
  v.check((name) => !ownNamespaces.includes(name), "a namespace that is not Kubernetes' own"),
);

/** A name that Kubernetes takes as a DNS subdomain (RFC 1123): labels with dots between them. */
export const subdomain = v.pipe(
  v.string(),
  v.regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    "lower-case letters, digits, '-' and '.', each part beginning and ending with a letter or digit",
  ),
  v.maxLength(253, "at most 253 characters"),
);

/**
 * The longest name of a model. Its role is called `vllm-<model>-access-role` and eight characters more, which Pulumi
 * appends; IAM takes 64.
 */
export const longestModelName = 39;

/** A model's name: it names the Kubernetes objects and the folder in the bucket, so it never changes. */
export const modelName = v.pipe(
  v.string(),
  v.regex(
    /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
    "a DNS label: lower-case letters, digits and '-', beginning with a letter and not ending with '-'",
  ),
  v.maxLength(longestModelName, `at most ${longestModelName} characters`),
  v.check(
    (name) => !name.startsWith("vllm"),
    "a name that does not begin with 'vllm' (a Service of such a name injects VLLM_PORT into every pod beside it)",
  ),
);

/** The key of a Kubernetes label: a name of at most 63 characters, with or without a DNS subdomain before a `/`. */
export const labelKey = v.pipe(
  v.string(),
  v.regex(
    /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
    "the key of a Kubernetes label: a name of at most 63 letters, digits, '-', '_' and '.', with or without a DNS prefix and '/'",
  ),
  v.check(
    // Without a prefix the index is −1.
    (key) => key.indexOf("/") <= 253,
    "a label key whose prefix has at most 253 characters",
  ),
);

/** The value of a Kubernetes label, which may be empty. */
export const labelValue = form(
  "the value of a Kubernetes label: at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit",
  /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/,
);

// As distribution/reference has it, which container runtimes read images by (its regexp.go).
const part = "[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*";
const host = "[a-z0-9]([a-z0-9-]*[a-z0-9])?";
const repository = `(${host}(\\.${host})*(:\\d+)?/)?${part}(/${part})*`;
const tag = "\\w[\\w.-]{0,127}";
const digest = "sha256:[0-9a-f]{64}";

/** Tags that name another image tomorrow: they are moved to each new build, as `nightly-<commit>` is not. */
export const movingTag =
  /^((latest|nightly)(?!-[0-9a-f]{7,40}$)(-.*)?|.*-(latest|nightly)|main|master|edge|dev|stable)$/i;
const moving = (tag: string) => `a tag other than '${tag}', which is another image tomorrow`;

export const imageRepository = v.pipe(
  form("an image repository without tag or digest", new RegExp(`^${repository}$`)),
  v.maxLength(255, "at most 255 characters"),
);

export const imageTag = v.pipe(
  form("an image tag", new RegExp(`^${tag}$`)),
  v.check((text) => text !== "latest", moving("latest")),
);

export const imageDigest = form("sha256: and 64 hexadecimal digits", new RegExp(`^${digest}$`));

/** A whole image: a repository with a tag, a digest, or both. */
export const imageReference = v.pipe(
  form(
    "an image with its tag or digest, such as registry.example.com/name:1.2.3",
    new RegExp(`^${repository}(:${tag}(@${digest})?|@${digest})$`),
  ),
  v.check(
    (text) => text.includes("@") || !movingTag.test(tagOf(text)),
    ({ input }) => moving(tagOf(input)),
  ),
);

const tagOf = (image: string) => image.slice(image.lastIndexOf(":") + 1);

/** What the largest EC2 instance has (u7inh-32tb.480xlarge): a pod that asks for more waits for ever. */
const largest = { vcpus: 1920, tebibytes: 32 };

/** Kubernetes takes no finer CPU quantity than a thousandth. */
export const cpuQuantity = v.pipe(
  form("a CPU quantity such as 4 or 500m", /^(?!0+(\.0+)?m?$)(\d{1,6}(\.\d{1,3})?|\d{1,9}m)$/),
  v.check(
    (text) => Number.parseFloat(text) / (text.endsWith("m") ? 1000 : 1) <= largest.vcpus,
    `at most ${largest.vcpus}, as many as the largest EC2 instance has`,
  ),
);

const tebibytes = { Mi: 2 ** -20, Gi: 2 ** -10, Ti: 1 } as const;

export const memoryQuantity = v.pipe(
  form("a memory quantity such as 24Gi", /^(?!0+(\.0+)?[MGT]i$)\d{1,9}(\.\d{1,3})?(Mi|Gi|Ti)$/),
  v.check(
    (text) => Number.parseFloat(text) * tebibytes[text.slice(-2) as keyof typeof tebibytes] <= largest.tebibytes,
    `at most ${largest.tebibytes}Ti, as much as the largest EC2 instance has`,
  ),
);

const environmentName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "the name of an environment variable"),
  v.maxLength(256, "at most 256 characters"),
);

/** The most that a Secret holds (MaxSecretSize in Kubernetes' pkg/apis/core/types.go); etcd takes 1.5 MiB an object. */
const mostBytes = 2 ** 20;

/** Environment variables by their names. */
export const variables = v.pipe(
  v.record(environmentName, anyText),
  v.check(
    // Of a text that is too long by itself it is told already.
    (map) =>
      Object.entries(map).every(([name, text]) => {
        const bytes = bytesOf(text);
        return bytes > longestWord || bytes + name.length + 1 <= longestWord;
      }),
    `variables of at most ${longestWord} bytes each, with name and '='`,
  ),
  v.check(
    (map) => Object.values(map).reduce((sum, text) => sum + bytesOf(text), 0) <= mostBytes,
    "variables of at most 1 MiB together, which is what Kubernetes keeps in one Secret",
  ),
);

/** A count of parameters: `8190735360`, `"8.19B"`, `"596M"`. */
export const parameters = v.pipe(
  v.union(
    [
      v.number(),
      v.pipe(
        v.string(),
        v.regex(/^\d+(\.\d+)?[MBT]?$/),
        v.transform((text) => Math.round(Number.parseFloat(text) * ({ M: 1e6, B: 1e9, T: 1e12 }[text.slice(-1)] ?? 1))),
      ),
    ],
    "a number of parameters such as 8.19B or 596M",
  ),
  v.minValue(1e6, "at least 1M"),
  v.maxValue(1e13, "at most 10T"),
);
