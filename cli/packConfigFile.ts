import { writeFileSync } from "node:fs";
import { withoutSecrets } from "../config/secretForms.ts";
import { FileError } from "../config/sources/yaml.ts";
import type { PackConfig } from "../policy/packConfig.ts";

/**
 * Writes the configuration of the policy pack to a file, over one that is there.
 * @throws FileError where it cannot be written
 */
export function writePackConfig(file: string, config: PackConfig): void {
  try {
    writeFileSync(file, `${JSON.stringify(withoutSecrets(config), null, 2)}\n`);
  } catch (error) {
    throw new FileError(`--pack-config ${file} cannot be written: ${(error as NodeJS.ErrnoException).code}`);
  }
}
