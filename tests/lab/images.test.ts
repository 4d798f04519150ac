import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { goTool } from "../../lab/buildGo.ts";
import { ensure, folderOf, type Tool } from "../../lab/buildStore.ts";
import { baseTree, treePython } from "../../lab/images/baseTree.ts";
import { type ImagePlan, imageTool } from "../../lab/images/imageTool.ts";
import { namesOf, stockNames } from "../../lab/images/names.ts";
import { clientImage, type NodeImages, nodeImages, pauseImage } from "../../lab/images/nodeImages.ts";
import { cacheDir, repository } from "../../lab/paths.ts";
import { resolved } from "../config/settings.ts";
import { type Entry, readArchive } from "./ociArchive.ts";
import { folder, fresh, messageOf, never } from "./ownPath.ts";

const quiet = () => {};
const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

test("stock images: those of the engine with a GPU and without, and of the copier", () => {
  assert.deepEqual(stockNames(), {
    engine: ["vllm/vllm-openai-cpu:v0.32.0", "vllm/vllm-openai:v0.32.0"],
    copier: ["amazon/aws-cli:2.37.4"],
  });
});

test("images of a stack's own: by their repositories, tags and digests, each once", () => {
  const delivery = { image: "r.example/aws-cli:2" };
  const own = {
    cluster: { eks: "lab" },
    gpu: { product: "L4" },
    models: { one: { image: { repository: "r.example/vllm", tag: "mine", digest } }, two: { delivery }, three: {} },
  };
  assert.deepEqual(namesOf(resolved({ own }).settings.models), {
    engine: [`r.example/vllm:mine@${digest}`, "vllm/vllm-openai:v0.32.0"],
    copier: ["amazon/aws-cli:2.37.4", "r.example/aws-cli:2"],
  });
});

/** The program that assembles images. */
async function assembler(): Promise<string> {
  const module = join(repository, "lab/go/images");
  const room = { modules: 0, compiled: 0, temporary: 0 };
  const tool = await goTool(
    { name: "lab-images", title: "building it", about: "15 s", module, target: ".", room },
    never,
  );
  return join(await ensure(cacheDir, tool, never, quiet), "lab-images");
}

/** A folder of few files, to be a layer. */
function tree(name: string): string {
  const root = fresh(name);
  mkdirSync(join(root, "bin"), { recursive: true });
  mkdirSync(join(root, "tmp"));
  mkdirSync(join(root, "doc"));
  writeFileSync(join(root, "bin/run"), "#!/bin/sh\n");
  writeFileSync(join(root, "bin/data"), "text");
  writeFileSync(join(root, "doc/page"), "not to be seen");
  symlinkSync("run", join(root, "bin/alias"));
  chmodSync(join(root, "bin/run"), 0o4700);
  chmodSync(join(root, "bin/data"), 0o600);
  chmodSync(join(root, "bin"), 0o700);
  chmodSync(join(root, "tmp"), 0o1777);
  return root;
}

const planOf = (from: string): ImagePlan => ({
  name: "image-x",
  names: ["vllm/vllm-openai:v1", `vllm/vllm-openai:v1@${digest}`, "r.example:5000/a/b:2", "busybox:1"],
  layers: [{ from, of: "tree", to: "/opt/x", without: ["doc"] }],
  files: [{ to: "/etc/passwd", text: "root\n" }],
  config: { Entrypoint: ["run"], Env: ["A=b"], User: "2000:0" },
  room: 0,
});

const kinds = (layer: Map<string, Entry> | undefined) =>
  [...(layer ?? [])].map(([name, { type, mode }]) => `${type} ${mode.toString(8)} ${name}`);

