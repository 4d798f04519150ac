import { Agent, createServer, type IncomingMessage, request as send } from "node:http";
import type { TestContext } from "node:test";
import { listen } from "../../lab/listen.ts";
import { isAllowed, type Statement } from "../rightsFiles.ts";

/** A right that a request to AWS needs. */
interface Needed {
  action: string;
  resource: string;
}

/** AWS before which somebody stands with the policy of one identity: what that does not allow is refused, as by IAM. */
export interface AwsGate {
  endpoint: string;
  /** The policy of who asks now. */
  policy: readonly Statement[];
  /** The actions that were asked for and allowed, and what was not: `s3:GetBucketPolicy arn:aws:s3:::bucket`. */
  readonly allowed: Set<string>;
  readonly refused: Set<string>;
}

export async function awsGate(t: Pick<TestContext, "after">, target: string): Promise<AwsGate> {
  const gate: AwsGate = { endpoint: "", policy: [], allowed: new Set(), refused: new Set() };
  const agent = new Agent({ keepAlive: true });
  const server = createServer({ maxHeaderSize: 256 * 1024 }, async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts);
    const needed = neededBy(request, body.toString("latin1"));
    const refused = needed.filter(({ action, resource }) => !isAllowed(gate.policy, action, resource));
    for (const { action } of needed) gate.allowed.add(action);
    for (const { action, resource } of refused) gate.refused.add(`${action} ${resource}`);
    if (refused.length > 0 || needed.length === 0) {
      if (needed.length === 0) gate.refused.add(`${request.method} ${request.url}`);
      response.writeHead(403).end();
      return;
    }
    const { expect: _, connection: __, ...headers } = request.headers;
    const url = new URL(request.url ?? "/", target);
    const upstream = send(url, { agent, method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    upstream.on("error", () => response.destroy());
    upstream.end(body);
  });
  gate.endpoint = `http://127.0.0.1:${await listen(server)}`;
  t.after(() => {
    server.close();
    server.closeAllConnections();
    agent.destroy();
  });
  return gate;
}

/** The rights that a request needs, by AWS's Service Authorization Reference; none where it is not known here. */
function neededBy(request: IncomingMessage, body: string): Needed[] {
  const [, region = "", service = ""] =
    /Credential=[^/]+\/\d+\/([^/]+)\/(\w+)\//.exec(request.headers.authorization ?? "") ?? [];
  const { pathname, searchParams: query } = new URL(request.url ?? "/", "http://127.0.0.1");
  const path = pathname.split("/").filter(Boolean).map(decodeURIComponent);
  const method = request.method ?? "";
  if (service === "s3") return s3(method, path, query);
  if (service === "eks") return eks(method, path, `arn:aws:eks:${region}:123456789012`, body);
  const form = new URLSearchParams(body);
  const action = `${service}:${form.get("Action")}`;
  const role = form.get("RoleName");
  return [{ action, resource: role === null ? "*" : `arn:aws:iam::123456789012:role/${role}` }];
}

/** S3's names of actions are not those of its API. */
const ofBuckets: Readonly<Record<string, string>> = {
  "GET encryption": "GetEncryptionConfiguration",
  "GET ownershipControls": "GetBucketOwnershipControls",
  "GET policy": "GetBucketPolicy",
  "GET publicAccessBlock": "GetBucketPublicAccessBlock",
  "GET tagging": "GetBucketTagging",
  "GET versioning": "GetBucketVersioning",
  "GET versions": "ListBucketVersions",
  "PUT encryption": "PutEncryptionConfiguration",
  "PUT ownershipControls": "PutBucketOwnershipControls",
  "PUT policy": "PutBucketPolicy",
  "PUT publicAccessBlock": "PutBucketPublicAccessBlock",
  "PUT tagging": "PutBucketTagging",
  "PUT versioning": "PutBucketVersioning",
  "DELETE encryption": "PutEncryptionConfiguration",
  "DELETE ownershipControls": "PutBucketOwnershipControls",
  "DELETE policy": "DeleteBucketPolicy",
  "DELETE publicAccessBlock": "PutBucketPublicAccessBlock",
  "DELETE tagging": "PutBucketTagging",
  "HEAD ": "ListBucket",
  "PUT ": "CreateBucket",
  "DELETE ": "DeleteBucket",
};

function s3(method: string, [bucket = "", ...key]: string[], query: URLSearchParams): Needed[] {
  const resource = `arn:aws:s3:::${bucket}`;
  if (method === "POST" && query.has("delete"))
    return ["DeleteObject", "DeleteObjectVersion"].map((name) => ({ action: `s3:${name}`, resource: `${resource}/*` }));
  const part = [...query.keys()].find((name) => `${method} ${name}` in ofBuckets) ?? "";
  const action = key.length === 0 ? ofBuckets[`${method} ${part}`] : undefined;
  return action === undefined ? [] : [{ action: `s3:${action}`, resource }];
}

function eks(method: string, [root, name = "", kind, id]: string[], arn: string, body: string): Needed[] {
  if (root === "tags") {
    const action = { GET: "ListTagsForResource", POST: "TagResource", DELETE: "UntagResource" }[method];
    return action === undefined ? [] : [{ action: `eks:${action}`, resource: name }];
  }
  const cluster = `${arn}:cluster/${name}`;
  if (kind === undefined) return method === "GET" ? [{ action: "eks:DescribeCluster", resource: cluster }] : [];
  const verb =
    id === undefined ? { POST: "Create" }[method] : { GET: "Describe", POST: "Update", DELETE: "Delete" }[method];
  if (kind !== "pod-identity-associations" || verb === undefined) return [];
  const resource = id === undefined ? cluster : `${arn}:podidentityassociation/${name}/${id}`;
  // Who binds a role to pods hands it on to EKS.
  const { roleArn } = method === "POST" ? JSON.parse(body) : {};
  const passed = roleArn === undefined ? [] : [{ action: "iam:PassRole", resource: roleArn }];
  return [{ action: `eks:${verb}PodIdentityAssociation`, resource }, ...passed];
}
