/** What pods and clusters say is told through this too: a log may hold a secret that the settings never had. */
export { redacted } from "../config/secretForms.ts";
