/** What other programs import. */
export * from "./args.ts";
export { ArgumentsError } from "./arguments.ts";
export { InferencePlatform } from "./inferencePlatform.ts";
export { ModelAccess, type ModelAccessArgs } from "./modelAccess.ts";
export { ModelStore, type ModelStoreArgs } from "./modelStore.ts";
