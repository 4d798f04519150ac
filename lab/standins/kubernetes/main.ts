/** The lab's stand-in for the Kubernetes provider plugin. */
import { serveProvider } from "../plugin/service.ts";
import { KubernetesStandIn } from "./provider.ts";

await serveProvider(new KubernetesStandIn());
