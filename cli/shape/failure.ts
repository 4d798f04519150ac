import { FileError } from "../../config/sources/yaml.ts";

/** Why a model's shape cannot be told: shown as its message alone. */
export class ShapeError extends FileError {
  override name = "ShapeError";
}