test("an image: its names as a runtime looks them up, how it runs, and files that everyone may read and no one owns", async () => {
  const made = await ensure(fresh("cache"), imageTool(planOf(tree("tree")), await assembler(), never), never, quiet);
  const { names, config, layers } = readArchive(join(made, "image.tar"));
  assert.deepEqual(
    names.map(([name]) => name),
    [
      "docker.io/vllm/vllm-openai:v1",
      `docker.io/vllm/vllm-openai@${digest}`,
      "r.example:5000/a/b:2",
      "docker.io/library/busybox:1",
    ],
  );
  assert.equal(new Set(names.map(([, digest]) => digest)).size, 1);
  assert.deepEqual(config.config, { Entrypoint: ["run"], Env: ["A=b"], User: "2000:0" });
  assert.equal(config.os, "linux");
  assert.equal(config.architecture, process.arch === "x64" ? "amd64" : process.arch);
  assert.equal(layers.length, 2);
  assert.deepEqual(kinds(layers[0]), [
    "5 755 opt/",
    "5 755 opt/x/",
    "5 755 opt/x/bin/",
    "2 777 opt/x/bin/alias",
    "0 644 opt/x/bin/data",
    "0 755 opt/x/bin/run",
    "5 1777 opt/x/tmp/",
  ]);
  assert.equal(layers[0]?.get("opt/x/bin/alias")?.link, "run");
  assert.equal(String(layers[0]?.get("opt/x/bin/data")?.content), "text");
  assert.deepEqual(kinds(layers[1]), ["5 755 etc/", "0 644 etc/passwd"]);
  for (const layer of layers)
    for (const [name, { owner, time }] of layer) assert.deepEqual([owner, time], ["0:0", 0], name);
});

test("the same files make the same archive, wherever they are and whenever they were written", async () => {
  const [one = "", two = ""] = [tree("one"), tree("two")];
  utimesSync(join(two, "bin/data"), 1, 1);
  const archives: Buffer[] = [];
  const folders: string[] = [];
  for (const from of [one, two]) {
    const cache = fresh("cache");
    const made = await ensure(cache, imageTool(planOf(from), await assembler(), never), never, quiet);
    folders.push(basename(made));
    archives.push(readFileSync(join(made, "image.tar")));
  }
  assert.ok(archives[0]?.equals(archives[1] as Buffer));
  assert.equal(folders[0], folders[1]);
});

test("what cannot be assembled is told", async () => {
  const program = await assembler();
  const failing = (change: Partial<ImagePlan>) =>
    messageOf(ensure(fresh("cache"), imageTool({ ...planOf(tree("tree")), ...change }, program, never), never, quiet));
  assert.match(
    await failing({ names: ["Upper:1"] }),
    /^the image Upper:1 could not be assembled:\n {4}Upper:1 is no name of an image: /,
  );
  assert.match(
    await failing({ layers: [{ from: "/nowhere", of: "x", to: "/x" }] }),
    /^the image vllm\/vllm-openai:v1 could not be assembled:\n {4}\S+ \/nowhere: no such file or directory$/,
  );
});

test("modules are compiled to the same bytes, wherever they are and whenever they were written", async () => {
  const base = await ensure(cacheDir, await baseTree(never), never, quiet);
  const python = await treePython(join(base, "root"));
  const compiled: Buffer[] = [];
  for (const written of [1, 2]) {
    const modules = fresh("modules");
    mkdirSync(modules);
    const module = join(modules, "one.py");
    writeFileSync(module, "names = {'a', 'b', 'c'}\ndef f(x): return x in {'a', 'b', 'c'}\n");
    utimesSync(module, written, written);
    await python.compile(modules, "/usr/lib/x", never);
    compiled.push(readFileSync(join(modules, `__pycache__/one.c${python.name.replace("python3.", "python-3")}.pyc`)));
  }
  assert.ok(compiled[0]?.equals(compiled[1] as Buffer));
  assert.ok(compiled[0]?.includes("/usr/lib/x/one.py"));
});

