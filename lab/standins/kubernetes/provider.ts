import { PluginError } from "../plugin/errors.ts";
import type * as plugin from "../plugin/provider.ts";
import type { Properties } from "../plugin/values.ts";
import { type Cluster, connect, isNamespaced } from "./cluster.ts";
import { create } from "./create.ts";
import { diff } from "./diffRequest.ts";
import { kindOf } from "./discovery.ts";
import { assignName } from "./names.ts";
import { normalize } from "./normalize.ts";
import { failedToBecomeReady } from "./notReady.ts";
import { parseId } from "./objects.ts";
import { readObject } from "./read.ts";
import { fromProperties, markSecrets, toObject } from "./state.ts";
import { update } from "./update.ts";
import { deleteObject } from "./waiting/deletion.ts";
import { NotReady, type Waiting } from "./waiting/wait.ts";

/** The lab's stand-in for the Kubernetes provider: any built-in kind, by server-side apply. */
export class KubernetesStandIn implements plugin.Provider {
  readonly version = "4.34.2";
  /** As much as a program in YAML needs to make a provider. */
  readonly schema = {
    name: "kubernetes",
    version: this.version,
    provider: { inputProperties: { kubeconfig: { type: "string" }, context: { type: "string" } } },
  };
  readonly acceptSecrets = true;
  readonly supportsPreview = true;
  #cluster!: Cluster;
  #host!: plugin.Host;

  async configure(configuration: plugin.Configuration, host: plugin.Host): Promise<void> {
    this.#host = host;
    this.#cluster = await connect(configuration);
    host.log("debug", "lab stand-in for the kubernetes provider");
  }

  async check(request: plugin.CheckRequest): Promise<plugin.CheckResult> {
    const old = toObject(request.olds);
    // The type says what it is, whatever the inputs leave out.
    let inputs = normalize({ ...kindOf(request.type), ...toObject(request.news) });
    inputs = assignName(inputs, old, request);
    if (inputs.metadata?.generateName) {
      throw new PluginError("the `.metadata.generateName` field is not supported in Server-Side Apply mode");
    }
    if (!inputs.metadata?.namespace && (await isNamespaced(this.#cluster, inputs))) {
      inputs = { ...inputs, metadata: { ...inputs.metadata, namespace: this.#cluster.defaultNamespace } };
    }
    return { inputs: markSecrets(inputs, request.news) };
  }

  diff(request: plugin.DiffRequest): Promise<plugin.DiffResult> {
    return diff(this.#cluster, request);
  }

  async create(request: plugin.CreateRequest): Promise<plugin.CreateResult> {
    if (!request.preview) this.#requireCluster();
    return create(this.#cluster, this.#waiting(request.urn), request);
  }

  async update(request: plugin.UpdateRequest): Promise<Properties> {
    if (!request.preview) this.#requireCluster();
    return update(this.#cluster, this.#waiting(request.urn), request);
  }

  async read(request: plugin.ReadRequest): Promise<plugin.ReadResult | undefined> {
    const { unreachable, deleteUnreachable } = this.#cluster;
    if (!unreachable) return readObject(this.#cluster, this.#waiting(request.urn), request);
    this.#host.log("warning", `configured Kubernetes cluster is unreachable: ${unreachable}`, request.urn);
    if (deleteUnreachable) return undefined;
    throw new PluginError(`failed to read resource state due to unreachable cluster. If the cluster was ${forget}`);
  }

  async delete(request: plugin.DeleteRequest): Promise<void> {
    const { unreachable, deleteUnreachable } = this.#cluster;
    if (unreachable) {
      this.#host.log("warning", `configured Kubernetes cluster is unreachable: ${unreachable}`, request.urn);
      if (deleteUnreachable) return;
      throw new PluginError(`configured Kubernetes cluster is unreachable. If the cluster was ${forget}`);
    }
    const state = fromProperties(request.properties);
    const { name } = parseId(request.id);
    const object = { ...state.live, metadata: { ...state.live.metadata, name } };
    try {
      await deleteObject(this.#waiting(request.urn), state.inputs, object, request.timeoutSeconds);
    } catch (error) {
      if (error instanceof NotReady) throw failedToBecomeReady(error, error.message, state, request.properties);
      throw error;
    }
  }

  async invoke({ token }: plugin.InvokeRequest): Promise<Properties> {
    throw new PluginError(`${token}: the lab's stand-in for the kubernetes provider has no functions`);
  }

  #requireCluster(): void {
    const { unreachable } = this.#cluster;
    if (unreachable) throw new PluginError(`configured Kubernetes cluster is unreachable: ${unreachable}`);
  }

  #waiting(urn: string): Waiting {
    const { api, discovery } = this.#cluster;
    const status = (text: string) => this.#host.log("status", text, urn);
    return { api, discovery, cancelled: this.#host.cancelled, status };
  }
}

const forget =
  "deleted, you can remove this resource from Pulumi state by rerunning the operation with the " +
  'PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"';
