/** What becomes of a resource. */
export type Change = "create" | "update" | "replace" | "delete" | "same";

/** The engine's operations, of which a replacement is up to three; undefined where the resource stays what it is. */
const changes: Readonly<Record<string, Change | undefined>> = {
  same: "same",
  create: "create",
  update: "update",
  delete: "delete",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "replace",
  "discard-replaced": "replace",
  "remove-pending-replace": "replace",
  // What stands already is taken over, and not made.
  import: "create",
  "import-replacement": "replace",
  read: undefined,
  "read-replacement": undefined,
  discard: undefined,
  refresh: undefined,
};

/** What an operation of the engine means for its resource. One that is not known here is told rather than passed over. */
export const changeOf = (operation: string): Change | undefined =>
  Object.hasOwn(changes, operation) ? changes[operation] : "update";