/** A package of Python and one of Node that stand for the real ones. */
function placeholders(): { double: string; modules: string } {
  const [double, modules] = [fresh("double"), fresh("modules")];
  mkdirSync(join(double, "__pycache__"), { recursive: true });
  writeFileSync(join(double, "__main__.py"), "import uvicorn\n");
  writeFileSync(join(double, "__pycache__/x.pyc"), "");
  mkdirSync(join(modules, "openai/src"), { recursive: true });
  writeFileSync(join(modules, "openai/package.json"), '{"name":"openai","version":"1.0.0"}');
  writeFileSync(join(modules, "openai/index.mjs"), "export default 1;\n");
  writeFileSync(join(modules, "openai/src/index.ts"), "");
  return { double, modules };
}

test("without npm's client for the engine's API: what to do", async () => {
  const { double } = placeholders();
  const modules = fresh("modules");
  assert.equal(
    await messageOf(nodeImages(fresh("cache"), never, { double, modules })),
    `the package openai is not in ${modules}: run \`npm ci\``,
  );
});

/** Makes the images in a cache of their own, of parts that the common cache has or gets. */
async function makeImages(): Promise<NodeImages> {
  const cache = fresh("cache");
  mkdirSync(cache);
  const options = placeholders();
  const isImage = ({ name }: Tool) => /^image-(pause|copier|engine|client)$/.test(name);
  const { tools } = await nodeImages(cacheDir, never, options);
  for (const part of tools.filter((tool) => !isImage(tool)))
    symlinkSync(await ensure(cacheDir, part, never, quiet), folderOf(cache, part));
  const made = await nodeImages(cache, never, options);
  for (const tool of made.tools) await ensure(cache, tool, never, quiet);
  return made;
}

test("the images of a node: names, entry points, programs, and nothing of this machine or of its paths", async () => {
  const { images } = await makeImages();
  assert.deepEqual(
    images.map(({ names }) => names),
    [[pauseImage], stockNames().copier, stockNames().engine, [clientImage]],
  );
  const expected = [
    { Entrypoint: ["/pause"], User: "65535:65535", has: ["pause"] },
    {
      Entrypoint: ["/usr/local/bin/aws"],
      has: ["usr/local/bin/aws", "usr/lib/python3/dist-packages/awscli/__main__.py"],
    },
    {
      Entrypoint: ["vllm", "serve"],
      has: [
        "usr/local/bin/vllm",
        ...["uvicorn/__main__.py", "double/__main__.py", "double/flags.json"].map(
          (name) => `usr/lib/python3/dist-packages/${name}`,
        ),
      ],
    },
    { Entrypoint: ["node"], has: ["usr/local/bin/node", "node_modules/openai/index.mjs"] },
  ];
  for (const [number, { archive, names }] of images.entries()) {
    const { has = [], ...config } = expected[number] ?? {};
    const image = readArchive(archive);
    assert.deepEqual(
      image.names.map(([name]) => name),
      names.map((name) => (name.startsWith("lab.invalid/") ? name : `docker.io/${name}`)),
    );
    const { Env, ...others } = image.config.config;
    assert.deepEqual(others, config);
    if (number > 0) assert.ok(String(Env).startsWith("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"));
    const files = new Map(image.layers.flatMap((layer) => [...layer]));
    const wanted = number > 0 ? [...has, "bin/sh", "bin/sleep", "usr/bin/python3", "etc/passwd"] : has;
    // Where /bin is a link, in later releases, its files are in /usr/bin.
    for (const file of wanted) assert.ok(files.has(file) || files.has(`usr/${file}`), `${file} is in ${names[0]}`);
    for (const [name, { content, owner, time }] of files) {
      assert.deepEqual([owner, time], ["0:0", 0], name);
      assert.doesNotMatch(name, /(^|\/)(src\/index\.ts|x\.pyc|RECORD|examples\/)|^usr\/share\/(doc|man)\//, name);
      for (const path of [cacheDir, repository, folder]) assert.ok(!content.includes(path), `${name} names ${path}`);
    }
  }
});
