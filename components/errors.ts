import * as pulumi from "@pulumi/pulumi";

/**
 * An error that Pulumi shows at the component as its message alone. Of one that is thrown behind an Output, Pulumi would
 * put the names of all properties that wait for it before the message.
 */
export function plainError(component: pulumi.Resource, message: string): pulumi.ResourceError {
  const error = new pulumi.ResourceError(message, component, true);
  // Where others print it, they print this if there is one.
  error.stack = undefined;
  return Object.defineProperty(error, "message", { get: () => message, set: () => undefined });
}

/**
 * Refuses what an argument does not take: other languages than TypeScript hand over any text.
 * @throws pulumi.ResourceError
 */
export function refuse(component: pulumi.Resource, argument: string, value: string, allowed: string): never {
  throw plainError(component, `${argument}: is '${value}', but must be ${allowed}`);
}

/** Refuses what is none of the words that an argument takes. */
export function mustBe(component: pulumi.Resource, argument: string, value: string, words: readonly string[]): void {
  if (!words.includes(value)) refuse(component, argument, value, words.map((word) => `'${word}'`).join(" or "));
}
