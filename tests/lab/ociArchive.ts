import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";

/** An entry of a tar. */
export interface Entry {
  /** As tar has it: `0` a file, `2` a symbolic link, `5` a folder. */
  type: string;
  mode: number;
  owner: string;
  time: number;
  link: string;
  content: Buffer;
}

/** An image in an archive of OCI's layout, each blob checked against its digest. */
export interface Archived {
  /** The names in the index, and the digests that they stand for. */
  names: [name: string, digest: string][];
  config: { architecture: string; os: string; created: string; config: Record<string, unknown> };
  layers: Map<string, Entry>[];
}

export function readArchive(file: string): Archived {
  const files = readTar(readFileSync(file));
  const blob = (digest: string): Buffer => {
    const { content } = files.get(`blobs/${digest.replace(":", "/")}`) ?? assert.fail(`${digest} is missing`);
    assert.equal(`sha256:${createHash("sha256").update(content).digest("hex")}`, digest);
    return content;
  };
  const json = (content: Buffer | undefined) => JSON.parse(String(content));
  const index = json(files.get("index.json")?.content) as {
    manifests: { digest: string; annotations: Record<string, string> }[];
  };
  assert.deepEqual(json(files.get("oci-layout")?.content), { imageLayoutVersion: "1.0.0" });
  const digest = index.manifests[0]?.digest ?? "";
  const manifest = json(blob(digest)) as {
    config: { digest: string };
    layers: { digest: string; mediaType: string }[];
  };
  const config = json(blob(manifest.config.digest));
  const layers = manifest.layers.map((layer, number) => {
    assert.equal(layer.mediaType, "application/vnd.oci.image.layer.v1.tar+zstd");
    const tar = zstdDecompressSync(blob(layer.digest));
    assert.equal(`sha256:${createHash("sha256").update(tar).digest("hex")}`, config.rootfs.diff_ids[number]);
    return readTar(tar);
  });
  const names = index.manifests.map(({ annotations, digest }): [string, string] => [
    annotations["io.containerd.image.name"] ?? "",
    digest,
  ]);
  return { names, config, layers };
}

/** The entries of a tar, in their order; of long names only those that PAX headers tell. */
function readTar(tar: Buffer): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  let told: Record<string, string> = {};
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const text = (from: number, length: number) =>
      tar
        .toString("utf8", at + from, at + from + length)
        .replace(/\0.*$/s, "")
        .trim();
    const size = Number.parseInt(text(124, 12), 8);
    const content = tar.subarray(at + 512, at + 512 + size);
    const type = text(156, 1);
    if (type === "x") {
      const records = [...content.toString().matchAll(/^\d+ ([^=]+)=(.*)$/gm)];
      told = Object.fromEntries(records.map(([, key, value]) => [key, value]));
    } else {
      const prefix = text(345, 155);
      const name = told.path ?? (prefix ? `${prefix}/${text(0, 100)}` : text(0, 100));
      assert.ok(!entries.has(name), `${name} is there twice`);
      const link = told.linkpath ?? text(157, 100);
      const number = (from: number, length: number) => Number.parseInt(text(from, length), 8);
      const owner = `${number(108, 8)}:${number(116, 8)}${text(265, 32)}${text(297, 32)}`;
      entries.set(name, { type, mode: number(100, 8), owner, time: number(136, 12), link, content });
      told = {};
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return entries;
}
