import * as pulumi from "@pulumi/pulumi";

/**
 * Refuses what an argument does not take: other languages than TypeScript hand over any text.
 * @throws pulumi.ResourceError, which Pulumi shows at the component, without a stack
 */
export function refuse(component: pulumi.Resource, argument: string, value: string, allowed: string): never {
  throw new pulumi.ResourceError(`${argument}: is '${value}', but must be ${allowed}`, component, true);
}

/** Refuses what is none of the words that an argument takes. */
export function mustBe(component: pulumi.Resource, argument: string, value: string, words: readonly string[]): void {
  if (!words.includes(value)) refuse(component, argument, value, words.map((word) => `'${word}'`).join(" or "));
}
