import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { revisionPrefix } from "../planning/addresses.ts";
import type { Lab } from "./state.ts";

/** An S3 client of the lab's account. */
export const s3 = (lab: Lab): S3Client =>
  new S3Client({
    endpoint: lab.awsEndpoint,
    region: "eu-west-1",
    forcePathStyle: true,
    credentials: { accessKeyId: "lab", secretAccessKey: "lab" },
  });

/** Uploads a model folder as a revision and returns the keys of its objects. */
export async function publish(lab: Lab, folder: string, target: { bucket: string; model: string; revision: string }) {
  const client = s3(lab);
  const keys: string[] = [];
  for (const file of (await readdir(folder)).sort()) {
    const key = revisionPrefix(target.model, target.revision) + file;
    await client.send(
      new PutObjectCommand({ Bucket: target.bucket, Key: key, Body: createReadStream(join(folder, file)) }),
    );
    keys.push(key);
  }
  client.destroy();
  return keys;
}
