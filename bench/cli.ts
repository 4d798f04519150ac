import { preview } from "./preview.ts";

/** `npm run bench -- <name>`: what is measured, one command each. */
const benches: Record<string, () => Promise<void>> = { preview };

const name = process.argv[2] ?? "";
const bench = benches[name];
if (bench) await bench();
else {
  console.error(`usage: npm run bench -- ${Object.keys(benches).join(" | ")}`);
  process.exitCode = 2;
}
