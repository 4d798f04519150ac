import * as provider from "@pulumi/pulumi/provider/index.js";
import { VllmProvider } from "./provider.ts";

// Pulumi's runner requires this file, which may not wait for anything.
void provider.main(new VllmProvider(), process.argv.slice(2));
