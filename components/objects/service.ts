import { servicePort } from "../../planning/addresses.ts";
import { modelLabels } from "./labels.ts";
import { metadata, type Owner } from "./metadata.ts";
import { podsNotAwaited } from "./waiting.ts";

/** The address of a model: all its variants' pods stand behind it. */
export const service = (owner: Owner) => ({
  metadata: { ...metadata(owner), annotations: podsNotAwaited },
  spec: {
    type: "ClusterIP",
    selector: modelLabels(owner.model),
    ports: [{ name: "http", port: servicePort, targetPort: "http" }],
  },
});
