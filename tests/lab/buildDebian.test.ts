import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type DebianPackages, debianTool } from "../../lab/buildDebian.ts";
import { ensure, folderOf } from "../../lab/buildStore.ts";
import { LabError } from "../../lab/errors.ts";
import { checkContainerd } from "../../lab/node/debianPrograms.ts";
import { fresh, messageOf, never, usePath } from "./ownPath.ts";

const wanted: DebianPackages = { name: "x", title: "fetching x", about: "1 s", packages: ["tool"], room: 0.1 };

/** What the scripts below may do otherwise. */
interface Apt {
  update?: string;
  simulate?: string;
}

/**
 * An apt-get and a dpkg-deb that are scripts: `tool` depends on `libtool` and `libc6`, `apt` on `libc6`. An archive
 * holds its package's name, which unpacks to a file of that name. Returns the file of all calls of apt-get.
 */
function useApt({ update = "", simulate = "" }: Apt = {}): string {
  const calls = fresh("calls");
  usePath(["sh", "grep", "cp", "cat", "basename"], {
    "apt-get": `echo "$@" >> ${calls}
cp "$2" ${calls}.conf 2>/dev/null
case " $* " in
  *" update "*) ${update || "true"} ;;
  *" --simulate "*) ${simulate || "true"}
    case " $* " in *" apt "*) echo 'Inst libc6 (2 x [amd64])' ;; *) for p in libc6 libtool tool; do echo "Inst $p (2 x [amd64])"; done ;; esac ;;
  *" download "*) for p; do case $p in libtool|tool|libc6) echo $p > $p.deb ;; esac; done ;;
esac`,
    "dpkg-deb": `case $1 in
  --show) echo "$(basename $2 .deb)	1:2-3" ;;
  --extract) cp $2 $3/ ;;
esac`,
  });
  return calls;
}

const make = async (packages: DebianPackages, cache: string) =>
  ensure(cache, await debianTool(packages, never), never, () => {});

test("packages come with what they depend on, less what is there, and are unpacked; their versions are told", async () => {
  const calls = useApt();
  const folder = await make({ ...wanted, beside: ["apt"] }, fresh("cache"));
  assert.deepEqual(readdirSync(folder).sort(), ["packages.txt", "root"]);
  assert.deepEqual(readdirSync(join(folder, "root")).sort(), ["libtool.deb", "tool.deb"]);
  assert.equal(readFileSync(join(folder, "packages.txt"), "utf8"), "libtool 1:2-3\ntool 1:2-3\n");
  const lines = readFileSync(calls, "utf8").trim().split("\n");
  assert.deepEqual(
    lines.map((line) => line.replace(/^--config-file \S+\/work\/apt\.conf /, "")),
    ["update", "install --simulate apt", "install --simulate tool", "download libtool tool"],
  );
  const settings = readFileSync(`${calls}.conf`, "utf8");
  for (const name of ["Dir::State", "Dir::State::status", "Dir::Cache", "Dir::Log"])
    assert.match(settings, new RegExp(`^${name} "\\S+/tmp-x-\\d+-\\d+/work`, "m"));
  for (const hook of ["Pre-Invoke", "Post-Invoke", "Post-Invoke-Success"])
    assert.match(settings, new RegExp(`^#clear APT::Update::${hook};$`, "m"));
});

test("nothing is there already unless it is said", async () => {
  useApt();
  const folder = await make(wanted, fresh("cache"));
  assert.deepEqual(readdirSync(join(folder, "root")).sort(), ["libc6.deb", "libtool.deb", "tool.deb"]);
});

for (const program of ["apt-get", "dpkg-deb"]) {
  test(`without ${program}: what a real node needs, before anything is made`, async () => {
    usePath(["sh"], program === "apt-get" ? {} : { "apt-get": "true" });
    const cache = fresh("cache");
    const tool = await debianTool(wanted, never);
    assert.equal(
      await messageOf(tool.needs(cache)),
      `no ${program} was found, and a real node is made of Debian's packages: use a machine with Debian or Ubuntu, or the lab without --node`,
    );
    assert.ok(!existsSync(cache));
  });
}

for (const [what, apt, expected] of [
  [
    "a package that the release lacks",
    { simulate: "echo 'E: Unable to locate package tool'; exit 100" },
    /^fetching x failed:\n {4}E: Unable to locate package tool\n {2}This release of the distribution lacks a package: use Debian 12, or add the source that has it to \/etc\/apt\.$/,
  ],
  [
    "a network that does not answer",
    {
      update: "echo 'W: Failed to fetch http://x/InRelease'",
      simulate: "echo 'E: Unable to locate package tool'; exit 100",
    },
    /^fetching x failed:\n {4}W: Failed to fetch \S+\n {4}E: Unable to locate package tool\n {2}A package source did not answer: check the network, and apt's sources and proxy \(\/etc\/apt\)\.$/,
  ],
  [
    "a full disk",
    { simulate: "echo 'E: Write error - write (28: No space left on device)'; exit 100" },
    /^fetching x failed, the disk is full: make room, or let LAB_CACHE point to another disk$/,
  ],
] as const) {
  test(`${what} is told, and leaves nothing`, async () => {
    useApt(apt);
    const cache = fresh("cache");
    assert.match(await messageOf(make(wanted, cache)), expected);
    assert.deepEqual(readdirSync(cache), []);
  });
}

test("a source that does not answer is of no matter where all is there without it", async () => {
  useApt({ update: "echo 'W: Failed to fetch http://x/InRelease'; exit 100" });
  assert.ok(existsSync(join(await make(wanted, fresh("cache")), "root/tool.deb")));
});

test("versions that would not do are refused before they are unpacked", async () => {
  useApt();
  const cache = fresh("cache");
  const check = (versions: ReadonlyMap<string, string>) => {
    throw new LabError(`no ${[...versions].join(" ")}`);
  };
  assert.equal(await messageOf(make({ ...wanted, beside: ["apt"], check }, cache)), "no libtool,1:2-3 tool,1:2-3");
  assert.deepEqual(readdirSync(cache), []);
});

test("containerd 1.6 and 1.7 do, others do not", () => {
  const check = (version: string) => checkContainerd(new Map([["containerd", version]]));
  for (const version of ["1.6.20~ds1-1+deb12u3", "1.7.24~ds1-6", "1:1.7.2-0ubuntu1"]) check(version);
  for (const version of ["1.5.9-0ubuntu1", "2.1.3-0ubuntu1", ""])
    assert.throws(() => check(version), LabError, version);
  assert.throws(() => check("2.1.3"), {
    message:
      "this machine's package sources have containerd 2.1.3, and real nodes are made with 1.6 or 1.7: use Debian 12, or the lab without --node",
  });
});

test("other packages, or another release, are another folder", async () => {
  const folderWith = async (more: Partial<DebianPackages>) =>
    folderOf("/c", await debianTool({ ...wanted, ...more }, never));
  const folders = [{}, { packages: ["tool", "apt"] }, { beside: ["apt"] }].map(folderWith);
  assert.equal(new Set(await Promise.all(folders)).size, 3);
  const tool = await debianTool(wanted, never);
  const release = readFileSync("/etc/os-release", "utf8").match(/^ID="?([^"\n]*)/m)?.[1];
  assert.ok(tool.inputs.some((input) => input.startsWith(`${release} `)));
});
