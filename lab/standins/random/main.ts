/** The lab's stand-in for the random provider plugin. */
import { serveProvider } from "../plugin/service.ts";
import { RandomProvider } from "./provider.ts";

await serveProvider(new RandomProvider());
