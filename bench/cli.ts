import { against } from "./against.ts";
import { preview } from "./preview.ts";

const usage = `usage: npm run bench -- preview | against COMMIT [PAIRS]
  preview  the preview beside a flat program of the same resources, with 1, 10 and 50 models
  against  the preview beside that of an earlier commit, in turn; 15 pairs where none are given`;

const [name, commit, pairs = "15"] = process.argv.slice(2);
if (name === "preview") await preview();
else if (name === "against" && commit && /^[1-9]\d*$/.test(pairs)) await against(commit, Number(pairs));
else {
  console.error(usage);
  process.exitCode = 2;
}
