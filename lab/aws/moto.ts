import { join } from "node:path";
import type { Tools } from "../build.ts";
import type { DaemonSpec } from "../daemon.ts";
import { repository } from "../paths.ts";

/** The account that moto plays. */
export const account = "123456789012";

/** What signs requests to moto, which does not check it; never a real key. */
export const dummyCredentials = { accessKeyId: "lab", secretAccessKey: "lab" };

/** moto: S3, IAM, STS and EKS in one process, all in memory. */
export function moto(tool: Tools["moto"], port: number): DaemonSpec {
  return {
    name: "moto",
    command: tool.python,
    address: `http://127.0.0.1:${port}`,
    args: ["-s", join(repository, "lab/aws/serveMoto.py"), "--host=127.0.0.1", `--port=${port}`],
    env: {
      PYTHONPATH: tool.packages,
      PYTHONDONTWRITEBYTECODE: "1",
      MOTO_ACCOUNT_ID: account,
      AWS_ACCESS_KEY_ID: dummyCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: dummyCredentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: "true",
    },
  };
}
