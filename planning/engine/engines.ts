import type { EffectiveModel } from "../../config/settings.ts";
import type { Engine } from "./engine.ts";
import { vllm } from "./vllm/vllm.ts";

/** By `engine.kind`. A further engine is a folder beside this file, and a line here. */
const engines: Readonly<Record<EffectiveModel["engine"]["kind"], Engine>> = { vllm };

export const engineOf = ({ engine }: EffectiveModel): Engine => engines[engine.kind];
