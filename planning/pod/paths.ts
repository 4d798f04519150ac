/** Where a copied model lies in its pod. */
export const modelPath = "/model";

/** Where every cache of the engine and its libraries lies: the home of its user. */
export const cachePath = "/cache";

/** Where the program's own middleware of the engine lies, which Python finds there. */
export const middlewarePath = "/middleware";
