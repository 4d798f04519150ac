import { looksSecret } from "../../config/secretNames.ts";
import type { EffectiveModel } from "../../config/settings.ts";
import { checkVersion } from "../engine/vllm/advisories.ts";
import { typedFlags } from "../engine/vllm/arguments.ts";
import { isStreamed } from "../engine/vllm/delivery.ts";
import { checkFlags, type Unchecked } from "../engine/vllm/flags.ts";
import type { Report } from "./report.ts";

/** Checks version and flags; gives the flags that could not be checked. */
export function checkEngine(model: EffectiveModel, report: Report): Unchecked[] {
  const { engine } = model;
  for (const finding of checkVersion(engine.version, engine.acceptCves))
    report("engine.version", finding, ["engine.acceptCves"]);

  const own = ownFlags(model, report);
  for (const [flag, value] of Object.entries(own))
    if (looksSecret(typeof value === "object" ? JSON.stringify(value) : String(value)))
      report(`engine.args.${flag}`, {
        kind: "secret",
        reason:
          "holds a secret, by its form, and everyone who may see the pod sees its command line; take it out, and another value: this one is in the file's history",
      });
  const { problems, unchecked } = checkFlags(engine.version, own);
  for (const { flag, problem, meant } of problems) {
    const setting = meant === undefined ? undefined : owner(meant);
    const reason = setting ? `${problem} (which belongs to ${setting})` : problem;
    const finding = { kind: "flag", reason, ...(meant ? { meant } : {}) } as const;
    report(`engine.args.${flag}`, finding, ["engine.version"]);
  }
  if (own["trust-remote-code"] === true && !engine.allowRemoteCode) {
    const reason =
      "runs Python that comes with the model; say in engine.allowRemoteCode why that is acceptable, or remove it";
    report("engine.args.trust-remote-code", { kind: "conflict", reason }, ["engine.allowRemoteCode"]);
  }
  return unchecked;
}

/** The flags that are the user's: what settings write is refused beside them. */
function ownFlags(model: EffectiveModel, report: Report): EffectiveModel["engine"]["args"] {
  const shared = "model-loader-extra-config";
  return Object.fromEntries(
    Object.entries(model.engine.args).filter(([flag]) => {
      const setting = owner(flag.replace(/^no-/, ""));
      if (setting) report(`engine.args.${flag}`, { kind: "conflict", reason: `belongs to ${setting}; remove it here` });
      const written = flag === shared && model.gpu.count > 1 && isStreamed(model);
      if (written) {
        const reason = "is written by gpu.count, so that the GPUs share what is streamed";
        report(`engine.args.${flag}`, { kind: "conflict", reason });
      }
      return !setting && !written;
    }),
  );
}

const owner = (flag: string) => (Object.hasOwn(typedFlags, flag) ? typedFlags[flag] : undefined);
