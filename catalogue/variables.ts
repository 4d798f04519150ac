/** Variables of a server's container that displace what the program, the image or the node decides. */
interface Displacing {
  names: readonly string[];
  /** What one of them does, in words that follow its name. */
  does: string;
  /** Nothing makes it acceptable. Any other may be named in `engine.acknowledge`. */
  never?: true;
  /** Plain values with which it displaces nothing. */
  harmless?: RegExp;
}

/** A switch of vLLM's that is off: vllm/envs.py reads these by `bool(int(…))`. */
const off = /^\s*0+\s*$/;

const keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"];

/**
 * What the AWS SDKs ask before the container's credentials, which are EKS Pod Identity's, and what says where these
 * come from. By the AWS SDKs and Tools Reference Guide ("Credential provider chain", "Container credential provider"),
 * botocore (credentials.py create_credential_resolver, configprovider.py), the AWS SDK for C++, which the streamer uses
 * ("Credentials Providers"), and its own docs/src/env-vars.md. Not among them is what the chain asks later, the EC2
 * metadata, and what leads to S3 and leaves the credentials alone: AWS_ENDPOINT_URL, AWS_CA_BUNDLE, proxies.
 */
const sources = [
  ...["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"],
  ...["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CREDENTIAL_FILE", "BOTO_CONFIG"],
  ...["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"],
  ...["AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "RUNAI_STREAMER_S3_UNSIGNED"],
];

/** By which a pod may come to other AWS credentials than those of its role. */
export const credentialVariables: readonly string[] = [...keys, ...sources];

/** What has the place of several engines in one pod. */
export const onePod = "replicas, each of which serves alone in one pod";
const ofSeveral = ["SIZE", "RANK", "RANK_LOCAL", "MASTER_IP", "MASTER_PORT"].map((name) => `VLLM_DP_${name}`);

/** Linux tells names apart by case, and so do the AWS SDKs, Python and vLLM: these are the names that they read. */
const displacing: readonly Displacing[] = [
  { names: ["VLLM_API_KEY"], does: "is written by apiKey", never: true },
  {
    names: ["VLLM_SERVER_DEV_MODE"],
    does: "opens routes that anyone may call to stop, reset and reprogram the engine, and has no place on a server that others reach",
    never: true,
    harmless: off,
  },
  {
    names: ["VLLM_USE_RUST_FRONTEND"],
    does: "puts another server before the engine, of whose key, drain and probes nothing is known here",
    never: true,
    harmless: off,
  },
  { names: ofSeveral, does: `belongs to ${onePod}`, never: true },
  { names: ["RUNAI_STREAMER_MEMORY_LIMIT"], does: "is written by resources.memory", never: true },
  { names: ["AWS_REGION", "AWS_DEFAULT_REGION"], does: "is written by aws:region", never: true },
  { names: keys, does: "is a static key, and pods get credentials by EKS Pod Identity", never: true },
  { names: sources, does: "takes the place of EKS Pod Identity, by which pods get their credentials" },
  // vllm/v1/serial_utils.py: whoever reaches a worker's socket has it unpickle, and so run, what he sends.
  {
    names: ["VLLM_ALLOW_INSECURE_SERIALIZATION"],
    does: "lets the engine's processes run whatever code a message to them holds",
    harmless: off,
  },
  // vllm/utils/network_utils.py get_ip
  { names: ["VLLM_HOST_IP"], does: "gives every pod the same address, where each has its own" },
  { names: ["HOME"], does: "moves every cache of the engine from the volume that is there for them" },
  { names: ["USER"], does: "takes the place of the user's name, which the program writes" },
  { names: ["PATH"], does: "decides which programs are found, where the image knows its own" },
  // ld.so(8)
  {
    names: ["LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT"],
    does: "loads other libraries into every program of the container than its image says",
  },
  // docs.python.org/3/using/cmdline.html, "Environment variables"
  {
    names: ["PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONSTARTUP"],
    does: "has Python run other code than the image's own",
  },
  // docs.nvidia.com, "NVIDIA Container Toolkit", "GPU enumeration": a pod's own word counts, not the device plugin's.
  {
    names: ["NVIDIA_VISIBLE_DEVICES"],
    does: "gives a pod GPUs of its node that others have, past the device plugin",
  },
  // CUDA C++ Programming Guide, "CUDA Environment Variables"
  { names: ["CUDA_VISIBLE_DEVICES"], does: "hides GPUs of the pod that the plan reckons with" },
];

/** What is said of a variable, if it displaces anything. */
export const displacingOf = (name: string): Displacing | undefined =>
  displacing.find(({ names }) => names.includes(name));
