/** What Kubernetes replaces in texts of a command or an environment: `$$` by one `$`, `$(NAME)` by that variable. */
const replaced = /\$\$|\$\([^)]*\)/g;

/** A text as the old pod's process got it, or why that is not known: settings are not filled from variables. */
export function received(text: string): { text: string } | { reason: string } {
  const reference = text.match(replaced)?.find((found) => found !== "$$");
  if (reference === undefined) return { text: text.replace(replaced, () => "$") };
  return {
    reason: `holds ${reference}, which Kubernetes fills in; a setting reaches the engine as it is written, so say what it stands for`,
  };
}
