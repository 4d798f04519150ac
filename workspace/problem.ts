/** What a person can do something about: its message is one or a few lines that say what, and no stack belongs to it. */
export class WorkspaceError extends Error {
  override name = "WorkspaceError";
}
