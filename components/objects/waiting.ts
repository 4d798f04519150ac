/**
 * Has Pulumi's plugin return from a Deployment once the controller has seen the change: the rollout is verified by the
 * program. The plugin's own wait calls a stuck rollout a success now and then, and goes on where Kubernetes has given
 * up. Its wait for a deletion stays, which `skipAwait` would take away.
 */
export const rolloutNotAwaited = { "pulumi.com/waitFor": "jsonpath={.metadata.uid}" };

/** Has it not wait for the pods behind a Service, which are those of the Deployments. */
export const podsNotAwaited = { "pulumi.com/skipAwait": "true" };
