/** A Kubernetes CPU quantity (`4`, `1.5`, `500m`) in CPUs. */
export const cpuCount = (quantity: string): number =>
  quantity.endsWith("m") ? Number.parseInt(quantity, 10) / 1000 : Number(quantity);
