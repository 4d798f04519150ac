/** The OpenAI-compatible base URL of a model inside the cluster. */
export const endpoint = (model: string, namespace: string) => `http://${model}.${namespace}.svc/v1`;
