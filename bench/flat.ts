import * as pulumi from "@pulumi/pulumi";

/**
 * `node bench/flat.ts <config JSON> <stack>`: runs the program of the working directory under mocks and prints a flat
 * program that registers the same resources with literal inputs through the same SDKs.
 */
interface Recorded {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

const recorded: Recorded[] = [];

/** `aws:s3/bucket:Bucket` → `aws.s3.Bucket`, `kubernetes:apps/v1:Deployment` → `kubernetes.apps.v1.Deployment`. */
function classOf(type: string): string {
  const [pkg = "", module = "", name = ""] = type.split(":");
  if (pkg === "pulumi") return `${module === "providers" ? name : module}.Provider`;
  if (pkg === "random") return `random.${name}`;
  const parts = module.split("/").filter((part) => pkg === "kubernetes" || part.toLowerCase() !== name.toLowerCase());
  return [pkg, ...parts.map((part) => part.replace(/\..*$/, "")), name].join(".");
}

/** Inputs without the wrapping that marks a secret. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  if ("4dabf18193072939515e22adb298388d" in value) return plain((value as unknown as { value: unknown }).value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

const [config = "{}", stack = "prod"] = process.argv.slice(2);
pulumi.runtime.setAllConfig(JSON.parse(config));
await pulumi.runtime.setMocks(
  {
    newResource: ({ type, name, inputs }) => {
      const literal = plain(inputs) as Recorded["inputs"];
      if (!type.startsWith("vllm:")) recorded.push({ type, name, inputs: literal });
      const metadata = { name, ...(literal.metadata as object | undefined) };
      return { id: name, state: { arn: `arn:aws:mock:::${name}`, name, result: "key", ...literal, metadata } };
    },
    call: () => ({ arn: "arn:aws:eks:::cluster/mock", endpoint: "https://mock", certificateAuthorities: [] }),
  },
  "pulumi-vllm",
  stack,
);
await import(`${process.cwd()}/index.ts`);
await pulumi.runtime.disconnect();

const lines = recorded.map(({ type, name, inputs }) => {
  const isProvider = type.startsWith("pulumi:providers:");
  const options = type.startsWith("kubernetes:") ? ", { provider }" : "";
  return `${isProvider ? "const provider = " : ""}new ${classOf(type)}(${JSON.stringify(name)}, ${JSON.stringify(inputs)}${options});`;
});
lines.sort((a, b) => Number(b.startsWith("const provider")) - Number(a.startsWith("const provider")));
console.log(
  [
    'import * as aws from "@pulumi/aws";',
    'import * as kubernetes from "@pulumi/kubernetes";',
    'import * as random from "@pulumi/random";',
    ...lines,
  ].join("\n"),
);
