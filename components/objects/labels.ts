/** Labels that every object of a model carries and the Service selects: a canary's pods would carry them too. */
export const modelLabels = (model: string): Record<string, string> => ({
  "app.kubernetes.io/name": "vllm",
  "app.kubernetes.io/instance": model,
});

/** Labels that a variant's Deployment selects its pods by. A Deployment's selector never changes. */
export const podLabels = (model: string, variant: string): Record<string, string> => ({
  ...modelLabels(model),
  "app.kubernetes.io/component": variant,
});

/** Labels of the objects themselves: the user's, and those that every object of the model carries. */
export const objectLabels = (model: string, own: Readonly<Record<string, string>>): Record<string, string> => ({
  ...own,
  ...modelLabels(model),
  "app.kubernetes.io/managed-by": "pulumi",
});
