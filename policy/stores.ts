import { bucketsIn } from "./buckets.ts";
import { type ChangeRule, found, type ObjectRule } from "./rule.ts";

/** In production the bucket of the models is protected, and is not emptied for a delete. */
export const storeProtected: ObjectRule = (objects, { production }) => {
  if (!production) return [];
  const next = "set modelStore.onDestroy: keep, or leave it out";
  return bucketsIn(objects).flatMap((bucket) => [
    ...(bucket.protect ? [] : [found(bucket, "protect", "a destroy deletes the bucket", "protect: true", next)]),
    ...(bucket.properties.forceDestroy === true
      ? [found(bucket, "forceDestroy", "a delete takes the models with it", "forceDestroy: false", next)]
      : []),
  ]);
};

/**
 * No bucket is deleted or replaced, unless the stack says that its models go with it. One that leaves the stack and stays
 * where it is keeps them; of a replacement that is no help, because the servers look into the new bucket.
 */
export const bucketKept: ChangeRule = (changes, { onDestroy }) => {
  if (onDestroy === "delete") return [];
  return bucketsIn(changes)
    .filter(({ change, retained }) => change === "replace" || (change === "delete" && !retained))
    .map((bucket) => {
      const next = "take back what makes it so; to be rid of the bucket, set modelStore.onDestroy: delete first";
      return found(bucket, "", `a ${bucket.change} of the bucket takes its models away`, "an update, or nothing", next);
    });
};
