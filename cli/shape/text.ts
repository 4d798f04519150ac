import { stringify } from "yaml";
import { inWords } from "./sizes.ts";
import type { Found } from "./source.ts";
import type { Written } from "./stackFile.ts";
import { bytesOf } from "./uploads.ts";

const files = (count: number) => `${count} ${count === 1 ? "file" : "files"}`;
const list = (title: string, lines: readonly string[]) =>
  lines.length === 0 ? [] : [[title, ...lines.map((line) => `  ${line}`)].join("\n")];

/** What was found, for a person. */
export function foundText(found: Found, written?: Written): string {
  const { shape, weights, files: parted, missing, notes, problems } = found;
  const size =
    weights?.from === "headers"
      ? `${inWords(weights.bytes)} in ${files(weights.files)}, by their headers`
      : weights?.from === "index"
        ? `${inWords(weights.bytes)}, by the index of ${files(weights.files)}`
        : found.size === "reckoned"
          ? "reckoned from config.json, within about 2 % where the model's kind is known; the folder with its files tells them exactly"
          : "not known";
  const said =
    written &&
    (written.changed ? `wrote ${written.key} in ${written.file}` : `${written.key} in ${written.file} is so already`);
  return [
    stringify({ shape }).trimEnd(),
    ...list("weights", [size]),
    ...list("missing, without which there is no fit", missing),
    ...list("notes", notes),
    ...(parted === undefined
      ? []
      : [
          ...list("upload", [`${files(parted.upload.length)}, ${inWords(bytesOf(parted.upload))}`]),
          ...list(
            "leave out",
            parted.leaveOut.map(
              ({ reason, files: out, patterns }) =>
                `${patterns.join(" ")} (${files(out.length)}, ${inWords(bytesOf(out))}): ${reason}`,
            ),
          ),
          ...list(
            "so aws s3 cp --recursive takes",
            parted.leaveOut.length === 0 ? [] : [excludes(parted.leaveOut.flatMap(({ patterns }) => patterns))],
          ),
        ]),
    ...list("the folder cannot be served as it is", problems),
    ...(said === undefined ? [] : [said]),
    ...list("a preview then refuses", written?.problems ?? []),
  ].join("\n\n");
}

/** Options as a shell takes them. */
const excludes = (patterns: readonly string[]): string =>
  patterns.map((pattern) => `--exclude '${pattern.replaceAll("'", "'\\''")}'`).join(" ");
